package httpapi

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"purser/internal/sessions"
)

// sockets are the open websockets and event streams of this server, and the one place where they and their subscriptions are counted, so that it
// can bound them, and end them when it stops.
type sockets struct {
	mu            sync.Mutex
	open          map[*func()]struct{}
	ended         bool // none is added any more
	ofAddress     tally[string]
	ofSession     tally[uuid.UUID]
	subscriptions tally[uuid.UUID] // of a session, on all its sockets and streams
}

func newSockets() *sockets {
	return &sockets{open: map[*func()]struct{}{}, ofAddress: tally[string]{}, ofSession: tally[uuid.UUID]{}, subscriptions: tally[uuid.UUID]{}}
}

// tally counts what each has; who has nothing stands in it no more.
type tally[K comparable] map[K]int

func (t tally[K]) add(who K, most int) bool {
	if t[who] >= most {
		return false
	}
	t[who]++
	return true
}

func (t tally[K]) drop(who K) {
	if t[who]--; t[who] <= 0 {
		delete(t, who)
	}
}

// hold takes a place of who in a tally, which release gives back, once. ok is false where who has as many as it may.
func hold[K comparable](s *sockets, t tally[K], who K, most int) (release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.add(who, most) {
		return nil, false
	}
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		t.drop(who)
	}), true
}

// enter takes a place of an address, before it is known who asks.
func (s *sockets) enter(address string, most int) (release func(), ok bool) {
	return hold(s, s.ofAddress, address, most)
}

// subscribe takes a place among the subscriptions of whose session it is until ctx ends. ok is false where it has as many as it may. Nobody has no session,
// and may subscribe to nothing.
func (s *sockets) subscribe(ctx context.Context, most int) (ok bool) {
	identity, signedIn := sessions.Of(ctx)
	if !signedIn {
		return true
	}
	release, ok := hold(s, s.subscriptions, identity.SessionID, most)
	if ok {
		context.AfterFunc(ctx, release)
	}
	return ok
}

// add registers a connection until release: over is called when its session is over, leave when the server stops, which may be at once. ok is false
// where the session has as many as it may.
func (s *sockets) add(ctx context.Context, watch *sessions.Watch, most int, over, leave func()) (release func(), ok bool) {
	free, unwatch := func() {}, func() {}
	if identity, signedIn := sessions.Of(ctx); signedIn {
		if free, ok = hold(s, s.ofSession, identity.SessionID, most); !ok {
			return nil, false
		}
		unwatch = watch.Add(identity, over)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		go leave()
	}
	s.open[&leave] = struct{}{}
	return func() {
		unwatch()
		free()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, &leave)
	}, true
}

func (s *sockets) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

func (s *sockets) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for leave := range s.open {
		go (*leave)()
	}
}
