package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// mostGrowth is how much more memory than before a server may ever have in use while it is attacked. It is generous: the collector lets garbage lie.
const mostGrowth = 256 << 20

// attack is a kind of hostile request, made so often, so many at a time. Each answer must be the one that is wanted.
type attack struct {
	what        string
	times, once int
	wanted      string
	strike      func(c *client) (answer string, err error)
}

func attacks() []attack {
	wide := `{"query":"{` + strings.Repeat("__typename ", 3000) + `}"}`
	deep := `{"query":"` + strings.Repeat("{a", 10_000) + strings.Repeat("}", 10_000) + `"}`
	lists := `{"query":"{viewer{transfers{nodes` + strings.Repeat("{from{wallet{entries{nodes{transfer", 3) + "{id" + strings.Repeat("}}}}}", 3) + `}}}}"}`
	var aliases strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&aliases, "a%d:__typename ", i)
	}
	items := func(n int) string {
		return `{"query":"query($i:[ID!]!){nodes(ids:$i){id}}","variables":{"i":[` + strings.TrimSuffix(strings.Repeat(`"",`, n), ",") + `]}}`
	}
	return []attack{
		{"a body of 50 MB", 20, 5, "413 BAD_USER_INPUT", posting(`{"query":"` + strings.Repeat("x", 50<<20) + `"}`)},
		{"a zip bomb: 500 MB in a body of half a megabyte", 20, 5, "415 BAD_USER_INPUT", posting(zipped(500<<20), "Content-Encoding", "gzip")},
		{"a deep query: 10,000 levels", 200, 10, "200 GRAPHQL_PARSE_FAILED", posting(deep)},
		{"a deep query of lists of lists", 200, 10, "200 BAD_USER_INPUT", posting(lists)},
		{"a wide query: 3,000 fields", 200, 10, "200 GRAPHQL_PARSE_FAILED", posting(wide)},
		{"one field 1,990 times", 200, 10, "200 BAD_USER_INPUT", posting(`{"query":"{` + strings.Repeat("__typename ", 1990) + `}"}`)},
		{"one field as often as it may be, 190 times", 200, 10, "200 ", posting(`{"query":"{` + strings.Repeat("__typename ", 190) + `}"}`)},
		{"eleven times the same field, on three levels", 200, 10, "200 BAD_USER_INPUT", posting(`{"query":"{` + nested(11, 3) + `}"}`)},
		{"one field in ten fragments", 200, 10, "200 BAD_USER_INPUT", posting(`{"query":"` + fragments(10, 180) + `"}`)},
		{"fragments that stand for 2^60 fields", 200, 10, "200 BAD_USER_INPUT", posting(`{"query":"` + bomb(60) + `"}`)},
		{"10,000 aliases", 200, 10, "413 BAD_USER_INPUT", posting(`{"query":"{` + aliases.String() + `}"}`)},
		{"3,000 aliases, which a body can hold", 200, 10, "200 GRAPHQL_PARSE_FAILED", posting(`{"query":"{` + aliases.String()[:45_000] + `"}`)},
		{"a variable with a million items", 50, 10, "413 BAD_USER_INPUT", posting(items(1_000_000))},
		{"a variable with 20,000 items, which a body can hold", 200, 10, "200 BAD_USER_INPUT", posting(items(20_000))},
		{"invalid UTF-8", 200, 10, "200 INVALID_PHONE", posting("{\"query\":\"mutation{startRegistration(input:{phone:\\\"+7\xff\xc0\\\"}){userErrors{code}}}\"}")},
		{"JSON of 60,000 brackets", 200, 10, "400 BAD_USER_INPUT", posting(strings.Repeat("[", 60_000))},
		{"headers that come a byte a second (slow-loris)", 1000, 1000, "closed", slowly("GET /healthz HTTP/1.1\r\nHost: purser.test\r\nX-Slow: ")},
		{"a body that comes a byte a second", 500, 500, "400 BAD_USER_INPUT", slowly("POST /graphql HTTP/1.1\r\nHost: purser.test\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{")},
		{"requests for 56 MB, of which nothing is read", 20, 20, "closed", readingNothing(20)},
		{"1,000 documents of 60 KB, each another", 1000, 10, "200 BAD_USER_INPUT", largeDocuments()},
		{"5,000 subscriptions on one socket", 4, 4, "RATE_LIMITED 4980 times", subscribing(5000)},
	}
}

// largeDocuments sends large documents, a new one each time, whoever remembers them.
func largeDocuments() func(*client) (string, error) {
	ids := strings.Repeat(`\"k\",`, 880)
	var n atomic.Int64
	return func(c *client) (string, error) {
		return posting(fmt.Sprintf(`{"query":"{ nodes(ids:[%s]) { id } } #%d %s"}`, ids, n.Add(1), strings.Repeat("x", 55_000)))(c)
	}
}

// TestHostileRequestsCostLittle attacks a server in each way while somebody else uses it: it answers as it should, lives, takes no more memory than it may, and
// serves the other. With -update what it cost is written to docs/hostile.md.
func TestHostileRequestsCostLittle(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "MAX_SOCKETS_PER_SESSION=10")
	anna, boris := s.client(t).anna(), s.client(t).boris()
	var page strings.Builder
	page.WriteString(`# What hostile requests cost

Written by ` + "`make hostile`" + `, which attacks a server process (` + "`hostile_test.go`" + `) while somebody else uses it; the test itself holds the answers, a bound
of memory, and that the other is served. Memory is the highest the process ever had beyond what it had before, CPU its own, on the machine of the run.

| attack | requests | at a time | answer | memory | CPU | CPU each | others served, slowest |
|---|---|---|---|---|---|---|---|
`)
	for _, a := range attacks() {
		pid := s.cmd.Process.Pid
		memory, cpu := resetPeak(t, pid), cpuTime(t, pid)
		others := boris.useMeanwhile(t)
		a.run(t, anna)
		served, slowest, failed := others()
		grown, spent := peakMemory(t, pid)-memory, cpuTime(t, pid)-cpu
		if grown > mostGrowth {
			t.Errorf("%s: the server grew by %d MB", a.what, grown>>20)
		}
		if served == 0 || failed != nil {
			t.Errorf("%s: others were served %d times, then: %v", a.what, served, failed)
		}
		fmt.Fprintf(&page, "| %s | %d | %d | %s | %.1f MB | %s | %s | %d, %s |\n", a.what, a.times, a.once, a.wanted, float64(max(grown, 0))/(1<<20),
			spent, (spent / time.Duration(a.times)).Round(10*time.Microsecond), served, slowest.Round(time.Millisecond))
		select {
		case <-s.ended:
			t.Fatalf("%s: the server is dead", a.what)
		default:
		}
	}
	if log := s.log.String(); strings.Contains(log, "panic") {
		t.Error("something panicked")
	}
	if *update {
		if err := os.WriteFile("docs/hostile.md", []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile("docs/hostile.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attacks() {
		if !strings.Contains(string(written), fmt.Sprintf("| %s | %d | %d | %s |", a.what, a.times, a.once, a.wanted)) {
			t.Errorf("docs/hostile.md does not tell of %s; run: make hostile", a.what)
		}
	}
}

func (a attack) run(t *testing.T, c *client) {
	t.Helper()
	var crowd sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(a.times))
	for range a.once {
		crowd.Go(func() {
			for left.Add(-1) >= 0 {
				if answer, err := a.strike(c); err != nil || answer != a.wanted {
					t.Errorf("%s: answered with %q, %v; want %q", a.what, answer, err, a.wanted)
					return
				}
			}
		})
	}
	crowd.Wait()
}

// posting sends a body; the answer is its status and first code. A server may answer, and close the connection, before it has read everything.
func posting(body string, headers ...string) func(*client) (string, error) {
	return func(c *client) (string, error) {
		request, err := http.NewRequest(http.MethodPost, c.url+"/graphql", strings.NewReader(body))
		if err != nil {
			return "", err
		}
		request.Header.Set("Content-Type", asJSON)
		request.Header.Set("Authorization", "Bearer "+c.token)
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		return strconv.Itoa(response.StatusCode) + " " + firstCode(string(text)), err
	}
}

// nested selects one field a number of times, and in each the same again.
func nested(times, levels int) string {
	if levels == 0 {
		return ""
	}
	inner := nested(times, levels-1)
	if inner != "" {
		inner = "{" + inner + "}"
	}
	return strings.Repeat("viewer"+inner+" ", times)
}

// fragments selects one field many times in each of many fragments of one object.
func fragments(n, times int) string {
	var spread, defined strings.Builder
	for i := range n {
		fmt.Fprintf(&spread, "...f%d ", i)
		fmt.Fprintf(&defined, " fragment f%d on Query{%s}", i, strings.Repeat("__typename ", times))
	}
	return "query{" + spread.String() + "}" + defined.String()
}

func firstCode(text string) string {
	_, rest, _ := strings.Cut(text, `"code":"`)
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

func zipped(size int64) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, `{"query":"`)
	_, _ = io.CopyN(w, spaces{}, size)
	_ = w.Close()
	return packed.String()
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// slowly opens a connection, sends a beginning and then a byte a second, until the server has had enough.
func slowly(beginning string) func(*client) (string, error) {
	return func(c *client) (string, error) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
		if err != nil {
			return "", err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(conn, beginning); err != nil {
			return "", err
		}
		ended := make(chan struct{})
		defer close(ended)
		go func() {
			for each := time.NewTicker(time.Second); ; {
				select {
				case <-each.C:
					_, _ = io.WriteString(conn, "x")
				case <-ended:
					each.Stop()
					return
				}
			}
		}()
		text, err := io.ReadAll(conn)
		if len(text) == 0 && !os.IsTimeout(err) {
			return "closed", nil
		}
		_, status, _ := strings.Cut(string(text), " ")
		number, _, _ := strings.Cut(status, " ")
		return strings.TrimSpace(number + " " + firstCode(string(text))), nil
	}
}

// subscribing opens a socket and so many subscriptions on it; the answer is how often it was refused.
func subscribing(times int) func(*client) (string, error) {
	return func(c *client) (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.url, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			return "", err
		}
		defer conn.CloseNow() //nolint:errcheck // nothing is left to lose
		if err := conn.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init","payload":{"Authorization":"Bearer `+c.token+`"}}`)); err != nil {
			return "", err
		}
		sent := make(chan error, 1)
		go func() {
			for i := range times {
				if err := conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"id":"%d","type":"subscribe","payload":{"query":"subscription { accountEvents { cursor } }"}}`, i)); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		refused := 0
		for refused < times-20 {
			_, text, err := conn.Read(ctx)
			if err != nil {
				return fmt.Sprintf("%d refused", refused), err
			}
			if strings.Contains(string(text), "RATE_LIMITED") {
				refused++
			}
		}
		return fmt.Sprintf("RATE_LIMITED %d times", refused), <-sent
	}
}

// useMeanwhile asks for the viewer's wallets again and again until it is stopped, and says how often it was served and how long it waited at most.
func (c *client) useMeanwhile(t *testing.T) (stop func() (served int, slowest time.Duration, failed error)) {
	t.Helper()
	enough, done := make(chan struct{}), make(chan struct{})
	var served int
	var slowest time.Duration
	var failed error
	go func() {
		defer close(done)
		for failed == nil {
			began := time.Now()
			r, err := c.try(`{ viewer { wallets { number balance { amount } } } }`, nil)
			if failed = err; err == nil && (len(r.Errors) > 0 || !strings.Contains(string(r.Data), `"number"`)) {
				failed = fmt.Errorf("%d %s %+v", r.status, r.Data, r.Errors)
			}
			served, slowest = served+1, max(slowest, time.Since(began))
			select {
			case <-enough:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() (int, time.Duration, error) {
		close(enough)
		<-done
		return served, slowest, failed
	}
}

// resetPeak forgets the highest memory that a process had in use, and returns what it has now.
func resetPeak(t *testing.T, pid int) int64 {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	return memoryOf(t, pid, "VmRSS:")
}

func peakMemory(t *testing.T, pid int) int64 { return memoryOf(t, pid, "VmHWM:") }

func memoryOf(t *testing.T, pid int, line string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), line)
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// cpuTime is what a process has used, in hundredths of a second.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
