package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// The library is lenient where the protocol (enisdenjo/graphql-ws, PROTOCOL.md) names a close code, leaves a socket open for ever
// when its first message is malformed, sends "complete" behind "error", goes on sending for an operation that the client has
// completed, and mixes up two operations that have one id after another. So messages are looked at on their way in and out,
// and the library is given ids of our own: each operation has one that was never used before.

var errProtocol = errors.New("the message breaks the protocol")

// mostRefused is how many subscriptions in a row a socket may ask for beyond its bounds.
const mostRefused = 20

// NextReader reads the next message and closes the socket, with the protocol's code, on one that breaks the protocol. What is asked beyond the
// bounds of its sender is answered here, and closes the socket when it goes on.
func (s *socket) NextReader() (messageType int, r io.Reader, err error) {
	for {
		messageType, r, err = s.WebsocketConn.NextReader()
		if err != nil {
			return messageType, r, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return messageType, nil, err
		}
		seen, refusal, code, reason := s.receive(text)
		if code != 0 {
			_ = s.WriteClose(code, reason)
			return messageType, nil, errProtocol
		}
		if refusal == nil {
			return messageType, bytes.NewReader(seen), nil
		}
		if err := s.send(refusal); err != nil {
			return messageType, nil, err
		}
	}
}

// message is any message of the protocol.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// receive gives a client's message the form in which the library is to see it, or finds the answer or the close code for it.
func (s *socket) receive(text []byte) (seen []byte, refusal *message, code int, reason string) {
	var m message
	if json.Unmarshal(text, &m) != nil {
		return nil, nil, closeBadMessage, "Invalid message"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.Type {
	case "connection_init":
		if code, reason = s.begin(m.Payload); code != 0 {
			return nil, nil, code, reason
		}
		return text, nil, 0, ""
	case "subscribe":
		if refusal, code, reason = s.start(&m); code != 0 || refusal != nil {
			return nil, refusal, code, reason
		}
	case "complete":
		id := m.ID
		m.ID = s.inside[id]
		s.forget(id)
	case "ping", "pong":
		return text, nil, 0, ""
	default:
		return nil, nil, closeBadMessage, "Invalid message"
	}
	seen, err := json.Marshal(m)
	if err != nil {
		return nil, nil, closeBadMessage, "Invalid message"
	}
	return seen, nil, 0, ""
}

func (s *socket) begin(payload json.RawMessage) (code int, reason string) {
	if s.begun {
		return closeTooMany, "Too many initialisation requests"
	}
	var said map[string]any
	if len(payload) > 0 && json.Unmarshal(payload, &said) != nil {
		return closeBadMessage, "Invalid message"
	}
	s.begun = true
	for _, name := range []string{"Authorization", "authorization"} {
		if token, given := said[name]; given {
			if _, isText := token.(string); !isText {
				return closeUnauthorized, "Unauthorized"
			}
		}
	}
	return 0, ""
}

func (s *socket) start(m *message) (refusal *message, code int, reason string) {
	switch {
	case !s.begun:
		return nil, closeUnauthorized, "Unauthorized"
	case m.ID == "" || !isRequest(m.Payload):
		return nil, closeBadMessage, "Invalid message"
	case s.inside[m.ID] != "":
		return nil, closeSameID, "Subscriber for " + m.ID[:min(len(m.ID), 50)] + " already exists"
	}
	if s.take != nil {
		if payload := s.take(); payload != nil {
			if s.refused++; s.refused > mostRefused {
				return nil, closeTooMany, "Too many requests"
			}
			return &message{ID: m.ID, Type: "error", Payload: payload}, 0, ""
		}
		s.refused = 0
	}
	s.count++
	own := strconv.Itoa(s.count)
	s.inside[m.ID], s.client[own] = own, m.ID
	m.ID = own
	return nil, 0, ""
}

// isRequest tells whether a payload can be read as a request. The library answers what cannot with an error that no app knows by its code.
func isRequest(payload json.RawMessage) bool {
	var request *graphql.RawParams
	return json.Unmarshal(payload, &request) == nil && request != nil
}

// forget ends an operation, by the client's id.
func (s *socket) forget(id string) {
	delete(s.client, s.inside[id])
	delete(s.inside, id)
}

// WriteJSON sends what the library says about operations that the client still knows of, under the client's ids.
func (s *socket) WriteJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	if m.ID == "" {
		return s.send(json.RawMessage(text))
	}
	s.mu.Lock()
	id, known := s.client[m.ID]
	if m.Type == "error" || m.Type == "complete" {
		s.forget(id)
	}
	s.mu.Unlock()
	if !known {
		return nil
	}
	m.ID = id
	return s.send(m)
}

// send writes a message within its time. A client that takes nothing would hold up whatever else is to be said, pings and the end included, for as long as
// it says something itself: its connection is closed.
func (s *socket) send(v any) error {
	late := time.AfterFunc(s.patience, func() { _ = s.Close() })
	defer late.Stop()
	return s.WebsocketConn.WriteJSON(v)
}

// WriteClose gives a socket that was never begun the protocol's code for that.
func (s *socket) WriteClose(code int, reason string) error {
	s.mu.Lock()
	begun := s.begun
	s.mu.Unlock()
	if !begun && code == 1002 {
		code, reason = closeInitTimeout, "Connection initialisation timeout"
	}
	return s.WebsocketConn.WriteClose(code, reason)
}

// leave frees a connection that the library has given up without closing it.
func (s *socket) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		_ = s.Close()
	}
}
