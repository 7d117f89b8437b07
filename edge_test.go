package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/config"
	"purser/internal/httpapi"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/resolvers"
)

const letters = `{"query":"{currencies{letter}}"}`

func TestRow40RequestsOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.RequestsPerAddress, c.TrustedProxies = 3, []string{"127.0.0.0/8"} })
	for _, from := range []string{"203.0.113.1", "2001:db8::1"} {
		for range 3 {
			if status, _, text := c.raw("POST", "/graphql", letters, "Content-Type", asJSON, "X-Forwarded-For", from); status != http.StatusOK {
				t.Fatalf("%s: %d %s", from, status, text)
			}
		}
	}
	// The last address that a trusted proxy names counts, whatever the client has written before it; and a /64 is one address.
	for _, from := range []string{"203.0.113.1", "198.51.100.9, 203.0.113.1", "2001:db8::2"} {
		status, header, text := c.raw("POST", "/graphql", letters, "Content-Type", asJSON, "X-Forwarded-For", from)
		var answer struct {
			Errors []struct {
				Extensions struct {
					Code              string
					RetryAfterSeconds int
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusTooManyRequests || len(answer.Errors) != 1 ||
			answer.Errors[0].Extensions.Code != "RATE_LIMITED" || answer.Errors[0].Extensions.RetryAfterSeconds < 1 || header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v %s", from, status, header, text)
		}
	}
	if status, _, _ := c.raw("GET", "/healthz", "", "X-Forwarded-For", "203.0.113.1"); status != http.StatusOK {
		t.Errorf("probes are bounded: %d", status)
	}
	if status, _, _ := c.raw("POST", "/graphql", letters, "Content-Type", asJSON, "X-Forwarded-For", "203.0.113.2"); status != http.StatusOK {
		t.Errorf("another address: %d", status)
	}
}

func TestRow40NobodyButAProxyIsBelieved(t *testing.T) {
	t.Parallel()
	for _, proxies := range [][]string{nil, {"10.0.0.0/8"}} {
		c, _ := front(t, func(c *config.Config) { c.RequestsPerAddress, c.TrustedProxies = 3, proxies })
		for i := range 6 {
			status, _, _ := c.raw("POST", "/graphql", letters, "Content-Type", asJSON, "X-Forwarded-For", "203.0.113."+string(rune('1'+i)))
			if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 3]; status != want {
				t.Errorf("request %d with another forged address: %d", i, status)
			}
		}
	}
}

func TestRequestsOfOneAccountAreBounded(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "REQUESTS_PER_ACCOUNT=3")
	anna, boris := s.client(t).anna(), s.client(t).boris()
	for i := range 4 {
		status, _, text := anna.raw("POST", "/graphql", letters, "Content-Type", asJSON, "Authorization", "Bearer "+anna.token)
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 3]; status != want {
			t.Errorf("request %d: %d %s", i, status, text)
		}
	}
	if status, _, _ := boris.raw("POST", "/graphql", letters, "Content-Type", asJSON, "Authorization", "Bearer "+boris.token); status != http.StatusOK {
		t.Errorf("another account: %d", status)
	}
}

func TestAnAnswerSaysWhatItCost(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	_, _, text := c.raw("POST", "/graphql", letters, "Content-Type", asJSON)
	var answer struct {
		Data       struct{ Currencies []struct{ Letter string } }
		Extensions struct {
			Cost struct{ Requested, Maximum int }
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Extensions.Cost.Requested < 2 || answer.Extensions.Cost.Maximum != 2000 || len(answer.Data.Currencies) == 0 {
		t.Errorf("%s, %v", text, err)
	}
}

// TestAnAnswerSaysWhatIsLeft has the bound of an account stand before that of the address.
func TestAnAnswerSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "REQUESTS_PER_ADDRESS=1000", "REQUESTS_PER_ACCOUNT=50")
	anna := s.client(t).anna()
	left := func(c *client, headers ...string) (limit, remaining int, resets time.Time) {
		_, _, text := c.raw("POST", "/graphql", letters, append(headers, "Content-Type", asJSON)...)
		var answer struct {
			Extensions struct {
				Cost struct {
					Requests struct {
						Limit, Remaining int
						ResetsAt         time.Time
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatal(err)
		}
		r := answer.Extensions.Cost.Requests
		return r.Limit, r.Remaining, r.ResetsAt
	}
	limit, first, resets := left(anna, "Authorization", "Bearer "+anna.token)
	_, second, _ := left(anna, "Authorization", "Bearer "+anna.token)
	if limit != 50 || second >= first && second != 49 || resets.IsZero() {
		t.Errorf("of %d there are %d left, then %d, until %s", limit, first, second, resets)
	}
	if limit, remaining, _ := left(anna); limit != 1000 || remaining >= 1000 {
		t.Errorf("nobody's bound is %d, and %d are left", limit, remaining)
	}
	narrow := startServer(t, withDemo(t), "REQUESTS_PER_ADDRESS=50", "REQUESTS_PER_ACCOUNT=1000")
	boris := narrow.client(t).boris()
	if limit, remaining, _ := left(boris, "Authorization", "Bearer "+boris.token); limit != 50 || remaining >= 50 {
		t.Errorf("the address has less left, and %d of %d are shown", remaining, limit)
	}
}

// TestStreamsAndSocketsSayWhatTheyCost, once for each operation: what a subscription hears later costs nothing more.
func TestStreamsAndSocketsSayWhatTheyCost(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "REQUESTS_PER_ADDRESS=1000", "REQUESTS_PER_ACCOUNT=500")
	anna := s.client(t).anna()
	query := `subscription { accountEvents(after: "` + anna.head() + `") { cursor } }`
	cost := regexp.MustCompile(`"extensions":\{"cost":\{"requested":[1-9]\d*,"maximum":2000,"requests":\{"limit":500,"remaining":\d+,"resetsAt":"\S+Z"\}\}\}`)
	if _, first := anna.stream(t, "", `{ currencies { letter } }`); !cost.MatchString(first) {
		t.Errorf("a query on a stream: %s", first)
	}
	conn := anna.begin(t)
	tell(t, conn, "events", query)
	for i, told := range []bool{true, false} {
		ask[vars](anna, `mutation($n: String) { openWallet(input: {currency: "Z", name: $n}) { wallet { id } } }`, vars{"n": fmt.Sprint("wallet ", i)})
		if m := hear(t, conn); m.Type != "next" || cost.Match(m.Payload) != told {
			t.Errorf("event %d on a socket: %s", i, m.Payload)
		}
	}
}

func TestAReadyServerSaysWhatItHas(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	const well = `{"status":"ready","database":"ok","migrations":"ok","queue":"ok","jobs":"running"}`
	for wait := 100; ; wait-- { // it serves a moment before its jobs run
		status, _, text := s.client(t).raw("GET", "/readyz", "")
		if status == http.StatusOK && strings.TrimSpace(text) == well {
			break
		}
		if status != http.StatusOK || wait == 0 {
			t.Fatalf("%d %s", status, text)
		}
		time.Sleep(100 * time.Millisecond)
	}
	db := pgtest.New(t)
	c, _ := frontOn(t, db, nil)
	for _, try := range []struct{ sql, want string }{
		{`DELETE FROM goose_db_version WHERE version_id > 1`, `"migrations":"missing"`}, {`ALTER TABLE goose_db_version RENAME TO gone`, `"database":"does not answer"`},
	} {
		if _, err := db.Pool.Exec(t.Context(), try.sql); err != nil {
			t.Fatal(err)
		}
		if status, _, text := c.raw("GET", "/readyz", ""); status != http.StatusServiceUnavailable || !strings.Contains(text, try.want) || strings.Contains(text, "goose") {
			t.Errorf("%s: %d %s", try.sql, status, text)
		}
	}
}

// TestAServerWhosePoolIsTakenIsReady has all connections of requests in use: the database answers.
func TestAServerWhosePoolIsTakenIsReady(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	c, _ := frontOn(t, db, nil)
	for range db.Pool.Config().MaxConns {
		taken, err := db.Pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Release()
	}
	if status, _, text := c.raw("GET", "/readyz", ""); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	if _, _, text := c.raw("GET", "/metrics", ""); !strings.Contains(text, "\npurser_db_locks_awaited 0") {
		t.Error("nobody knows how many locks are awaited")
	}
}

func TestMetricsShowWhatWaits(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	boris := s.client(t).boris()
	boris.listen(t, boris.head())
	boris.raw("POST", "/graphql", `{"query":"{viewer{transfers(first:-1){nodes{id}}}}"}`, "Content-Type", asJSON, "Authorization", "Bearer "+boris.token)

	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	holds, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holds.Rollback(t.Context()) //nolint:errcheck // it holds a lock, that is all
	if _, err := holds.Exec(t.Context(), `LOCK TABLE registrations`); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = db.Pool.Exec(t.Context(), `SELECT count(*) FROM registrations`) }()

	var text string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		if _, _, text = s.client(t).raw("GET", "/metrics", ""); strings.Contains(text, "purser_db_locks_awaited 1") {
			break
		}
	}
	for _, line := range []string{"purser_db_locks_awaited 1", "purser_subscriptions 1", "purser_sockets_open 1", `purser_jobs{state="discarded"} 0`, `purser_jobs{state="available"} `,
		`purser_graphql_errors_total{code="BAD_USER_INPUT"} 1`, "purser_ledger_groups_total ", "purser_ledger_waiting 0"} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("there is no %s", line)
		}
	}
	if strings.Contains(text, `state="completed"`) {
		t.Error("what is done is counted")
	}
}

// TestAPanicInAResolverFailsOneRequest has resolvers without rooms: whatever they touch is nil.
func TestAPanicInAResolverFailsOneRequest(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	log := &syncBuffer{}
	logger := slog.New(request.LogHandler{Handler: slog.NewTextHandler(log, nil)})
	api, err := httpapi.New(httpapi.Deps{Config: c, Log: logger, DB: pgtest.New(t), Schema: schema(&resolvers.Resolver{}), Present: resolvers.Present(logger),
		Loaders: func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response { return next(ctx) }})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(api.Handler())
	defer web.Close()
	asked := &client{t: t, url: web.URL}
	for range 3 {
		status, header, text := asked.raw("POST", "/graphql", letters, "Content-Type", asJSON)
		reference := header.Get("X-Request-Id")
		if status != http.StatusOK || !strings.Contains(text, `"code":"INTERNAL"`) || !strings.Contains(text, `"reference":"`+reference+`"`) || strings.Contains(text, "nil pointer") {
			t.Errorf("%d %s", status, text)
		}
		if logged := log.String(); !strings.Contains(logged, "a resolver panicked") || !strings.Contains(logged, reference) || !strings.Contains(logged, "nil pointer") {
			t.Errorf("the log says %s", logged)
		}
		if _, _, text := asked.raw("POST", "/graphql", `{"query":"{__typename}"}`, "Content-Type", asJSON); !strings.Contains(text, `"Query"`) {
			t.Errorf("the next is answered with %s", text)
		}
	}
}

func TestBrowsersAreToldToKeepToTLSAndToLoadNothingElse(t *testing.T) {
	t.Parallel()
	production, _ := front(t, func(c *config.Config) { c.AppEnv, c.PublicURL = config.Production, "https://pay.example" })
	laptop, _ := front(t, nil)
	for _, path := range []string{"/graphql", "/verify-email", "/recover", "/cancel-recovery", "/data-export", "/pay", "/pages/pages.css", "/healthz", "/readyz", "/metrics",
		"/.well-known/jwks.json", "/nothing", "/playground/", "/dev/inbox", "/"} {
		for c, secure := range map[*client]bool{production: true, laptop: false} {
			_, header, _ := c.raw("GET", path, "")
			if (header.Get("Strict-Transport-Security") != "") != secure {
				t.Errorf("%s: %v", path, header)
			}
			if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
				t.Errorf("%s has the policy %q", path, policy)
			}
		}
	}
}

// TestMetricsCountOperationsByFieldAndThoseOfOurAppsByName has a stranger use a listed name for a document of their own.
func TestMetricsCountOperationsByFieldAndThoseOfOurAppsByName(t *testing.T) {
	t.Parallel()
	id := sha256Hex(ofAnotherApp)
	c, _ := front(t, func(c *config.Config) { c.PersistedOperations = []string{manifestOf(t, id, ofAnotherApp)} })
	for range 2 {
		c.raw("POST", "/graphql", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"`+id+`"}}}`, "Content-Type", asJSON)
	}
	c.raw("POST", "/graphql", `{"query":"query Letters {currencies{letter name}}"}`, "Content-Type", asJSON)
	c.raw("POST", "/graphql", `{"query":"query AnyNameAtAll {currencies{letter}}"}`, "Content-Type", asJSON)
	c.raw("POST", "/graphql", `{"query":"{nothing}"}`, "Content-Type", asJSON)
	_, _, text := c.raw("GET", "/metrics", "")
	for _, line := range []string{
		`purser_graphql_operations_total{field="currencies",name="",type="query"} 2`, `purser_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1`,
		`purser_graphql_operations_total{field="currencies",name="Letters",type="query"} 2`,
		`purser_graphql_operation_seconds_count{type="query"} 4`, `purser_ledger_waiting 0`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("there is no %s", line)
		}
	}
	if strings.Contains(text, "AnyNameAtAll") {
		t.Error("a name that a client chose is a label")
	}
}
