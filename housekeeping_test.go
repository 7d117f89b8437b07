package main

import (
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
		`INSERT INTO challenges (id, purpose, method, target, locale, message, code_mac, attempts_left, sends, created_at, expires_at, resend_at)
			SELECT gen_random_uuid(), 'LOG_IN', 'SMS', '+7', 'EN', '{}', '', 5, 1, now(), now(), now() FROM generate_series(1, 12000)`,
		`INSERT INTO rate_counters (key_mac, used, ends_at) VALUES ('a', 1, now()), ('b', 1, now() + interval '30 days')`,
		`INSERT INTO messages (id, channel, recipient, sealed, created_at, state)
			SELECT gen_random_uuid(), 'SMS', '+7', '', now(), state FROM unnest('{QUEUED,SENT,ABANDONED}'::text[]) AS state`,
		`INSERT INTO registrations (id, token_mac, phone, locale, created_at, expires_at) VALUES (gen_random_uuid(), 'a', '+7', 'EN', now(), now())`,
	} {
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (n int) {
		err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM challenges) + (SELECT count(*) FROM rate_counters)
			+ (SELECT count(*) FROM messages) + (SELECT count(*) FROM registrations)`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	sweepLeftovers(t.Context(), db, slog.New(slog.DiscardHandler))
	if got := left(); got != 12_006 {
		t.Errorf("%d rows are left of 12,006 that are still kept", got)
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
