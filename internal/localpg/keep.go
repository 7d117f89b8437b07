package localpg

import (
	"context"
	"time"
)

const (
	// lookEvery is how often a shared Postgres, which is not our child, is looked at.
	lookEvery = 200 * time.Millisecond
	// revivalsMax bounds how often in a row a Postgres that keeps dying is started again.
	revivalsMax = 5
	// healthyAfter is the age at which a revived Postgres no longer counts as one that keeps dying.
	healthyAfter = time.Minute
)

// keepUp brings Postgres back when it goes away while we still need it: because the process that owned it ended, or
// because it was killed. The address stays the same, so pools reconnect by themselves.
func (s *Server) keepUp(ctx context.Context) {
	for revivals := 0; revivals < revivalsMax; {
		since := time.Now()
		if !s.waitGone(ctx) {
			return
		}
		if time.Since(since) > healthyAfter {
			revivals = 0
		}
		revivals++

		s.log.Warn("Postgres went away, starting it again", "dir", s.home)
		if err := s.bringUp(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("Postgres could not be started again", "error", err)
			if pause(ctx, time.Second) != nil {
				return
			}
		}
	}
	s.log.Error("Postgres keeps going away, giving up", "dir", s.home)
}

// waitGone returns true when the Postgres in use has gone, false when ctx ended first.
func (s *Server) waitGone(ctx context.Context) bool {
	s.mu.Lock()
	child, pid := s.child, s.pid
	s.mu.Unlock()

	if child != nil {
		select {
		case <-child.exited:
			return ctx.Err() == nil
		case <-ctx.Done():
			return false
		}
	}
	for alive(pid) && looksLikePostmaster(pid, dataDir(s.home)) {
		if pause(ctx, lookEvery) != nil {
			return false
		}
	}
	return ctx.Err() == nil
}
