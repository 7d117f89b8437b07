package main

import (
	"context"
	"log/slog"
	"net"
	"os"
)

// succession is how this server comes to its end: it is stopped, it fails, or another process takes over.
type succession struct {
	surroundings
	log      *slog.Logger
	listener net.Listener
	next     *heir // nil is nobody
}

// heir is a successor that was started and may not serve yet.
type heir struct {
	giveUp context.CancelFunc
	fate   chan fate // one
}

type fate struct {
	pid int
	err error
}

// await returns when the server is to stop, and whether another process has taken over. A successor is started when one is asked for. One that does not come
// up must not keep the next from being tried: who asks again has mended something meanwhile, and the one before is ended.
func (s *succession) await(ctx context.Context, asked <-chan os.Signal, failed <-chan error) (succeeded bool, err error) {
	again := false
	for {
		var fates chan fate
		if s.next != nil {
			fates = s.next.fate
		}
		select {
		case err := <-failed:
			succeeded = s.abandon()
			if ctx.Err() == nil {
				return succeeded, err
			}
			return succeeded, nil
		case <-ctx.Done():
			return s.abandon(), nil
		case <-asked:
			switch {
			case s.DatabaseURL == "":
				s.log.Error("there is no successor: the private Postgres ends with this process")
			case s.next != nil:
				s.next.giveUp()
				again = true
			default:
				s.start(ctx)
			}
		case f := <-fates:
			s.next = nil
			if f.err == nil {
				s.log.Info("a successor serves", "pid", f.pid)
				return true, nil
			}
			s.log.Error("there is no successor; this server goes on", "error", f.err)
			if again {
				again = false
				s.start(ctx)
			}
		}
	}
}

func (s *succession) start(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	next := &heir{giveUp: cancel, fate: make(chan fate, 1)}
	s.next = next
	go func() {
		defer cancel()
		pid, err := s.self.Succeed(ctx, s.listener)
		next.fate <- fate{pid, err}
	}()
}

// abandon ends a successor that does not serve yet, and tells whether there is one that does.
func (s *succession) abandon() bool {
	if s.next == nil {
		return false
	}
	s.next.giveUp()
	f := <-s.next.fate
	return f.err == nil
}
