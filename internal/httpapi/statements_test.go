package httpapi

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// TestAReaderThatTakesNothingIsLeft has a client that asks and does not read: whoever writes is told, and goes.
func TestAReaderThatTakesNothingIsLeft(t *testing.T) {
	t.Parallel()
	left := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		out := newSheet(w, 100*time.Millisecond).Begin("x.csv", "text/csv")
		for piece := make([]byte, 1<<20); ; {
			if _, err := out.Write(piece); err != nil {
				left <- err
				panic(http.ErrAbortHandler)
			}
		}
	}))
	t.Cleanup(server.Close)
	client, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if _, err := client.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-left:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it is written to for ever")
	}
}
