package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

func TestLeftoversAreDeletedAndNothingElse(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	db := pgtest.NewWith(t, postgres.Options{Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	for _, sql := range []string{
		`INSERT INTO challenges (id, purpose, method, locale, code_mac, attempts_left, sends, created_at, expires_at, resend_at)
			SELECT gen_random_uuid(), 'LOG_IN', 'SMS', 'EN', '', 5, 1, now(), now(), now() FROM generate_series(1, 12000)`,
		`INSERT INTO rate_counters (key_mac, used, ends_at) VALUES ('a', 1, now()), ('b', 1, now() + interval '30 days')`,
		`INSERT INTO messages (id, channel, sealed, created_at, state)
			SELECT gen_random_uuid(), 'SMS', '', now(), state FROM unnest('{QUEUED,SENT,ABANDONED}'::text[]) AS state`,
		`INSERT INTO passkey_ceremonies (id, kind, subject, challenge, created_at, expires_at) VALUES (gen_random_uuid(), 'LOG_IN', '', '', now(), now())`,
		`INSERT INTO registrations (id, token_mac, locale, created_at, expires_at) VALUES (gen_random_uuid(), 'a', 'EN', now(), now())`,
	} {
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (n int) {
		err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM challenges) + (SELECT count(*) FROM rate_counters)
			+ (SELECT count(*) FROM messages) + (SELECT count(*) FROM registrations) + (SELECT count(*) FROM passkey_ceremonies)`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	sweepLeftovers(t.Context(), db, slog.New(slog.DiscardHandler))
	if got := left(); got != 12_007 {
		t.Errorf("%d rows are left of 12,007 that are still kept", got)
	}
	ahead.Store(int64(8 * 24 * time.Hour))
	sweepLeftovers(t.Context(), db, slog.New(slog.DiscardHandler))
	if got := left(); got != 1 {
		t.Errorf("%d rows are left, want the counter that still runs", got)
	}
	var accounts, wallets int
	err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM wallets)`).Scan(&accounts, &wallets)
	if err != nil || accounts != 1 || wallets != 18 {
		t.Errorf("%d accounts, %d wallets, %v", accounts, wallets, err)
	}
}

// TestARefusedAttemptStaysForItsTime has one from 89 days ago and one from 91.
func TestARefusedAttemptStaysForItsTime(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), `INSERT INTO refused_transfers (id, account_id, from_number, recipient, amount, code, refused_at)
		SELECT gen_random_uuid(), a.id, 'Z000000000019', days::text, 1, 'INSUFFICIENT_FUNDS', now() - days * interval '1 day'
		FROM accounts a CROSS JOIN unnest('{89,91}'::int[]) AS days`)
	if err != nil {
		t.Fatal(err)
	}
	sweepLeftovers(t.Context(), db, slog.New(slog.DiscardHandler))
	var left string
	if err := db.Pool.QueryRow(t.Context(), `SELECT string_agg(recipient, ',') FROM refused_transfers`).Scan(&left); err != nil || left != "89" {
		t.Errorf("left is what is %s days old, %v", left, err)
	}
}

// TestWhatIsRenewedMeanwhileIsNotDeleted renews a counter that has run out while the sweep is already waiting for its row.
func TestWhatIsRenewedMeanwhileIsNotDeleted(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO rate_counters (key_mac, used, ends_at) VALUES ('a', 1, now() - interval '30 days')`); err != nil {
		t.Fatal(err)
	}
	renewing, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer renewing.Rollback(context.Background()) //nolint:errcheck // after the commit there is nothing to undo
	if _, err := renewing.Exec(t.Context(), `UPDATE rate_counters SET used = 2, ends_at = now() + interval '1 day'`); err != nil {
		t.Fatal(err)
	}
	swept := make(chan struct{})
	go func() { sweepLeftovers(t.Context(), db, slog.New(slog.DiscardHandler)); close(swept) }()
	for deadline, blocked := time.Now().Add(patience), false; !blocked; {
		err := db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&blocked)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the sweep does not wait for the row: %v", err)
		}
	}
	if err := renewing.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-swept
	var used int
	if err := db.Pool.QueryRow(t.Context(), `SELECT used FROM rate_counters`).Scan(&used); err != nil || used != 2 {
		t.Errorf("the renewed counter is at %d: %v", used, err)
	}
}
