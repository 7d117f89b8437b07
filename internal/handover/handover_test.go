package handover

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const behaviour = "PURSER_TEST_SUCCESSOR" // what a successor that is this test's own program does

func TestMain(m *testing.M) {
	does := os.Getenv(behaviour)
	if does == "" || os.Getenv(inherited) == "" {
		os.Exit(m.Run())
	}
	switch does {
	case "serve":
		p := This(nil)
		listener, err := p.Listen(context.Background(), "nowhere")
		if err != nil || p.Ready() != nil {
			os.Exit(1)
		}
		conn, err := listener.Accept()
		if err != nil {
			os.Exit(1)
		}
		fmt.Fprintf(conn, "%d %q\n", os.Getpid(), os.Getenv(inherited))
		_ = conn.Close()
	case "hang":
		select {}
	}
	os.Exit(3)
}

func open(t *testing.T) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

func TestASuccessorServesOnTheSameSocketAndTellsSystemd(t *testing.T) {
	systemd := filepath.Join(t.TempDir(), "notify")
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: systemd, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	t.Setenv("NOTIFY_SOCKET", systemd)
	t.Setenv(behaviour, "serve")
	p := This(nil)
	if p.Succeeds() {
		t.Fatal("it takes over, from nobody")
	}
	listener := open(t)
	early, err := net.Dial("tcp", listener.Addr().String()) // nobody has accepted it yet: it waits in the socket, not in a process
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	pid, err := p.Succeed(t.Context(), listener)
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	answer, err := bufio.NewReader(early).ReadString('\n')
	if want := fmt.Sprintf("%d %q\n", pid, ""); err != nil || answer != want {
		t.Errorf("the successor says %q, %v; want %q", answer, err, want)
	}
	message := make([]byte, 100)
	_ = told.SetReadDeadline(time.Now().Add(30 * time.Second))
	n, err := told.Read(message)
	if want := fmt.Sprintf("READY=1\nMAINPID=%d", pid); err != nil || string(message[:n]) != want {
		t.Errorf("systemd is told %q, %v", message[:n], err)
	}
}

func TestASuccessorThatDoesNotComeUpLeavesTheSocket(t *testing.T) {
	for what, does := range map[string]string{"it ends at once": "end", "it never says anything": "hang"} {
		t.Setenv(behaviour, does)
		p := This(nil)
		listener := open(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if does == "end" {
			cancel()
			ctx, cancel = context.WithCancel(t.Context())
		}
		pid, err := p.Succeed(ctx, listener)
		cancel()
		if err == nil || pid != 0 {
			t.Errorf("%s: process %d, %v", what, pid, err)
		}
		if does == "end" && !strings.Contains(err.Error(), "ended before it served") {
			t.Errorf("%s: %v", what, err)
		}
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatalf("%s: the socket is gone: %v", what, err)
		}
		_ = conn.Close()
		if _, err := listener.Accept(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		// Nobody comes any more: who waits is woken by the close, and does not wait in the kernel.
		waits := make(chan error, 1)
		go func() { _, err := listener.Accept(); waits <- err }()
		_ = listener.Close()
		if err := <-waits; !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWhatIsNoSocketIsNotHandedOver(t *testing.T) {
	p := This(nil)
	if _, err := p.Succeed(t.Context(), struct{ net.Listener }{}); err == nil {
		t.Error("it was")
	}
}
