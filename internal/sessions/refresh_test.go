package sessions_test

import (
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/sessions"
)

func (r room) refresh(t *testing.T, token string) sessions.Tokens {
	t.Helper()
	tokens, err := r.Refresh(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestRow26RefreshRotatesTheToken(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.open(t, r.anna(t), false)
	r.clock.Advance(time.Hour)
	if r.alive(t, first.Access) {
		t.Error("an access token lives for an hour")
	}
	second := r.refresh(t, first.Refresh)
	if second.Refresh == first.Refresh || len(second.Refresh) != 43 || second.Session.ID != first.Session.ID || !r.alive(t, second.Access) {
		t.Errorf("refreshed: %+v", second)
	}
	if want := r.clock.Now().Add(refreshTTL); !second.RefreshExpiresAt.Equal(want) || !second.Session.ExpiresAt.Equal(want) || !second.Session.LastSeenAt.Equal(r.clock.Now()) {
		t.Errorf("the session is prolonged until %s, want %s", second.RefreshExpiresAt, want)
	}
	if third := r.refresh(t, second.Refresh); third.Refresh == second.Refresh || third.Refresh == first.Refresh {
		t.Error("a token came back")
	}

	var dump string
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT string_agg(x::text, '') FROM refresh_tokens x`).Scan(&dump); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{first.Refresh, second.Refresh} {
		if strings.Contains(dump, token) || strings.Contains(dump, hex.EncodeToString([]byte(token))) {
			t.Error("a token stands in the database")
		}
	}
}

func TestRow27ALostAnswerIsGivenAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.open(t, r.anna(t), false)
	lost := r.refresh(t, first.Refresh)
	r.clock.Advance(grace)
	if again := r.refresh(t, first.Refresh); again.Refresh != lost.Refresh || !r.alive(t, again.Access) {
		t.Error("the repeat got another token")
	}
	r.refresh(t, lost.Refresh)
}

func TestRow27ReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	for what, wait := range map[string]func(room, sessions.Tokens){
		"after the grace":                 func(r room, _ sessions.Tokens) { r.clock.Advance(grace + time.Second) },
		"when its successor is used, too": func(r room, next sessions.Tokens) { r.refresh(t, next.Refresh) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			first := r.open(t, r.anna(t), false)
			other := r.open(t, first.Account, false)
			second := r.refresh(t, first.Refresh)
			wait(r, second)
			if !r.alive(t, second.Access) {
				t.Error("the session ended before")
			}
			_, err := r.Refresh(t.Context(), first.Refresh)
			wantFault(t, err, fault.SessionExpired)
			_, err = r.Refresh(t.Context(), second.Refresh)
			wantFault(t, err, fault.SessionExpired)
			if r.aliveNow(t, second.Access) {
				t.Error("the access token goes on")
			}
			if !r.alive(t, other.Access) {
				t.Error("the person's other session ended as well")
			}
		})
	}
}

func TestRow27TenRefreshesAtOnceGetOneAnswer(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	first := one.open(t, one.anna(t), false)
	answers := make(chan sessions.Tokens, 10)
	var running sync.WaitGroup
	for i := range 10 {
		running.Go(func() {
			tokens, err := []room{one, two}[i%2].Refresh(t.Context(), first.Refresh)
			if err != nil {
				t.Error(err)
			}
			answers <- tokens
		})
	}
	running.Wait()
	close(answers)
	successors := map[string]bool{}
	for tokens := range answers {
		successors[tokens.Refresh] = true
		if !one.alive(t, tokens.Access) {
			t.Error("an access token is dead at once")
		}
	}
	if len(successors) != 1 {
		t.Errorf("%d different tokens were given out", len(successors))
	}
	for token := range successors {
		two.refresh(t, token)
	}
}

func TestASessionEndsWhenItIsNotUsed(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	tokens := r.open(t, r.anna(t), false)
	r.clock.Advance(refreshTTL - time.Second)
	tokens = r.refresh(t, tokens.Refresh)
	r.clock.Advance(refreshTTL)
	_, err := r.Refresh(t.Context(), tokens.Refresh)
	wantFault(t, err, fault.SessionExpired)
}

func TestRow25OnlyARefreshTokenRefreshes(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	tokens := r.open(t, r.anna(t), true)
	for what, token := range map[string]string{
		"an access token": tokens.Access, "a trust token": tokens.DeviceTrust, "a session's id": tokens.Session.ID.String(),
		"nothing": "", "NUL": "\x00", "much": strings.Repeat("x", 1<<16), "the token and more": tokens.Refresh + "x",
	} {
		if _, err := r.Refresh(t.Context(), token); !fault.Is(err, fault.SessionExpired) {
			t.Errorf("%s: %v", what, err)
		}
	}
	r.refresh(t, tokens.Refresh)
}

func TestLogOutEndsTheSessionAtBothServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	anna := one.anna(t)
	tokens, other := one.open(t, anna, false), one.open(t, anna, false)
	if !one.alive(t, tokens.Access) || !two.alive(t, tokens.Access) {
		t.Error("a server does not know the token")
	}
	for range 2 { // a repeat does nothing
		if err := two.LogOut(t.Context(), tokens.Session.AccountID, tokens.Session.ID); err != nil {
			t.Fatal(err)
		}
	}
	if two.aliveNow(t, tokens.Access) {
		t.Error("the access token goes on where the person logged out")
	}
	if one.alive(t, tokens.Access) {
		t.Error("the access token goes on at the other server")
	}
	_, err := one.Refresh(t.Context(), tokens.Refresh)
	wantFault(t, err, fault.SessionExpired)
	if !one.alive(t, other.Access) {
		t.Error("the other session ended as well")
	}
	if err := one.LogOut(t.Context(), uuid.New(), uuid.New()); err != nil {
		t.Errorf("nobody's session: %v", err)
	}
}

func TestFindManyShowsOnesOwnSessions(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.anna(t), r.person(t, "+79007654321", "boris@example.com")
	mine, theirs := r.open(t, anna, false), r.open(t, boris, false)
	found, err := r.FindMany(t.Context(), anna.ID, []uuid.UUID{mine.Session.ID, theirs.Session.ID, uuid.New()})
	if err != nil || len(found) != 1 || found[mine.Session.ID].Device.Name != "Pixel 9" {
		t.Errorf("found: %+v, %v", found, err)
	}
	if none, err := r.FindMany(t.Context(), anna.ID, nil); err != nil || len(none) != 0 {
		t.Errorf("of no ids were found: %+v, %v", none, err)
	}
}
