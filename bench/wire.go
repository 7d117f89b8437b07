package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

const (
	bodyMost = 64 << 10
	mutation = `mutation($i: CreateTransferInput!) { createTransfer(input: $i) { transfer { id status } userErrors { code } } }`
)

// What a good answer says before and behind the transfer's id.
var answerBegins, answerGoesOn, answerEnds = []byte(`{"data":{"createTransfer":{"transfer":{"id":"`), []byte(`","status":"COMPLETED"},"userErrors":[]}`), []byte(`},"extensions":{"cost":{"requested":6,"maximum":2000}}}`)

// wire sends createTransfer on a connection of its own, as an app does, and costs little beside the server that is measured: the
// request is written out once, with blanks for what changes, and the answer is compared byte by byte.
type wire struct {
	address string
	request []byte
	from    []byte // parts of request
	to      []byte
	key     []byte
	ends    []byte // of a good answer
	conn    net.Conn
	in      *bufio.Reader
}

func newWire(address, token string) *wire {
	number, key := string(bytes.Repeat([]byte("."), 13)), uuid.Nil.String()
	body := fmt.Sprintf(`{"query":%q,"variables":{"i":{"from":"%s","to":{"walletNumber":"%s"},"amount":"0.01","idempotencyKey":"%s"}}}`, mutation, number, number, key)
	head := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", address, token, len(body))
	w := &wire{address: address, request: []byte(head + body), ends: answerEnds}
	part := func(marker, blank string) []byte {
		at := bytes.LastIndex(w.request, []byte(marker)) + len(marker)
		return w.request[at : at+len(blank)]
	}
	w.from, w.to, w.key = part(`"from":"`, number), part(`"walletNumber":"`, number), part(`"idempotencyKey":"`, key)
	return w
}

// send makes one transfer, with a fresh key.
func (w *wire) send(ctx context.Context, from, to string) error {
	copy(w.from, from)
	copy(w.to, to)
	copy(w.key, uuid.NewString())
	if w.conn == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.address)
		if err != nil {
			return err
		}
		w.conn, w.in = conn, bufio.NewReader(conn)
	}
	body, err := w.exchange()
	if err != nil {
		w.close()
		return err
	}
	told, isWhole := bytes.CutSuffix(body, w.ends)
	id, begins := bytes.CutPrefix(told, answerBegins)
	if !isWhole || !begins || !bytes.HasSuffix(id, answerGoesOn) || len(id) == len(answerGoesOn) {
		return fmt.Errorf("%w: %.300s", errRefused, body)
	}
	return nil
}

func (w *wire) exchange() ([]byte, error) {
	if _, err := w.conn.Write(w.request); err != nil {
		return nil, err
	}
	status, err := w.line()
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 "+strconv.Itoa(http.StatusOK))) {
		return nil, fmt.Errorf("%w: %s", errRefused, status)
	}
	length := -1
	for {
		header, err := w.line()
		if err != nil {
			return nil, err
		}
		if len(header) == 0 {
			break
		}
		if value, found := bytes.CutPrefix(header, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 || length > bodyMost {
		return nil, errors.New("the answer does not say how long it is")
	}
	body := make([]byte, length)
	_, err = io.ReadFull(w.in, body)
	return body, err
}

func (w *wire) line() ([]byte, error) {
	line, err := w.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}
