package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"purser/internal/config"
	"purser/internal/fault"
)

// TestRow40AnAddressThatCannotBeReadIsBounded has a proxy that is believed write what no address can be read from: its requests count together for
// its own address, and never for nobody.
func TestRow40AnAddressThatCannotBeReadIsBounded(t *testing.T) {
	t.Parallel()
	c, log := front(t, func(c *config.Config) { c.RequestsPerAddress, c.TrustedProxies = 6, []string{"127.0.0.0/8"} })
	send := func(from ...string) int {
		status, _, _ := c.raw("POST", "/graphql", letters, append([]string{"Content-Type", asJSON}, from...)...)
		return status
	}
	const header = "X-Forwarded-For"
	for range 2 {
		for _, from := range [][]string{nil, {header, "unknown, _hidden"}, {header, "127.0.0.9, 127.0.0.8"}} {
			if status := send(from...); status != http.StatusOK {
				t.Fatalf("%v: %d", from, status)
			}
		}
	}
	for _, from := range [][]string{nil, {header, "<script>"}, {header, "127.0.0.9"}, {header, ""}} {
		if status := send(from...); status != http.StatusTooManyRequests {
			t.Errorf("%v is not bounded: %d", from, status)
		}
	}
	// Behind a port there is an address, and each has a budget of its own.
	for _, with := range [][3]string{{"203.0.113.7:1234", "203.0.113.7:99", "203.0.113.7"}, {"[2001:db8::7]:1234", "[2001:db8::8]", "2001:db8::9, 127.0.0.4:80"}} {
		for i := range 6 {
			if status := send(header, with[i%3]); status != http.StatusOK {
				t.Errorf("%s: %d", with[i%3], status)
			}
		}
		for _, from := range with {
			if status := send(header, from); status != http.StatusTooManyRequests {
				t.Errorf("%s is not bounded together with the others: %d", from, status)
			}
		}
	}
	if warned := strings.Count(log.String(), "names no client whose address can be read"); warned != 1 || strings.Contains(log.String(), "_hidden") {
		t.Errorf("it is told %d times: %s", warned, log)
	}
}

// TestRow40OneLockedOutBehindAProxyIsNotEverybody has a stranger fail to log in from an address with a port; another address still may.
func TestRow40OneLockedOutBehindAProxyIsNotEverybody(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.TrustedProxies = []string{"127.0.0.0/8"} })
	logIn := func(from string) string {
		_, _, text := c.raw("POST", "/graphql", `{"query":"mutation { logIn(input: {login: \"nobody@purser.test\", password: \"not the password\", device: {name: \"x\"}}) { userErrors { code } } }"}`,
			"Content-Type", asJSON, "X-Forwarded-For", from)
		return text
	}
	limited := false
	for i := 0; i < 40 && !limited; i++ {
		limited = strings.Contains(logIn("203.0.113.7:"+strconv.Itoa(1000+i)), "RATE_LIMITED")
	}
	if text := logIn("203.0.113.8:1000"); !limited || !strings.Contains(text, "CREDENTIALS_REJECTED") {
		t.Errorf("after the stranger is bounded (%v), another is answered with %s", limited, text)
	}
}

// TestNoRefusalOfTheFrontDoorHasAHoleInItsSentence has the wait agree wherever it is told.
func TestNoRefusalOfTheFrontDoorHasAHoleInItsSentence(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.RequestsPerAddress = 40 })
	for _, language := range []string{"en", "ru"} {
		for range 25 {
			status, header, text := c.raw("POST", "/data-export", `{"token":"none"}`, "Content-Type", asJSON, "Accept-Language", language)
			if strings.Contains(text, "no value") {
				t.Fatalf("%d %s", status, text)
			}
			if status != http.StatusTooManyRequests {
				continue
			}
			after := waitOf(t, text)
			_, told := fault.Limited(time.Duration(after) * time.Second).Sentence()
			if header.Get("Retry-After") != strconv.Itoa(after) || !strings.Contains(text, fmt.Sprintf(" %d ", told["Count"])) {
				t.Fatalf("%v %s", header, text)
			}
		}
	}
	status, header, text := c.raw("GET", "/graphql?query={currencies{letter}}", "")
	resets, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	after := waitOf(t, text)
	if status != http.StatusTooManyRequests || err != nil || strings.Contains(text, "no value") || header.Get("Retry-After") != strconv.Itoa(after) {
		t.Fatalf("%d %v %s", status, header, text)
	}
	if apart := time.Until(time.Unix(resets, 0)) - time.Duration(after)*time.Second; apart > 2*time.Second || apart < -5*time.Second {
		t.Errorf("the bound resets %s away from the %d seconds that are told", apart, after)
	}
}

func waitOf(t *testing.T, text string) int {
	t.Helper()
	var answer struct {
		Errors []struct {
			Extensions struct{ RetryAfterSeconds int }
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Errors) != 1 || answer.Errors[0].Extensions.RetryAfterSeconds < 1 {
		t.Fatalf("%s, %v", text, err)
	}
	return answer.Errors[0].Extensions.RetryAfterSeconds
}

func TestWhatTheFrontDoorRefusesIsCounted(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.RequestsPerAddress = 3 })
	c.raw("POST", "/graphql", letters, "Content-Type", asJSON, "Authorization", "Bearer nonsense")
	c.raw("POST", "/graphql", `{"query":"query { ...outer } fragment outer on Query { ... on Query { ...inner } } fragment inner on Query { currencies { letter } }"}`, "Content-Type", asJSON)
	c.raw("POST", "/graphql", letters, "Content-Type", "text/plain")
	c.raw("POST", "/graphql", letters, "Content-Type", asJSON)
	_, _, text := c.raw("GET", "/metrics", "")
	for _, line := range []string{`errors_total{code="UNAUTHENTICATED"} 1`, `errors_total{code="BAD_USER_INPUT"} 1`, `errors_total{code="RATE_LIMITED"} 1`,
		`operations_total{field="currencies",name="",type="query"} 1`} {
		if !strings.Contains(text, "purser_graphql_"+line) {
			t.Errorf("there is no %s", line)
		}
	}
}

func TestProbesMayAskForHeadersAloneAndWhatIsNotThereIsRefusedInOneForm(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	for _, path := range []string{"/healthz", "/.well-known/jwks.json", "/readyz"} {
		asked, _, _ := c.raw("GET", path, "")
		if status, _, text := c.raw("HEAD", path, ""); status != asked || text != "" {
			t.Errorf("%s: %d instead of %d, %s", path, status, asked, text)
		}
	}
	status, _, text := c.raw("GET", "/a-secret-path", "")
	if status != http.StatusNotFound || !strings.Contains(text, `"code":"BAD_USER_INPUT"`) || !strings.Contains(text, "nothing here") || strings.Contains(text, "secret") {
		t.Errorf("%d %s", status, text)
	}
}

func TestRow38NoAnswerRepeatsAValueOfADocument(t *testing.T) {
	t.Parallel()
	c, _ := front(t, nil)
	for _, body := range []string{
		`{"query":"mutation { logIn(input: {login: \"a\", password: 12345678}) { userErrors { code } } }"}`,
		`{"query":"mutation { logIn(input: {login: \"a\", password: [12345678]}) { userErrors { code } } }"}`,
		`{"query":"mutation { logIn(input: \"12345678\") { userErrors { code } } }"}`,
		`{"query":"mutation { logIn(input: {login: x12345678, password: \"b\"}) { userErrors { code } } }"}`,
		`{"query":"{ viewer { transfers(first: \"12345678\") { nodes { id } } } }"}`,
		`{"query":"{ viewer \"12345678\" }"}`, `{"query":"{ viewer 12345678 }"}`,
		`{"query":"query($n: Int) { viewer { transfers(first: $n) { nodes { id } } } }","variables":{"n":"x12345678"}}`,
		`{"query":"mutation($i: LogInInput!) { logIn(input: $i) { userErrors { code } } }","variables":{"i":{"login":"a","password":{"x12345678":1}}}}`,
	} {
		if _, _, text := c.raw("POST", "/graphql", body, "Content-Type", asJSON); strings.Contains(text, "12345678") || !strings.Contains(text, `"errors"`) {
			t.Errorf("%s is answered with %s", body, text)
		}
	}
}
