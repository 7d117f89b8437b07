package sessions

import (
	"context"
	"time"
)

// Sweep is what Run does every two seconds.
func (w *Watch) Sweep(ctx context.Context) { w.sweep(ctx) }

// AgeKeys makes the service believe that it read the keys long ago.
func (s *Service) AgeKeys() {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.readAt = time.Time{}
}

// AgeSessions makes the service forget what it knew of sessions, as it does by itself a second later.
func (s *Service) AgeSessions() { s.cache.sessions.Purge() }

// RefreshKeys is what a watch does every two seconds.
func (s *Service) RefreshKeys(ctx context.Context) error { return s.keys.readAgain(ctx) }
