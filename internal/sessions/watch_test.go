package sessions_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/sessions"
)

// connection is a socket that somebody watches.
type connection struct {
	ended   chan struct{}
	release func()
}

func watched(t *testing.T, w *sessions.Watch, r room, access string) connection {
	t.Helper()
	identity, err := r.Authenticate(t.Context(), access)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	return connection{ended, w.Add(identity, func() { close(ended) })} // a second end would panic
}

func (c connection) mustEnd(t *testing.T, why string) {
	t.Helper()
	select {
	case <-c.ended:
	case <-time.After(10 * time.Second):
		t.Errorf("the connection did not end: %s", why)
	}
}

func (c connection) hasEnded() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

func TestRow28And30WatchEndsTheConnectionsOfSessionsThatAreOver(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	w := sessions.NewWatch(r.Service, slog.New(slog.DiscardHandler))
	anna, boris := r.anna(t), r.person(t, "+79007654321", "boris@example.com")
	loggedOut, going, closed := r.open(t, anna, false), r.open(t, anna, false), r.open(t, boris, false)
	first, second := watched(t, w, r, loggedOut.Access), watched(t, w, r, loggedOut.Access)
	stays, released, ofClosed := watched(t, w, r, going.Access), watched(t, w, r, loggedOut.Access), watched(t, w, r, closed.Access)
	w.Sweep(t.Context())

	released.release()
	if err := r.LogOut(t.Context(), loggedOut.Session.AccountID, loggedOut.Session.ID); err != nil {
		t.Fatal(err)
	}
	r.exec(t, `UPDATE accounts SET status = 'CLOSED' WHERE id = $1`, boris.ID)
	for range 2 {
		w.Sweep(t.Context())
	}
	first.mustEnd(t, "the person logged out")
	second.mustEnd(t, "the person logged out")
	ofClosed.mustEnd(t, "the account was closed")
	if stays.hasEnded() || released.hasEnded() {
		t.Error("a connection of a live session, or one that is watched no longer, was ended")
	}

	r.clock.Advance(accessTTL)
	w.Sweep(t.Context())
	stays.mustEnd(t, "its access token has expired")
}

func TestWatchSurvivesADatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	w := sessions.NewWatch(r.Service, slog.New(slog.DiscardHandler))
	stays := watched(t, w, r, r.open(t, r.anna(t), false).Access)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	w.Sweep(gone)
	w.Run(gone) // returns at once
	if stays.hasEnded() {
		t.Error("a connection was ended without knowing why")
	}
}

func TestIdentityTravelsInTheContext(t *testing.T) {
	t.Parallel()
	if _, ok := sessions.Of(t.Context()); ok {
		t.Error("nobody is somebody")
	}
	_, err := sessions.Require(t.Context())
	wantFault(t, err, fault.Unauthenticated)
	identity := sessions.Identity{ExpiresAt: time.Unix(1, 0)}
	if got, err := sessions.Require(sessions.WithIdentity(t.Context(), identity)); err != nil || !got.ExpiresAt.Equal(identity.ExpiresAt) {
		t.Errorf("it came out as %+v, %v", got, err)
	}
}
