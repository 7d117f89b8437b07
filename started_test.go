package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"purser/internal/pgtest"
)

// server is the program, running as a process of its own.
type server struct {
	URL   string
	cmd   *exec.Cmd
	log   *syncBuffer
	ended chan struct{} // closed when the process is gone
	told  *told
}

// servingAt is how a server says where it serves: to a person, and in production in its log.
var servingAt = regexp.MustCompile(`(?:API +|"msg":"serving","address":")(http://[^/"\s]+)`)

// withDemo gives databases that the demo people are in already, as a first start leaves it. Most of a first start goes into the hashes of their passwords.
var withDemo = pgtest.Prepared(func(dsn string) error {
	s, err := launch(dsn)
	if s != nil {
		s.stop()
	}
	return err
})

// startServer runs the program on a database and waits until it says where it serves. settings are NAME=value.
func startServer(t testing.TB, dsn string, settings ...string) *server {
	t.Helper()
	s, err := launch(dsn, settings...)
	if s == nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.stop()
		if leaks := s.told.leaks(s.log.String()); len(leaks) > 0 { // row 39 of docs/security.md, at every server of every test
			t.Errorf("the log holds %v", leaks)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// launch starts the program and waits until it serves. A server is returned with an error when it runs, or ran, and does not serve.
func launch(dsn string, settings ...string) (*server, error) {
	path, err := binary()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.Command(path), log: &syncBuffer{}, ended: make(chan struct{}), told: &told{}}
	out := &syncBuffer{}
	s.cmd.Env = append(os.Environ(), "DATABASE_URL="+dsn, "LISTEN_ADDR=127.0.0.1:0", "DATABASE_MAX_CONNS=10", "LOG_LEVEL=debug")
	s.cmd.Env = append(s.cmd.Env, settings...)
	s.cmd.Stdout, s.cmd.Stderr = out, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	for deadline := time.Now().Add(patience); ; {
		if found := servingAt.FindStringSubmatch(out.String() + s.log.String()); found != nil {
			s.URL = found[1]
			return s, nil
		}
		select {
		case <-s.ended:
			return s, fmt.Errorf("the server ended before it served:\n%s", s.log)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return s, fmt.Errorf("the server does not serve:\n%s", s.log)
		}
	}
}

// stop ends the process as an operator does, and waits for its end.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.ended
}

// kill ends the process as a power cut would.
func (s *server) kill() { _ = s.cmd.Process.Kill() }
