package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket/wsjson"

	"github.com/coder/websocket"

	"purser/internal/config"
)

var script = regexp.MustCompile(`src="([^"]+\.js)"`)

// readingNothing asks so often for the largest file there is, on one connection, and takes nothing of the answers; the answer is how that ends.
func readingNothing(times int) func(*client) (string, error) {
	return func(c *client) (string, error) {
		response, err := http.Get(c.url + "/playground/")
		if err != nil {
			return "", err
		}
		page, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		found := script.FindSubmatch(page)
		if err != nil || found == nil {
			return "", fmt.Errorf("the playground has no script: %w", err)
		}
		path := string(found[1])
		if !strings.HasPrefix(path, "/") {
			path = "/playground/" + strings.TrimPrefix(path, "./")
		}
		dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (failed error) {
			err := raw.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
			return errors.Join(err, failed)
		}}
		conn, err := dialer.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
		if err != nil {
			return "", err
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, strings.Repeat("GET "+path+" HTTP/1.1\r\nHost: purser.test\r\n\r\n", times)); err != nil {
			return "", err
		}
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(50 * time.Millisecond) {
			if _, err := io.WriteString(conn, "\r\n"); err != nil {
				return "closed", nil //nolint:nilerr // that is what is waited for
			}
		}
		return "held", nil
	}
}

// TestWhoTakesNothingIsLeft has readers that take nothing, and a server that is to stop while one does.
func TestWhoTakesNothingIsLeft(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "SEND_TIMEOUT=1s", "DRAIN_GRACE=3s", "DRAIN_TIMEOUT=10s")
	c := s.client(t)
	if answer, err := readingNothing(20)(c); err != nil || answer != "closed" {
		t.Errorf("%q, %v", answer, err)
	}
	done := make(chan string)
	go func() {
		answer, err := readingNothing(20)(c)
		done <- fmt.Sprint(answer, err)
	}()
	if status, _, _ := c.raw("GET", "/healthz", ""); status != http.StatusOK {
		t.Errorf("others are answered with %d", status)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if answer := <-done; answer != "closed<nil>" {
		t.Error(answer)
	}
	<-s.ended
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server did not end well: %d", code)
	}
}

// TestASocketThatTakesNothingIsLeft has a client that says something all the time, and reads nothing of what it asks for.
func TestASocketThatTakesNothingIsLeft(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "SEND_TIMEOUT=1s")
	anna := s.client(t).anna()
	conn := anna.begin(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for i := 0; ctx.Err() == nil; i++ {
			id := strings.Repeat("x", 60_000) + fmt.Sprint(i) // which the answer repeats
			if wsjson.Write(ctx, conn, vars{"id": id, "type": "subscribe", "payload": vars{"query": `subscription { nothing }`}}) != nil {
				return
			}
			if wsjson.Write(ctx, conn, vars{"type": "pong"}) != nil {
				return
			}
		}
	}()
	<-gone
	if ctx.Err() != nil {
		t.Error("it is held")
	}
	anna.awaitMetric(t, "purser_sockets_open 0")
}

// awaitMetric waits until a line stands in the server's metrics.
func (c *client) awaitMetric(t *testing.T, line string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(20 * time.Millisecond) {
		if _, _, text := c.raw("GET", "/metrics", ""); strings.Contains(text, "\n"+line+"\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics do not come to %s", line)
		}
	}
}

// listenByEvents opens a stream and waits until the server has begun it.
func (c *client) listenByEvents(t *testing.T, query string) (*http.Response, *bufio.Reader) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", asJSON)
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	text := bufio.NewReader(response.Body)
	if response.StatusCode == http.StatusOK {
		if line, err := text.ReadString('\n'); err != nil || line != ":\n" {
			t.Fatalf("the stream begins with %q, %v", line, err)
		}
	}
	return response, text
}

const listening = `subscription { accountEvents { cursor } }`

// TestAStreamThatTheServerEndsIsNotComplete has streams whose clients are to come back: they are cut, and not told that all has been said.
func TestAStreamThatTheServerEndsIsNotComplete(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "DRAIN_GRACE=3s")
	anna, boris := s.client(t).anna(), s.client(t).boris()
	_, ofAnna := anna.listenByEvents(t, listening)
	_, ofBoris := boris.listenByEvents(t, listening)

	ask[json.RawMessage](anna, `mutation { logOut { userErrors { code } } }`, nil)
	text, err := io.ReadAll(ofAnna)
	if err == nil || strings.Contains(string(text), "complete") || !strings.Contains(string(text), `"UNAUTHENTICATED"`) {
		t.Errorf("who has no session any more is told %s, %v", text, err)
	}
	if again, _ := anna.listenByEvents(t, listening); again.StatusCode != http.StatusUnauthorized {
		t.Errorf("coming back is answered with %d", again.StatusCode)
	}

	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	text, err = io.ReadAll(ofBoris)
	if err == nil || strings.Contains(string(text), "event:") {
		t.Errorf("whose server leaves is told %s, %v", text, err)
	}
	// A query is no subscription: it is answered to its end, and its connection with it.
	response, rest := boris.listenByEvents(t, `{ viewer { wmid } }`)
	text, err = io.ReadAll(rest)
	if err != nil || !strings.Contains(string(text), `"wmid"`) || !strings.Contains(string(text), "event: complete\ndata:") || !response.Close {
		t.Errorf("a query of a server that leaves is answered with %s, %v; its connection ends: %v", text, err, response.Close)
	}
}

func TestBrowserAppsOfAListedOriginMaySendWhatTheyMust(t *testing.T) {
	t.Parallel()
	c, _ := front(t, func(c *config.Config) { c.CORSOrigins = []string{"https://app.example"} })
	for _, try := range []struct{ path, method, headers string }{
		{"/documents/0198c1a0-0000-7000-8000-000000000000", "PUT", "content-type"},
		{"/graphql", "POST", "accept-language,apollo-require-preflight,apollographql-client-name,apollographql-client-version,authorization,content-type,traceparent,x-apollo-operation-id,x-apollo-operation-name"},
	} {
		_, header, _ := c.raw("OPTIONS", try.path, "", "Origin", "https://app.example", "Access-Control-Request-Method", try.method, "Access-Control-Request-Headers", try.headers)
		if header.Get("Access-Control-Allow-Origin") != "https://app.example" || header.Get("Access-Control-Allow-Methods") != try.method {
			t.Errorf("%s %s: %v", try.method, try.path, header)
		}
	}
	for origin, opens := range map[string]bool{"https://app.example": true, "http://app.example": false, "https://other.example": false} {
		conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(c.url, "http")+"/graphql",
			&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {origin}}})
		if err == nil {
			_ = conn.CloseNow()
		}
		if (err == nil) != opens {
			t.Errorf("a socket of %s: %v", origin, err)
		}
	}
}
