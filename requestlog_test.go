package main

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"

	"purser/internal/delivery/gatewaytest"
)

// requestLine waits for the line that a request has in the log.
func (s *server) requestLine(t *testing.T, id string) (line string) {
	t.Helper()
	pattern := regexp.MustCompile(`(?m)^.* msg=request .*` + regexp.QuoteMeta(id) + `.*$`)
	gatewaytest.Await(t, "the line of a request", func() bool {
		line = pattern.FindString(s.log.String())
		return line != ""
	})
	return line
}

// TestAStreamThatIsCutIsInTheLogAndInTheTrace ends a session under its stream, which the server then cuts.
func TestAStreamThatIsCutIsInTheLogAndInTheTrace(t *testing.T) {
	t.Parallel()
	c := collect(t)
	s := startServer(t, withDemo(t), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "OTEL_BSP_SCHEDULE_DELAY=50", "SOCKET_PING_INTERVAL=1s")
	anna := s.client(t).anna()

	const trace = "4bf92f3577b34da6a3ce929d0e0e4738"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", strings.NewReader(`{"query":"subscription { accountEvents { cursor } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": asJSON, "Accept": "text/event-stream", "Authorization": "Bearer " + anna.token,
		"Traceparent": "00-" + trace + "-00f067aa0ba902b7-01"} {
		r.Header.Set(name, value)
	}
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if r, err := anna.try(`mutation { logOut { userErrors { code } } }`, nil); err != nil || len(r.Errors) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := io.ReadAll(stream.Body); err == nil {
		t.Fatal("the stream ended by itself: nothing was cut")
	}

	line := s.requestLine(t, stream.Header.Get("X-Request-Id"))
	if !strings.Contains(line, "status=200") || !strings.Contains(line, "cut=true") {
		t.Errorf("of a stream that was cut the log says: %s", line)
	}
	span := c.of(t, trace, "POST /graphql")["POST /graphql"]
	for _, want := range []string{"http.route", "http.response.status_code"} {
		if !slices.ContainsFunc(span.Attributes, func(a *common.KeyValue) bool { return a.Key == want }) {
			t.Errorf("the span of a stream that was cut has no %s: %v", want, span.Attributes)
		}
	}

	_, header, _ := s.client(t).raw("GET", "/healthz", "")
	if line := s.requestLine(t, header.Get("X-Request-Id")); strings.Contains(line, "cut=") {
		t.Errorf("of a whole answer the log says: %s", line)
	}
}

// TestRow39WhatStandsInAPathIsNotInTheLog asks for what is there and what is not, with a number, a phone and a token in the path.
func TestRow39WhatStandsInAPathIsNotInTheLog(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	c := s.client(t)
	for path, want := range map[string]string{
		"/wallets/Z123456789012/statement.csv": "method=GET route=/wallets/{number}/statement.csv status=401",
		"/transfers/hunter2-id/receipt.pdf":    "method=GET route=/transfers/{id}/receipt.pdf status=401",
		"/hunter2-token":                       "method=GET route=unknown status=404",
		"/+79001112233":                        "method=GET route=unknown status=404",
		"/healthz":                             "method=GET route=/healthz status=200",
	} {
		_, header, _ := c.raw("GET", path, "")
		if line := s.requestLine(t, header.Get("X-Request-Id")); !strings.Contains(line, want) {
			t.Errorf("of GET %s the log says: %s", path, line)
		}
	}
	_, header, _ := c.raw("HUNTER2-METHOD", "/graphql/hunter2", "")
	if line := s.requestLine(t, header.Get("X-Request-Id")); !strings.Contains(line, "method=OTHER route=unknown") {
		t.Errorf("of a method that is none the log says: %s", line)
	}
	log := strings.ToLower(s.log.String())
	for _, secret := range []string{"hunter2", "z123456789012", "79001112233"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}
