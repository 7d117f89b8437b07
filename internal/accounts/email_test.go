package accounts_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

// unverified is an account whose letter has just been sent.
func (r room) unverified(t *testing.T) (account models.Account, token string) {
	t.Helper()
	account = r.account(t, phone, "anna@example.com")
	if _, err := r.RequestEmailVerification(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	return account, r.link(t, "anna@example.com")
}

func TestRow18ALinkConfirmsOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, token := r.unverified(t)
	if kept := r.count(t, `SELECT count(*) FROM email_verifications e WHERE e::text LIKE '%' || $1 || '%' OR token_mac = $2`, token, []byte(token)); kept != 0 || len(token) < 43 {
		t.Errorf("the token %q is short or kept as it is", token)
	}
	confirmed, err := r.VerifyEmail(t.Context(), token)
	if err != nil || confirmed.ID != account.ID || confirmed.EmailVerifiedAt == nil || !confirmed.EmailVerifiedAt.Equal(r.clock.Now()) {
		t.Errorf("confirmed: %+v, %v", confirmed, err)
	}
	if kept, err := r.Find(t.Context(), account.ID); err != nil || kept.EmailVerifiedAt == nil {
		t.Errorf("kept: %v, %v", kept.EmailVerifiedAt, err)
	}
	if n := r.count(t, `SELECT count(*) FROM events WHERE account_id = $1 AND kind = 'ACCOUNT_CHANGED'`, account.ID); n != 1 {
		t.Errorf("%d events tell of it", n)
	}
	wantFaults(t, second(r.VerifyEmail(t.Context(), token)), "CODE_EXPIRED token")

	if _, err := r.RequestEmailVerification(t.Context(), account.ID); err != nil { // nothing left to do
		t.Error(err)
	}
	if again := r.link(t, "anna@example.com"); again != token {
		t.Error("another letter was sent for a confirmed address")
	}
}

func TestRow18TwentyUsesOfOneLinkAreOne(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, token := r.unverified(t)
	answers := atOnce(20, func(int) error { return second(r.VerifyEmail(t.Context(), token)) })
	if answers[""] != 1 || answers[fault.CodeExpired] != 19 {
		t.Errorf("answers: %v, want one success", answers)
	}
	if n := r.count(t, `SELECT count(*) FROM events WHERE account_id = $1`, account.ID); n != 1 {
		t.Errorf("%d events tell of it", n)
	}
}

func TestRow18ALinkEndsWithItsTime(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, token := r.unverified(t)
	r.clock.Advance(linkTTL)
	for _, dead := range []string{token, "", "never was", "\x00", strings.Repeat("x", 1<<16)} {
		wantFaults(t, second(r.VerifyEmail(t.Context(), dead)), "CODE_EXPIRED token")
	}
	if _, err := r.RequestEmailVerification(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(linkTTL - time.Second)
	if _, err := r.VerifyEmail(t.Context(), r.link(t, "anna@example.com")); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
}

func TestRow18AnotherLetterVoidsTheLink(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, old := r.unverified(t)
	if _, err := r.RequestEmailVerification(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	wantFaults(t, second(r.VerifyEmail(t.Context(), old)), "CODE_EXPIRED token")
	if _, err := r.VerifyEmail(t.Context(), r.link(t, "anna@example.com")); err != nil {
		t.Errorf("the new link: %v", err)
	}
}

func TestRow18AChangedAddressVoidsTheLink(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, token := r.unverified(t)
	_, err := r.db.Pool.Exec(t.Context(), `UPDATE accounts SET email_mac = $2 WHERE id = $1`, account.ID, r.db.Lookup("email", "new@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	wantFaults(t, second(r.VerifyEmail(t.Context(), token)), "CODE_EXPIRED token")
	if kept, err := r.Find(t.Context(), account.ID); err != nil || kept.EmailVerifiedAt != nil {
		t.Errorf("the new address counts as confirmed: %v, %v", kept.EmailVerifiedAt, err)
	}
}

func TestLettersOfOneAccountAreBounded(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, _ := r.unverified(t)
	for range 9 {
		if _, err := r.RequestEmailVerification(t.Context(), account.ID); err != nil {
			t.Fatal(err)
		}
	}
	wantFaults(t, second(r.RequestEmailVerification(t.Context(), account.ID)), "RATE_LIMITED")
	last := r.link(t, "anna@example.com")
	if _, err := r.VerifyEmail(t.Context(), last); err != nil {
		t.Errorf("a refused request voided the last link: %v", err)
	}
	if err := second(r.RequestEmailVerification(t.Context(), uuid.New())); err == nil {
		t.Error("nobody got a letter")
	}
}

func TestLettersAndLinksAtOnceDoNotDeadlock(t *testing.T) {
	t.Parallel()
	var seen deadlocks
	r := newRoomTraced(t, &seen)
	account, token := r.unverified(t)
	answers := atOnce(8, func(i int) error {
		if i%2 == 0 {
			return second(r.VerifyEmail(t.Context(), token))
		}
		return second(r.RequestEmailVerification(t.Context(), account.ID))
	})
	if answers["?"] != 0 || answers[fault.RateLimited] != 0 || seen.count.Load() != 0 {
		t.Errorf("answers: %v, with %d deadlocks", answers, seen.count.Load())
	}
}

// deadlocks counts those that Postgres reports, though a repeat hides them from the caller.
type deadlocks struct{ count atomic.Int64 }

func (*deadlocks) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (d *deadlocks) TraceQueryEnd(_ context.Context, _ *pgx.Conn, end pgx.TraceQueryEndData) {
	if postgres.IsRetryable(end.Err) {
		d.count.Add(1)
	}
}
