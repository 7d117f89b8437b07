package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"purser/internal/pgtest"
)

// TestRow40WhatIsAskedOnASocketIsBoundedLikeRequests has the budget of an account, then of an address, be used up by subscriptions, each of which is over at once.
func TestRow40WhatIsAskedOnASocketIsBoundedLikeRequests(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"REQUESTS_PER_ACCOUNT", "REQUESTS_PER_ADDRESS"} {
		s := startServer(t, pgtest.DSN(t), setting+"=30")
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
