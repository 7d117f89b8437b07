package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// FuzzSocketMessages sends a client's messages, a line each: whatever they are, they are passed on as JSON under ids of our own, or the socket
// is closed with a code of the protocol.
func FuzzSocketMessages(f *testing.F) {
	for _, lines := range []string{
		`{"type":"connection_init"}` + "\n" + `{"type":"subscribe","id":"1","payload":{"query":"{a}"}}` + "\n" + `{"type":"complete","id":"1"}`,
		`{"type":"subscribe","id":"1"}`, `{"type":"connection_init","payload":7}`, `{"type":"connection_init","payload":{"Authorization":7}}`,
		`{"type":"connection_init"}` + "\n" + `{"type":"connection_init"}`, `{"type":"ping"}`, `{"type":"complete"}`, `{`, "null", `{"type":"subscribe","id":"` + strings.Repeat("x", 100) + `"}`,
	} {
		f.Add(lines)
	}
	codes := map[int]bool{closeBadMessage: true, closeUnauthorized: true, closeSameID: true, closeTooMany: true}
	f.Fuzz(func(t *testing.T, lines string) {
		asked := 0
		take := func() json.RawMessage { // every third is one too many
			if asked++; asked%3 == 0 {
				return json.RawMessage(`[]`)
			}
			return nil
		}
		s := &socket{inside: map[string]string{}, client: map[string]string{}, take: take}
		for line := range strings.SplitSeq(lines, "\n") {
			seen, refusal, code, reason := s.receive([]byte(line))
			if code != 0 {
				if !codes[code] || reason == "" || len(reason) > 123 { // RFC 6455 §5.5
					t.Fatalf("%q is answered with %d %q", line, code, reason)
				}
				return
			}
			if refusal != nil {
				t.Fatalf("%q is refused without a bound", line)
			}
			if !json.Valid(seen) {
				t.Fatalf("%q is passed on as %q", line, seen)
			}
		}
		if len(s.inside) != len(s.client) {
			t.Fatalf("%d operations inside are %d of the client", len(s.inside), len(s.client))
		}
	})
}

// FuzzBody decodes bodies: whatever they are, they are a request, or refused in the form of an error that repeats nothing of them.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"query":"{viewer{wmid}}"}`, `{"query":"{a}","variables":{"n":1e400}}`, `[]`, `{"query":7}`, `{"query":"{a}"} trailing`, "", "\x00", `{"variables":[]}`,
		`{"query":"{a}","query":"{b}"}`, `"` + strings.Repeat("[", 10_000), `{"query":"secret-password`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w, params := httptest.NewRecorder(), &graphql.RawParams{}
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		if decode(w, r, params) {
			return
		}
		answer := w.Body.String()
		if w.Code != http.StatusBadRequest && w.Code != http.StatusRequestEntityTooLarge || !json.Valid([]byte(answer)) || !strings.Contains(answer, `"BAD_USER_INPUT"`) {
			t.Fatalf("%q is answered with %d %s", body, w.Code, answer)
		}
		other := httptest.NewRecorder() // the same refusal, of a body that says nothing
		if !decode(other, httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader("")), params) && answer != other.Body.String() {
			t.Fatalf("%q is answered with %s, and not as any other", body, answer)
		}
	})
}
