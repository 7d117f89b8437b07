package main

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
)

// crowd fills every growing table by arithmetic, so that each run has the same rows: 10,000 people with two wallets each, and
// what they have done. One of ten transfers goes to one shop. The money does not add up: only plans are made of it.
const crowd = `
SET LOCAL session_replication_role = replica; -- no foreign key is looked up
INSERT INTO accounts (id, wmid, role, status, certificate_level, locale, phone_mac, email_mac,
                      password_hash, security_answer_hash, created_at)
SELECT md5('account' || g)::uuid, lpad((700000000000 + g)::text, 12, '0'), 'PERSON', 'ACTIVE', 'ALIAS', 'EN', decode(md5('phone' || g), 'hex'),
       decode(md5('e-mail' || g), 'hex'), '', '', now() - g * interval '1 minute' FROM generate_series(1, 10000) g;
INSERT INTO wallets (number, account_id, kind, currency, name, is_default, opened_at)
SELECT letter || (900000000000 + g), md5('account' || g)::uuid, 'USER', letter, 'W', true, now()
FROM generate_series(1, 10000) g CROSS JOIN unnest(ARRAY['Z', 'E']) letter;
INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id, from_account_id, to_account_id,
                       amount, fee, fee_paid_by, memo, challenge_id, confirm_by, created_at, posted_at, completed_at)
SELECT (lpad(to_hex(1750000000000 + g * 1000::bigint), 12, '0') || '7' || substr(md5(g::text), 1, 3) || '8' || substr(md5(g::text), 4, 15))::uuid,
       'PAYMENT', CASE WHEN g % 50 = 0 THEN CASE WHEN g % 2000 = 0 THEN 'AWAITING_CONFIRMATION' ELSE 'EXPIRED' END ELSE 'COMPLETED' END,
       md5('account' || f)::uuid, md5('key' || g)::uuid, '', 'Z', 100 + f * 2, 100 + s * 2, md5('account' || f)::uuid, md5('account' || s)::uuid,
       1 + g % 500, g % 2, 'SENDER', 'crowd', md5('challenge' || g)::uuid, CASE WHEN g % 50 = 0 THEN now() - interval '1 day' END,
       now(), CASE WHEN g % 50 <> 0 THEN now() END, CASE WHEN g % 50 <> 0 THEN now() END
FROM (SELECT g, 2 + (g * 7919::bigint) % 9990 AS f, CASE WHEN g % 10 = 0 THEN 1 ELSE 3 + (g * 104729::bigint) % 9989 END AS s
      FROM generate_series(1, 40000) g) AS t WHERE f <> s;
INSERT INTO spending (account_id, currency, day, week, month) SELECT md5('account' || g)::uuid, 'Z', 1, 1, 1 FROM generate_series(1, 10000) g;
UPDATE transfers SET status = 'PROTECTED', completed_at = NULL, protection = 'TIME', protection_days = 10, protected_until = now() + interval '10 days',
       settle_at = now() + interval '10 days' WHERE status = 'COMPLETED' AND ('x' || substr(md5(id::text), 1, 4))::bit(16)::int % 100 = 0;
INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash)
SELECT 100 + (g % 15000), 1 + g / 15000, md5('entry' || g)::uuid, 1, 1, now(), '\x00' FROM generate_series(0, 59999) g;
INSERT INTO event_heads (account_id, last_seq) SELECT md5('account' || g)::uuid, 5 FROM generate_series(1, 10000) g;
INSERT INTO events (account_id, seq, kind, subject, occurred_at)
SELECT md5('account' || g)::uuid, n, 'TRANSFER_SENT', 'x', now() FROM generate_series(1, 10000) g CROSS JOIN generate_series(1, 5) n;
INSERT INTO devices (id, account_id, name, platform, trust_mac, trusted_until, created_at)
SELECT md5('device' || g)::uuid, md5('account' || g)::uuid, 'D', 'IOS', decode(md5('trust' || g), 'hex'), now(), now() FROM generate_series(1, 10000) g;
INSERT INTO sessions (id, account_id, device_id, created_at, last_seen_at, expires_at, access_expires_at, revoked_at)
SELECT md5('session' || g)::uuid, md5('account' || g % 10000 + 1)::uuid, md5('device' || g % 10000 + 1)::uuid, now(), now(), now() + interval '30 days', now(),
       CASE WHEN g % 2 = 0 THEN now() END FROM generate_series(1, 20000) g;
INSERT INTO refresh_tokens (token_mac, session_id, created_at, expires_at)
SELECT decode(md5('refresh' || g), 'hex'), md5('session' || g)::uuid, now(), now() + (g % 30 - 8) * interval '1 day' FROM generate_series(1, 20000) g;
INSERT INTO challenges (id, purpose, method, locale, code_mac, attempts_left, sends, created_at, expires_at, resend_at)
SELECT md5('challenge' || g)::uuid, 'TRANSFER', 'SMS', 'EN', '', 5, 1, now(), now() - g * interval '32 seconds', now() FROM generate_series(1, 20000) g;
INSERT INTO pending_log_ins (challenge_id, account_id, device_name, platform, created_at)
SELECT md5('challenge' || g)::uuid, md5('account' || g)::uuid, 'D', 'IOS', now() FROM generate_series(1, 10000) g;
INSERT INTO rate_counters (key_mac, used, ends_at)
SELECT decode(md5('counter' || g), 'hex'), 1, now() - g * interval '64 seconds' FROM generate_series(1, 10000) g;
INSERT INTO messages (id, channel, recipient_mac, sealed, created_at)
SELECT (lpad(to_hex(1750000000000 + g * 1000::bigint), 12, '0') || '70008000000000000000')::uuid, 'SMS', decode(md5('phone' || g % 10000), 'hex'), '',
       now() - (20000 - g) * interval '32 seconds' FROM generate_series(1, 20000) g;
INSERT INTO registrations (id, token_mac, locale, created_at, expires_at)
SELECT md5('registration' || g)::uuid, decode(md5('registration' || g), 'hex'), 'EN', now(), now() - g * interval '64 seconds' FROM generate_series(1, 10000) g;
INSERT INTO email_verifications (token_mac, account_id, email_mac, created_at, expires_at)
SELECT decode(md5('email' || g), 'hex'), md5('account' || g)::uuid, '', now(), now() - g * interval '64 seconds' FROM generate_series(1, 10000) g;
INSERT INTO agreement_acceptances (account_id, kind, version, accepted_at)
SELECT md5('account' || g)::uuid, kind, version, now() FROM generate_series(1, 10000) g CROSS JOIN agreements;
INSERT INTO confirmation_policies (account_id, currency, without_code_upto) SELECT md5('account' || g)::uuid, 'Z', 100 FROM generate_series(1, 10000) g;
INSERT INTO operator_actions (id, operator_id, action, subject, reference, request_id, created_at)
SELECT md5('action' || g)::uuid, md5('account' || g % 100)::uuid, CASE WHEN g % 100 = 0 THEN 'ACCOUNT_FROZEN' ELSE 'ISSUE' END, 'subject' || g % 5000, 'x', 'x',
       now() - g * interval '1 minute' FROM generate_series(1, 10000) g;
INSERT INTO operator_requests (id, kind, status, operator_id, idempotency_key, fingerprint, wallet_number, currency, amount, reference, created_at, expires_at, decided_by, decided_at)
SELECT md5('ask' || g)::uuid, 'ISSUE', CASE WHEN g % 100 = 0 THEN 'PENDING' ELSE 'APPROVED' END, md5('account' || g)::uuid, md5('key' || g)::uuid, '', 'Z' || (900000000000 + g), 'Z', 1, 'x',
       now(), now() + (g - 9000) * interval '1 minute', CASE WHEN g % 100 <> 0 THEN md5('account' || g + 1)::uuid END, CASE WHEN g % 100 <> 0 THEN now() END FROM generate_series(1, 10000) g;
INSERT INTO blocks (account_id, blocked_id, created_at)
SELECT md5('account' || g)::uuid, md5('account' || 1 + (g + n) % 10000)::uuid, now() FROM generate_series(1, 2000) g CROSS JOIN generate_series(1, 5) n;
INSERT INTO contacts (id, account_id, contact_id, name_sealed, created_at)
SELECT md5('contact' || g || '-' || n)::uuid, md5('account' || g)::uuid, md5('account' || 1 + (g + n) % 10000)::uuid, 'x', now()
FROM generate_series(1, 2000) g CROSS JOIN generate_series(1, 5) n;
INSERT INTO notification_choices (account_id, event, channels) SELECT md5('account' || g)::uuid, 'MONEY_SENT', 'EMAIL' FROM generate_series(1, 10000) g;
INSERT INTO quiet_hours (account_id, from_minute, to_minute, time_zone) SELECT md5('account' || g)::uuid, (later * 60)::integer, (later * 60 + 30)::integer, 'UTC' -- at no hour of the day is anybody told late
  FROM generate_series(1, 10000) g, (SELECT (extract(hour FROM now() AT TIME ZONE 'UTC')::integer + 6) % 24 AS later) l;
INSERT INTO push_devices (id, account_id, session_id, kind, target_mac, name, created_at)
SELECT md5('push' || g)::uuid, md5('account' || g % 10000 + 1)::uuid, md5('session' || g)::uuid, 'WEB_PUSH', decode(md5('push' || g), 'hex'), 'x', now() FROM generate_series(1, 20000) g;
INSERT INTO notices (id, account_id, event, subject, created_at, due_at)
SELECT md5('notice' || g)::uuid, md5('account' || g % 10000 + 1)::uuid, 'NEW_SIGN_IN', 'x', now(), now() + g * interval '1 minute' FROM generate_series(1, 10000) g;
INSERT INTO operator_moves (operator_id, idempotency_key, currency, amount, moved_at)
SELECT md5('account' || g % 100)::uuid, md5('move' || g)::uuid, 'Z', 1, now() - g * interval '1 minute' FROM generate_series(1, 10000) g;
INSERT INTO certificate_requests (id, account_id, level, status, reason, created_at, decided_at)
SELECT md5('request' || g)::uuid, md5('account' || g)::uuid, 'INITIAL', CASE WHEN g % 100 = 0 THEN 'PENDING' ELSE 'APPROVED' END, '', now(),
       CASE WHEN g % 100 <> 0 THEN now() END FROM generate_series(1, 10000) g;
INSERT INTO documents (id, account_id, request_id, kind, content_type, bytes, sealed, created_at)
SELECT md5('document' || g)::uuid, md5('account' || g)::uuid, CASE WHEN g % 100 <> 0 THEN md5('request' || g)::uuid END, 'PASSPORT', 'image/png', 1, '', now()
FROM generate_series(1, 10000) g;
INSERT INTO security_events (id, account_id, kind, device_name, device_platform, network, request_id, occurred_at)
SELECT md5('security' || g)::uuid, md5('account' || g % 1000)::uuid, 'SIGNED_IN', 'x', 'OTHER', '', 'x', now() FROM generate_series(1, 10000) g;
INSERT INTO totp_factors (account_id, sealed_secret, created_at, confirmed_at, last_step, wrong_in_a_row)
SELECT md5('account' || g)::uuid, '', now(), now(), 0, 0 FROM generate_series(1, 10000) g;
INSERT INTO backup_codes (code_mac, account_id, created_at)
SELECT decode(md5('backup' || g || '-' || n), 'hex'), md5('account' || g)::uuid, now() FROM generate_series(1, 2000) g CROSS JOIN generate_series(1, 10) n;
INSERT INTO recoveries (id, token_mac, kind, account_id, answers_left, created_at, expires_at, ended_at)
SELECT md5('recovery' || g)::uuid, decode(md5('recovery' || g), 'hex'), 'PHONE', CASE WHEN g % 2 = 0 THEN md5('account' || g)::uuid END, 5, now(),
       now() - g * interval '64 seconds', CASE WHEN g % 20 <> 0 THEN now() END FROM generate_series(1, 10000) g;
INSERT INTO passkeys (id, account_id, credential_id, public_key, aaguid, transports, sign_count, backup_eligible, backed_up, name, created_at)
SELECT md5('passkey' || g)::uuid, md5('account' || g)::uuid, decode(md5('credential' || g), 'hex'), '', md5('aaguid')::uuid, '', 0, true, true, 'P', now()
FROM generate_series(1, 10000) g;
INSERT INTO passkey_ceremonies (id, kind, account_id, subject, challenge, created_at, expires_at, used_at)
SELECT md5('ceremony' || g)::uuid, CASE WHEN g % 2 = 0 THEN 'ASSERTION' ELSE 'LOG_IN' END, CASE WHEN g % 2 = 0 THEN md5('account' || g)::uuid END, '', '', now(),
       now() - g * interval '64 seconds', CASE WHEN g % 20 <> 0 THEN now() END FROM generate_series(1, 10000) g;
INSERT INTO data_exports (id, account_id, status, attempt, token_mac, chunks, bytes, requested_at, expires_at)
SELECT md5('export' || g)::uuid, md5('account' || g)::uuid, CASE WHEN g % 100 = 0 THEN 'READY' ELSE 'EXPIRED' END, 1,
       CASE WHEN g % 100 = 0 THEN decode(md5('export' || g), 'hex') END, 1, 1, now() - g * interval '64 seconds', now() - g * interval '64 seconds' FROM generate_series(1, 10000) g;
INSERT INTO data_export_chunks (export_id, attempt, n, sealed) SELECT md5('export' || g)::uuid, 1, 0, '' FROM generate_series(1, 10000) g;
INSERT INTO phone_changes (account_id, old_challenge_id, new_challenge_id, created_at)
SELECT md5('account' || g)::uuid, md5('old' || g)::uuid, md5('new' || g)::uuid, now() FROM generate_series(1, 10000) g;
INSERT INTO thaws (account_id, challenge_id) SELECT md5('account' || g)::uuid, md5('thaw' || g)::uuid FROM generate_series(1, 10000) g;
INSERT INTO closings (account_id, challenge_id) SELECT md5('account' || g)::uuid, md5('closing' || g)::uuid FROM generate_series(1, 10000) g;
UPDATE wallets SET version = 5000 WHERE id = 9000;
INSERT INTO turnover_heads (wallet_id, version) SELECT 100 + g, 4 FROM generate_series(0, 14999) g;
INSERT INTO turnovers (wallet_id, month, incoming, outgoing, fees, movements)
SELECT 100 + g, date '2026-01-01' + n * interval '1 month', 1, 1, 0, 2 FROM generate_series(0, 14999) g CROSS JOIN generate_series(0, 2) n;
INSERT INTO refused_transfers (id, account_id, from_number, recipient, amount, code, refused_at)
SELECT (lpad(to_hex(1750000000000 + g * 1000::bigint), 12, '0') || '70008000000000000000')::uuid, md5('account' || g % 1000)::uuid, 'Z900000000001', 'x', 1,
       'INSUFFICIENT_FUNDS', now() - g * interval '13 minutes' FROM generate_series(1, 10000) g;
SET LOCAL default_statistics_target = 700; -- looks at every row, so that plans do not depend on a sample
ANALYZE`

// small are the tables that do not grow with people and what they do. Every other table grows.
var small = map[string]bool{"agreements": true, "currencies": true, "spending_limits": true, "data_keys": true, "goose_db_version": true, "signing_keys": true}

// fill makes a database that has grown, and says which of its tables do.
func fill(t *testing.T, db *postgres.DB) (growing map[string]bool) {
	t.Helper()
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // after the commit there is nothing to undo
	for _, sql := range strings.Split(crowd, ";\n") {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	rows, err := tx.Query(t.Context(), `SELECT relname, reltuples FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'river%'`)
	if err != nil {
		t.Fatal(err)
	}
	growing = map[string]bool{}
	var table string
	var tuples float32
	if _, err := pgx.ForEachRow(rows, []any{&table, &tuples}, func() error {
		if growing[table] = !small[table]; growing[table] && tuples < 10_000 {
			t.Errorf("the table %s grows and has only %.0f rows here: add some to the crowd", table, tuples)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return growing
}
