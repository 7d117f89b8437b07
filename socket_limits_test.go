package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestRow40WhatIsAskedOnASocketIsBoundedLikeRequests has the budget of an account, then of an address, be used up by subscriptions, each of which is over at once.
func TestRow40WhatIsAskedOnASocketIsBoundedLikeRequests(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"REQUESTS_PER_ACCOUNT", "REQUESTS_PER_ADDRESS"} {
		s := startServer(t, withDemo(t), setting+"=30")
		anna := s.client(t).anna()
		conn := anna.begin(t)
		refused, accepted := 0, 0
		var code websocket.StatusCode
		for i := 0; i < 200 && code == 0; i++ {
			if i > 0 && refused > 20 {
				t.Fatalf("%s: the socket is open after %d refusals", setting, refused)
			}
			tell(t, conn, fmt.Sprint(i), `subscription { nothing }`)
			_, text, err := conn.Read(t.Context())
			for err == nil && strings.Contains(string(text), `"type":"ping"`) {
				_, text, err = conn.Read(t.Context())
			}
			if err != nil {
				code = websocket.CloseStatus(err)
				break
			}
			var m said
			if err := json.Unmarshal(text, &m); err != nil || m.Type != "error" || m.ID != fmt.Sprint(i) {
				t.Fatalf("%s, %v", text, err)
			}
			if !strings.Contains(string(m.Payload), "RATE_LIMITED") {
				accepted++
				continue
			}
			refused++
			if wait := waitOf(t, `{"errors":`+string(m.Payload)+`}`); wait > 120 || strings.Contains(string(m.Payload), "no value") {
				t.Errorf("%s", m.Payload)
			}
		}
		if accepted == 0 || accepted > 30 || refused != 20 || code != 4429 {
			t.Errorf("%s: %d are answered, %d refused, and the socket ends with %d", setting, accepted, refused, code)
		}
		if status, _, _ := anna.raw("POST", "/graphql", letters, "Content-Type", asJSON, "Authorization", "Bearer "+anna.token); status != http.StatusTooManyRequests {
			t.Errorf("%s: requests have a budget of their own: %d", setting, status)
		}
		if _, _, text := anna.raw("GET", "/metrics", ""); !strings.Contains(text, `purser_graphql_errors_total{code="RATE_LIMITED"} 2`) {
			t.Errorf("%s: the refusals are not counted", setting)
		}
	}
}

// listenFrom opens a socket as a proxy does for an address; status is that of a refusal.
func (c *client) listenFrom(t *testing.T, address string) (conn *websocket.Conn, status int) {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(c.url, "http")+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"X-Forwarded-For": {address}}})
	if err != nil {
		if response == nil {
			t.Fatal(err)
		}
		return nil, response.StatusCode
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	begin := `{"type":"connection_init","payload":{"Authorization":"Bearer ` + c.token + `"}}`
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(begin)); err != nil {
		t.Fatal(err)
	}
	if m := hear(t, conn); m.Type != "connection_ack" {
		t.Fatalf("instead of an acknowledgement: %+v", m)
	}
	return conn, 0
}

// stream opens an event stream and returns its status and its first event, which ends it; a stream that says nothing but pings is open.
func (c *client) stream(t *testing.T, address, query string) (status int, first string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/graphql", strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": asJSON, "Accept": "text/event-stream", "Authorization": "Bearer " + c.token, "X-Forwarded-For": address} {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if line := lines.Text(); strings.HasPrefix(line, "data:") || strings.Contains(line, "ping") || strings.HasPrefix(line, "{") {
			return response.StatusCode, line
		}
	}
	return response.StatusCode, ""
}

func TestRow40SubscriptionsOfASessionAreCountedOverItsSocketsAndStreams(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "MAX_SUBSCRIPTIONS_PER_SESSION=3", "SOCKET_PING_INTERVAL=4s")
	const query = `subscription { accountEvents { cursor } }`
	anna, other := s.client(t).anna(), s.client(t).anna() // two sessions of one account
	one, two := anna.begin(t), anna.begin(t)
	for i, conn := range []*websocket.Conn{one, two, one} {
		tell(t, conn, fmt.Sprint("kept", i), query)
	}
	anna.awaitMetric(t, "purser_subscriptions 3") // they begin beside what is said after them
	tell(t, two, "one more", query)
	if m := hear(t, two); m.ID != "one more" || !strings.Contains(string(m.Payload), "RATE_LIMITED") {
		t.Errorf("a fourth of three: %+v %s", m, m.Payload)
	}
	if status, first := anna.stream(t, "", query); !strings.Contains(first, "RATE_LIMITED") {
		t.Errorf("a fourth of three, on a stream: %d %s", status, first)
	}
	if _, _, text := anna.raw("GET", "/metrics", ""); !strings.Contains(text, `purser_graphql_errors_total{code="RATE_LIMITED"} 2`) {
		t.Error("the refusals are not counted")
	}
	if status, first := other.stream(t, "", query); status != http.StatusOK || !strings.Contains(first, "ping") {
		t.Errorf("another session: %d %s", status, first)
	}
	_ = one.CloseNow() // gives two places back
	for deadline := time.Now().Add(patience); ; {
		_, first := anna.stream(t, "", query)
		if strings.Contains(first, "ping") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no place was given back: %s", first)
		}
	}
}

func TestRow40SocketsAndStreamsOfASessionAreBounded(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "MAX_SOCKETS_PER_SESSION=2", "SOCKET_PING_INTERVAL=4s")
	const query = `subscription { accountEvents { cursor } }`
	anna, other := s.client(t).anna(), s.client(t).anna()
	first := anna.begin(t)
	if status, said := anna.stream(t, "", query); status != http.StatusOK || !strings.Contains(said, "ping") {
		t.Fatalf("%d %s", status, said)
	}
	if code, _ := closing(t, anna.dial(t)); code != 4429 {
		t.Errorf("a third of two: %d", code)
	}
	if status, said := anna.stream(t, "", query); status != http.StatusTooManyRequests || waitOf(t, said) < 1 {
		t.Errorf("a third of two, on a stream: %d %s", status, said)
	}
	other.begin(t)
	_ = first.CloseNow()
	for deadline := time.Now().Add(patience); ; {
		if status, _ := anna.stream(t, "", query); status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no place was given back")
		}
	}
}

func TestRow40SocketsAndStreamsOfAnAddressAreBounded(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "MAX_SOCKETS_PER_ADDRESS=3", "TRUSTED_PROXIES=127.0.0.0/8", "SOCKET_PING_INTERVAL=4s")
	anna, boris := s.client(t).anna(), s.client(t).boris()
	const query = `subscription { accountEvents { cursor } }`
	first, status := anna.listenFrom(t, "2001:db8::1")
	if _, again := boris.listenFrom(t, "2001:db8::2"); status != 0 || again != 0 {
		t.Fatalf("%d, %d", status, again)
	}
	if status, said := boris.stream(t, "2001:db8::3", query); status != http.StatusOK || !strings.Contains(said, "ping") {
		t.Fatalf("%d %s", status, said)
	}
	for _, c := range []*client{anna, boris} {
		if _, status := c.listenFrom(t, "2001:db8::4"); status != http.StatusTooManyRequests {
			t.Errorf("a fourth socket of three: %d", status)
		}
		if status, said := c.stream(t, "2001:db8::5", query); status != http.StatusTooManyRequests || waitOf(t, said) < 1 || strings.Contains(said, "no value") {
			t.Errorf("a fourth stream of three: %d %s", status, said)
		}
	}
	if _, status := anna.listenFrom(t, "2001:db8:0:1::1"); status != 0 {
		t.Errorf("another address: %d", status)
	}
	_ = first.CloseNow()
	for deadline := time.Now().Add(patience); ; {
		if _, status := anna.listenFrom(t, "2001:db8::6"); status == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no place was given back")
		}
	}
}
