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
	"purser/internal/pgtest"
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
	s := startServer(t, pgtest.DSN(t), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "OTEL_BSP_SCHEDULE_DELAY=50", "SOCKET_PING_INTERVAL=1s")
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
