package sessions

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
)

const watchEvery = 2 * time.Second

// Watch ends the long connections of sessions that are over: revoked on whichever server, or without an access token that still
// counts. A connection that was opened with an older token than the session's newest lives on. It asks for all of them with one query every two seconds.
// Beside it, it keeps the signing keys fresh: one that was added is known before it signs, and one that was removed is refused.
type Watch struct {
	service *Service
	log     *slog.Logger

	mu   sync.Mutex
	open map[*watched]struct{}
}

type watched struct {
	identity Identity
	end      func()
}

// NewWatch makes a watch. It does nothing until Run.
func NewWatch(s *Service, log *slog.Logger) *Watch {
	return &Watch{service: s, log: log, open: map[*watched]struct{}{}}
}

// Add watches a connection; end is called, once and in a goroutine of its own, when its session is over. release ends the watching. How many a
// session may have is for who opens them to count.
func (w *Watch) Add(identity Identity, end func()) (release func()) {
	entry := &watched{identity: identity, end: sync.OnceFunc(end)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[entry] = struct{}{}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, entry)
	}
}

// Run watches until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.sweep(ctx)
			if err := w.service.keys.readAgain(ctx); err != nil && ctx.Err() == nil {
				w.log.Warn("signing keys could not be read; trying again", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (w *Watch) sweep(ctx context.Context) {
	w.mu.Lock()
	entries := make([]*watched, 0, len(w.open))
	ids := make([]uuid.UUID, 0, len(w.open))
	for entry := range w.open {
		entries, ids = append(entries, entry), append(ids, entry.identity.SessionID)
	}
	w.mu.Unlock()
	if len(entries) == 0 {
		return
	}

	live, err := liveSessions(ctx, w.service.db, ids)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Warn("sessions of open sockets could not be checked; trying again", "error", err)
		}
		return
	}
	now := w.service.db.Now()
	for _, entry := range entries {
		if until, stands := live[entry.identity.SessionID]; !stands || !now.Before(until) {
			go entry.end()
		}
	}
}
