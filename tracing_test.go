package main

import (
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	otlp "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// traces is a collector of OpenTelemetry: it takes spans over HTTP in protobuf.
type traces struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*spans.Span
	raw   strings.Builder
}

func collect(t *testing.T) *traces {
	t.Helper()
	c := &traces{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
		var request otlp.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s %s is no export: %v", r.Method, r.URL, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.WriteString(prototext.Format(&request))
		for _, resource := range request.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		answer, _ := proto.Marshal(&otlp.ExportTraceServiceResponse{})
		_, _ = w.Write(answer)
	}))
	t.Cleanup(c.Close)
	return c
}

// of waits until the trace has a span of each name that is wanted, and returns one of each.
func (c *traces) of(t *testing.T, trace string, wanted ...string) map[string]*spans.Span {
	t.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(50 * time.Millisecond) {
		found := map[string]*spans.Span{}
		c.mu.Lock()
		for _, span := range c.spans {
			if hex.EncodeToString(span.TraceId) == trace {
				found[span.Name] = span
			}
		}
		c.mu.Unlock()
		missing := ""
		for _, name := range wanted {
			if found[name] == nil {
				missing = name
			}
		}
		if missing == "" {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("the trace has no span %q but %q", missing, slices.Sorted(maps.Keys(found)))
		}
	}
}

// under are the names of a span's children.
func (c *traces) under(parent *spans.Span) (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, span := range c.spans {
		if string(span.ParentSpanId) == string(parent.SpanId) {
			names = append(names, span.Name)
		}
	}
	return names
}

// postTraced asks within a trace of the client's.
func (c *client) postTraced(trace, body string) (text string) {
	c.t.Helper()
	_, _, text = c.raw("POST", "/graphql", body, "Content-Type", asJSON, "Authorization", "Bearer "+c.token, "Traceparent", "00-"+trace+"-00f067aa0ba902b7-01",
		"Tracestate", "vendor=hunter2-state", "Baggage", "key=hunter2-baggage")
	return text
}

// TestATraceLeadsFromTheRequestToItsStatements follows a query and a payment, and looks for all that was secret or personal in what was exported.
func TestATraceLeadsFromTheRequestToItsStatements(t *testing.T) {
	t.Parallel()
	c := collect(t)
	s := startServer(t, withDemo(t), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "OTEL_BSP_SCHEDULE_DELAY=50")
	anna, boris := s.client(t).anna(), s.client(t).boris()

	const reading, paying = "4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f3577b34da6a3ce929d0e0e4737"
	anna.postTraced(reading, `{"query":"query Hunter2Query($w:WalletNumber!){viewer{wallets{number} wallet(number:$w){id}}}","variables":{"w":"Z000000000000"}}`)
	found := c.of(t, reading, "POST /graphql", "query viewer", "Query.viewer", "Account.wallets", "Account.wallet", "SELECT")
	for child, parent := range map[string]string{"query viewer": "POST /graphql", "Query.viewer": "query viewer", "Account.wallets": "Query.viewer"} {
		if string(found[child].ParentSpanId) != string(found[parent].SpanId) {
			t.Errorf("%s is no child of %s", child, parent)
		}
	}
	asks := ""
	for _, name := range []string{"query viewer", "Query.viewer", "Account.wallets", "Account.wallet"} {
		if string(found[name].SpanId) == string(found["SELECT"].ParentSpanId) {
			asks = name
		}
	}
	if asks == "" {
		t.Error("the statement belongs to no resolver")
	}
	if got := hex.EncodeToString(found["POST /graphql"].ParentSpanId); got != "00f067aa0ba902b7" {
		t.Errorf("the request's parent is %s", got)
	}

	from, _ := anna.wallet("Z")
	to, _ := boris.wallet("Z")
	anna.allowWithoutCode("Z", "100", "+79000000002")
	text := anna.postTraced(paying, `{"query":"mutation{createTransfer(input:{from:\"`+from+`\",to:{walletNumber:\"`+to+
		`\"},amount:\"1.37\",memo:\"hunter2-memo\",idempotencyKey:\"`+newKey()+`\"}){transfer{status}}}"}`)
	if !strings.Contains(text, "COMPLETED") {
		t.Fatal(text)
	}
	found = c.of(t, paying, "POST /graphql", "mutation createTransfer", "Mutation.createTransfer", "ledger group", "UPDATE")
	group, asked := found["ledger group"], found["Mutation.createTransfer"]
	if len(group.Links) != 1 || string(group.Links[0].SpanId) != string(asked.SpanId) || len(asked.Links) != 1 || string(asked.Links[0].SpanId) != string(group.SpanId) {
		t.Errorf("the posting and its group are not linked: %v, %v", group.Links, asked.Links)
	}

	if !slices.ContainsFunc(c.under(group), func(name string) bool { return name == "INSERT" || name == "UPDATE" || strings.Contains(name, "batch") }) {
		t.Errorf("no statement that moves money belongs to the group: %q", c.under(group))
	}

	// What else is asked, with things that nobody should find again.
	_, _ = anna.try(`mutation { logIn(input: {login: "anna@purser.test", password: "hunter2-password"}) { userErrors { code } } }`, nil)
	_, _ = anna.try(`mutation { startRegistration(input: {phone: "+79001112233"}) { userErrors { code } } }`, nil)
	_, _ = anna.as(anna.token+"x").try(`{ viewer { wmid } }`, nil)
	anna.raw("GET", "/hunter2-path?hunter2=hunter2", "")
	anna.raw("HUNTER2", "/graphql", "")
	last := strings.Replace(reading, "4bf9", "aaaa", 1)
	anna.postTraced(last, `{"query":"{viewer{wmid}}"}`)
	c.of(t, last, "POST /graphql")
	code := anna.newestCode("+79000000002")
	c.mu.Lock()
	defer c.mu.Unlock()
	exported := strings.ToLower(c.raw.String())
	for what, secret := range map[string]string{"a password": "demo-password", "what a client wrote": "hunter2", "a token": strings.ToLower(anna.token[:40]), "a phone": "79000000002",
		"another phone": "79001112233", "an address": "anna@purser.test", "a code": `"` + code + `"`, "a refresh token": strings.ToLower(anna.refresh), "a wallet": strings.ToLower(from), "an amount": "1.37"} {
		if strings.Contains(exported, secret) {
			i := strings.Index(exported, secret)
			t.Errorf("the spans hold %s: %s", what, exported[max(0, i-300):min(len(exported), i+100)])
		}
	}
}

// TestACollectorThatIsAwayDisturbsNobody has no collector at the address.
func TestACollectorThatIsAwayDisturbsNobody(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_BSP_SCHEDULE_DELAY=50", "OTEL_EXPORTER_OTLP_TIMEOUT=200")
	anna := s.client(t).anna()
	if r, err := anna.try(`{ viewer { wallets { number } } }`, nil); err != nil || len(r.Errors) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
