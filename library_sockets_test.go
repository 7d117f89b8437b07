package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// said is a message of the server on a socket.
type said struct {
	ID, Type string
	Payload  json.RawMessage
}

// begin opens a socket and waits until it is acknowledged.
func (c *client) begin(t *testing.T) *websocket.Conn {
	t.Helper()
	conn := c.dial(t)
	if m := hear(t, conn); m.Type != "connection_ack" {
		t.Fatalf("instead of an acknowledgement: %+v", m)
	}
	return conn
}

// hear reads the next message, and answers the pings before it.
func hear(t *testing.T, conn *websocket.Conn) (m said) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			t.Fatalf("nothing was said: %v", err)
		}
		if m.Type != "ping" {
			return m
		}
		if err := wsjson.Write(ctx, conn, vars{"type": "pong"}); err != nil {
			t.Fatal(err)
		}
	}
}

func tell(t *testing.T, conn *websocket.Conn, id, query string) {
	t.Helper()
	tellAll(t, conn, id, vars{"query": query})
}

func tellAll(t *testing.T, conn *websocket.Conn, id string, payload vars) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := wsjson.Write(ctx, conn, vars{"id": id, "type": "subscribe", "payload": payload}); err != nil {
		t.Fatal(err)
	}
}

// closing reads until the socket is closed, and returns with what.
func closing(t *testing.T, conn *websocket.Conn) (code websocket.StatusCode, reason string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, _, err := conn.Read(ctx)
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code, closed.Reason
		}
		return -1, err.Error()
	}
}

func TestFault05ARefusedSubscriptionIsAnErrorOfOursAndNothingBehindIt(t *testing.T) {
	t.Parallel()
	conn := startServer(t, withDemo(t), "GRAPHQL_COMPLEXITY_LIMIT=6").client(t).anna().begin(t)
	for i, try := range []struct{ query, code string }{
		{`subscription { transferReceived { cursor transfer { id from { displayName } to { displayName } } } }`, "COMPLEXITY_LIMIT_EXCEEDED"},
		{`subscription { nothing }`, "GRAPHQL_VALIDATION_FAILED"},
		{`subscription {`, "GRAPHQL_PARSE_FAILED"},
	} {
		id := fmt.Sprint("refused", i)
		tell(t, conn, id, try.query)
		m := hear(t, conn)
		var list []struct {
			Message    string
			Extensions map[string]any
		}
		if err := json.Unmarshal(m.Payload, &list); err != nil || m.Type != "error" || m.ID != id || len(list) == 0 || list[0].Extensions["code"] != try.code {
			t.Errorf("%s: %s %s", try.query, m.Type, m.Payload)
		}
		// What comes next belongs to the next operation: there is no "complete" behind an error.
	}
	tell(t, conn, "after", `subscription { accountEvents { cursor } }`)
	tell(t, conn, "last", `subscription { nothing }`)
	if m := hear(t, conn); m.ID != "last" || m.Type != "error" {
		t.Errorf("behind the errors came %+v", m)
	}
}

func TestFault10ARefusedSocketIsClosedAndTheServerLives(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	for range 20 {
		for _, token := range []string{"nonsense", "a.b.c", ""} {
			if code, _ := closing(t, s.client(t).as(token).dial(t)); code != 4401 && code != 4403 {
				t.Errorf("%q: closed with %d", token, code)
			}
		}
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Error("the server panicked")
	}
	if status, _, _ := s.client(t).raw("GET", "/readyz", ""); status != 200 {
		t.Errorf("the server is not ready: %d", status)
	}
}

func TestFault12AClosedSocketSaysWhy(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	for token, want := range map[string]string{"nonsense": "4401 Unauthenticated", "a.b.c": "4403 Unauthenticated"} {
		code, reason := closing(t, s.client(t).as(token).dial(t))
		if got := fmt.Sprintf("%d %s", code, reason); got != want {
			t.Errorf("%s: closed with %s", token, got)
		}
	}
}

func TestFault14ASilentPeerIsDropped(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "SOCKET_PING_INTERVAL=2s")
	anna := s.client(t).anna()
	silent, answering := anna.begin(t), anna.begin(t)
	tell(t, answering, "1", `subscription { accountEvents { cursor } }`)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for ctx := t.Context(); ; { // it reads, and answers nothing
			if _, _, err := silent.Read(ctx); err != nil {
				return
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	pings := 0
	for dropped := false; pings < 6; {
		var m said
		if err := wsjson.Read(ctx, answering, &m); err != nil {
			t.Fatalf("who answers was dropped after %d pings: %v", pings, err)
		}
		if m.Type != "ping" {
			continue
		}
		pings++
		if err := wsjson.Write(ctx, answering, vars{"type": "pong"}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-gone:
			dropped = true
		default:
		}
		if pings == 6 && !dropped {
			t.Error("who is silent is not dropped")
		}
	}
}

// TestFault16ASocketCarriesSoManySubscriptionsAndNothingElse asks for 5,000 on one socket: as many as are allowed live, the others are refused one by one.
func TestFault16ASocketCarriesSoManySubscriptionsAndNothingElse(t *testing.T) {
	t.Parallel()
	const asked, allowed = 5000, 20
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	conn := anna.begin(t)
	go func() {
		for i := range asked {
			text := fmt.Sprintf(`{"id":"%d","type":"subscribe","payload":{"query":"subscription { accountEvents { cursor ... on WalletOpened { wallet { name } } } }"}}`, i)
			if conn.Write(t.Context(), websocket.MessageText, []byte(text)) != nil {
				return
			}
		}
	}()
	for refused := 0; refused < asked-allowed; {
		m := hear(t, conn)
		if m.Type != "complete" && !strings.Contains(string(m.Payload), `"RATE_LIMITED"`) {
			t.Fatalf("%+v %s", m, m.Payload)
		}
		if m.Type != "complete" {
			refused++
		}
	}
	_ = ask[any](anna, `mutation { openWallet(input: {currency: "Z", name: "for all"}) { wallet { id } } }`, nil)
	for told := 0; told < allowed; {
		if m := hear(t, conn); strings.Contains(string(m.Payload), "for all") {
			told++
		}
	}

	tell(t, conn, "mutation", `mutation { logOut { sessionId } }`)
	for m := hear(t, conn); ; m = hear(t, conn) {
		if m.ID == "mutation" {
			if !strings.Contains(string(m.Payload), `"BAD_USER_INPUT"`) || !strings.Contains(string(m.Payload), `"data":null`) {
				t.Errorf("a mutation over a socket: %s %s", m.Type, m.Payload)
			}
			break
		}
	}
	again := s.client(t).anna().begin(t) // another session: the first has as many as it may
	tell(t, again, "same", `subscription { accountEvents { cursor } }`)
	tell(t, again, "same", `subscription { accountEvents { cursor } }`)
	if code, _ := closing(t, again); code != 4409 {
		t.Errorf("two operations of one id: %d", code)
	}
}

// app is a subscription of graphql-ws or graphql-sse in a process of its own, which goes on by itself when its connection ends (clients/resume.mjs).
type app struct {
	t     *testing.T
	input io.Closer
	lines chan appSaid
	again int // how often it was connected again, as far as it was heard
}

type appSaid struct {
	Name      string
	Connected bool
	Again     bool // it was before
	Closed    int
	Failed    any
}

// subscribe starts an app of the client's session, by the way of "ws" or "sse", and waits until it is connected.
func (c *client) subscribe(t *testing.T, way string) *app {
	t.Helper()
	need(t, "the packages of the clients", "clients/node_modules/.package-lock.json")
	script := exec.CommandContext(t.Context(), "node", "clients/resume.mjs", c.url, c.token, c.refresh, way)
	input, err := script.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	complaints := &syncBuffer{}
	script.Stderr = complaints
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	a := &app{t: t, input: input, lines: make(chan appSaid, 1000)}
	go func() {
		defer close(a.lines)
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			var m appSaid
			if json.Unmarshal(scanner.Bytes(), &m) == nil {
				a.lines <- m
			}
		}
	}()
	t.Cleanup(func() {
		_ = input.Close()
		_ = script.Wait()
		if t.Failed() {
			t.Logf("the app complains: %s", complaints)
		}
	})
	for first := a.next(); !first.Connected; first = a.next() {
		if first.Closed == 0 { // where tokens live for two seconds, its first one may have ended before it was there
			t.Fatalf("the app is not connected: %+v\n%s", first, complaints)
		}
	}
	return a
}

func (a *app) next() appSaid {
	a.t.Helper()
	select {
	case m, open := <-a.lines:
		if !open || m.Failed != nil {
			a.t.Fatalf("the app failed: %+v", m)
		}
		return m
	case <-time.After(patience):
		a.t.Fatal("the app says nothing")
	}
	return appSaid{}
}

// hears waits for news in their order, each once, and collects the codes with which sockets were closed meanwhile.
func (a *app) hears(names ...string) (closed []int) {
	a.t.Helper()
	for len(names) > 0 {
		m := a.next()
		if m.Closed != 0 {
			closed = append(closed, m.Closed)
		}
		if m.Again {
			a.again++
		}
		if m.Name == "" {
			continue
		}
		if m.Name != names[0] {
			a.t.Fatalf("the app heard of %q instead of %q", m.Name, names[0])
		}
		names = names[1:]
	}
	return closed
}

// TestFault11And13AnAppComesBackWithANewTokenAndMissesNothing has sockets end with their tokens: the client comes back once for each, behind its cursor.
func TestFault11And13AnAppComesBackWithANewTokenAndMissesNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "ACCESS_TOKEN_TTL=2s", "CODE_RESEND_AFTER=1s")
	anna := s.client(t).anna()
	a := anna.subscribe(t, "ws")
	operator := s.client(t).anna() // another session of hers, which renews its own token
	var closed []int
	for i := 0; len(closed) < 3; i++ {
		name := fmt.Sprint("wallet ", i)
		renewed := ask[struct {
			RefreshSession struct {
				Tokens struct{ AccessToken, RefreshToken string }
			}
		}](operator.as(""), `mutation($r: String!) { refreshSession(input: {refreshToken: $r}) { tokens { accessToken refreshToken } } }`, vars{"r": operator.refresh})
		operator.token, operator.refresh = renewed.RefreshSession.Tokens.AccessToken, renewed.RefreshSession.Tokens.RefreshToken
		_ = ask[any](operator, `mutation($n: String) { openWallet(input: {currency: "Z", name: $n}) { wallet { id } } }`, vars{"n": name})
		closed = append(closed, a.hears(name)...)
		if i > 90 {
			t.Fatal("the sockets do not end")
		}
		if len(closed) < 3 { // nothing more happens until the token has ended
			for m := a.next(); ; m = a.next() {
				if m.Closed != 0 {
					closed = append(closed, m.Closed)
					break
				}
			}
		}
	}
	for _, code := range closed {
		if code != 4403 {
			t.Errorf("a socket of a token that has ended is closed with %d", code)
		}
	}
	if sockets := strings.Count(s.log.String(), "status=101"); sockets > len(closed)+2 {
		t.Errorf("%d sockets for %d ends", sockets, len(closed))
	}
}
