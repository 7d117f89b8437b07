package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purser/internal/config"
	"purser/internal/pgtest"
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
	s := startServer(t, pgtest.DSN(t), "REQUESTS_PER_ACCOUNT=3")
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

func TestMetricsCountOperationsByField(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	c.raw("POST", "/graphql", `{"query":"query AnyNameAtAll {currencies{letter}}"}`, "Content-Type", asJSON)
	c.raw("POST", "/graphql", `{"query":"{nothing}"}`, "Content-Type", asJSON)
	_, _, text := c.raw("GET", "/metrics", "")
	for _, line := range []string{
		`purser_graphql_operations_total{field="currencies",type="query"} 1`, `purser_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1`,
		`purser_graphql_operation_seconds_count{type="query"} 1`, `purser_ledger_waiting 0`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("there is no %s", line)
		}
	}
	if strings.Contains(text, "AnyNameAtAll") {
		t.Error("a name that a client chose is a label")
	}
}

func TestNothingButListedOperationsIsRun(t *testing.T) {
	t.Parallel()
	const listed = "query Letters { currencies { letter } }"
	const id = "b0f9a64ee5a3bbd3ac2ce3ac1a9f9dae0d4a1ff93b3a9d8e2e83f0b3a4cbe2b3" // not its hash
	manifest := func(id string) string {
		path := filepath.Join(t.TempDir(), "persisted-query-manifest.json")
		text, _ := json.Marshal(map[string]any{"format": "apollo-persisted-query-manifest", "version": 1,
			"operations": []any{map[string]any{"id": id, "name": "Letters", "type": "query", "body": listed}}})
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wrong, err := config.Load(map[string]string{"PERSISTED_OPERATIONS": manifest(id)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := build(t.Context(), wrong, pgtest.New(t), slog.New(slog.DiscardHandler), "https://purser.test", nil); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a list with a wrong id: %v", err)
	}
	good := sha256Hex(listed)
	c, _ := front(t, func(c *config.Config) { c.PersistedOperations, c.PersistedOnly = []string{manifest(good)}, true })
	byID := `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + good + `"}}}`
	other := sha256Hex("{currencies{letter}}")
	for what, request := range map[string][2]string{
		"by its id":          {byID, `"letter":"Z"`},
		"whole":              {`{"query":"` + listed + `"}`, `"letter":"Z"`},
		"another":            {letters, "FORBIDDEN"},
		"another, persisted": {`{"query":"{currencies{letter}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + other + `"}}}`, "FORBIDDEN"},
		"an unknown id":      {`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + other + `"}}}`, "PERSISTED_QUERY_NOT_FOUND"},
	} {
		if _, _, text := c.raw("POST", "/graphql", request[0], "Content-Type", asJSON); !strings.Contains(text, request[1]) {
			t.Errorf("%s: %s", what, text)
		}
	}
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
