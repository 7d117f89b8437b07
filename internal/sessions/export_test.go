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

// AgeSessions makes all that the service knows of sessions a second older.
func (s *Service) AgeSessions() { s.AgeSessionsBy(sessionTrusted) }

// AgeSessionsBy makes it older by any time.
func (s *Service) AgeSessionsBy(d time.Duration) {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	for _, session := range s.cache.sessions.Keys() {
		if known, ok := s.cache.sessions.Peek(session); ok {
			known.at, known.known.ReadAt = known.at.Add(-d), known.known.ReadAt.Add(-d)
			s.cache.sessions.Add(session, known)
		}
	}
}

// RefreshKeys is what a watch does every two seconds.
func (s *Service) RefreshKeys(ctx context.Context) error { return s.keys.readAgain(ctx) }
