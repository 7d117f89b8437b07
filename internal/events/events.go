// Package events is the log of what an account's devices must learn, and the hub that tells them. Events are appended
// in the transaction of the change they tell of, numbered 1, 2, 3… for each account; subscriptions, and all else that
// brings news, read the log. It never holds the truth: an event names the thing, and the thing is read anew.
package events

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
	"purser/models"
)

// Draft is an event before it has a number.
type Draft struct {
	AccountID uuid.UUID
	Kind      string
	Subject   string
}

// Changed tells an account's devices that something of it is to be read again.
func Changed(account uuid.UUID) Draft {
	return Draft{AccountID: account, Kind: models.EventAccountChanged, Subject: account.String()}
}

// The heads are locked in account order, until the commit: so two transactions cannot deadlock here, and numbers become
// visible in order and without gaps. Call it last in a transaction, after every other lock.
const appendSQL = `
WITH drafts AS (
    SELECT account_id, kind, subject, n
    FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS d (account_id, kind, subject, n)
), counts AS (
    SELECT account_id, count(*) AS added FROM drafts GROUP BY account_id
), heads AS (
    INSERT INTO event_heads AS h (account_id, last_seq)
    SELECT account_id, added FROM counts ORDER BY account_id
    ON CONFLICT (account_id) DO UPDATE SET last_seq = h.last_seq + excluded.last_seq
    RETURNING account_id, last_seq
)
INSERT INTO events (account_id, seq, kind, subject, occurred_at)
SELECT account_id, last_seq - added + row_number() OVER (PARTITION BY account_id ORDER BY n), kind, subject, $4
FROM drafts JOIN counts USING (account_id) JOIN heads USING (account_id)`

// Append writes events in the caller's transaction, in the order given. After the commit, Hub.Publish wakes listeners.
func Append(ctx context.Context, q postgres.Querier, now time.Time, drafts ...Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	if _, err := q.Exec(ctx, appendSQL, arguments(now, drafts)...); err != nil {
		return fmt.Errorf("events: append: %w", err)
	}
	return nil
}

// Queue is Append as a part of a batch.
func Queue(batch *pgx.Batch, now time.Time, drafts ...Draft) {
	if len(drafts) > 0 {
		batch.Queue(appendSQL, arguments(now, drafts)...)
	}
}

func arguments(now time.Time, drafts []Draft) []any {
	accounts := make([]uuid.UUID, len(drafts))
	kinds := make([]string, len(drafts))
	subjects := make([]string, len(drafts))
	for i, d := range drafts {
		accounts[i], kinds[i], subjects[i] = d.AccountID, d.Kind, d.Subject
	}
	return []any{postgres.UUIDs(accounts), kinds, subjects, now}
}

// AppendTx is Append in a GORM transaction.
func AppendTx(tx *postgres.Tx, drafts ...Draft) error {
	return tx.PGX(func(q postgres.Querier) error { return Append(tx.Context(), q, tx.Now, drafts...) })
}

// Accounts are the accounts of the drafts, for Publish.
func Accounts(drafts []Draft) []uuid.UUID {
	ids := make([]uuid.UUID, len(drafts))
	for i, d := range drafts {
		ids[i] = d.AccountID
	}
	return ids
}

// Page reads up to limit of an account's events that follow a number, oldest first.
func Page(ctx context.Context, db *postgres.DB, account uuid.UUID, after int64, limit int) ([]models.Event, error) {
	return pageAfter(ctx, db, account, after, limit)
}

// Head is the number of an account's newest event, 0 when it has none.
func Head(ctx context.Context, db *postgres.DB, account uuid.UUID) (int64, error) {
	heads, err := headsOf(ctx, db, []uuid.UUID{account})
	return heads[account], err
}
