// Package events is the log of what an account's devices must learn, and the hub that tells them. Events are appended
// in the transaction of the change they tell of, numbered 1, 2, 3… for each account; subscriptions, and all else that
// brings news, read the log. It never holds the truth: an event names the thing, and the thing is read anew.
package events

import (
	"bytes"
	"context"
	"fmt"
	"slices"
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
// visible in order and without gaps. An account without a head has no number, which its column refuses.
const (
	lockSQL    = `SELECT 1 FROM event_heads WHERE account_id = ANY($1) ORDER BY account_id FOR NO KEY UPDATE`
	advanceSQL = `
UPDATE event_heads h SET last_seq = h.last_seq + a.added
FROM unnest($1::uuid[], $2::bigint[]) AS a (account_id, added) WHERE h.account_id = a.account_id`
	insertSQL = `
INSERT INTO events (account_id, seq, kind, subject, occurred_at)
SELECT d.account_id, h.last_seq - d.behind, d.kind, d.subject, $5
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[]) AS d (account_id, behind, kind, subject)
LEFT JOIN event_heads h ON h.account_id = d.account_id`
)

// Queue writes events in the transaction of a batch, in the order given. Call it last, after every other lock. After the
// commit, Hub.Publish wakes listeners. The connection must be one that takes rows in the order of an array (see package
// ledger); AppendTx needs no such care.
func Queue(batch *pgx.Batch, now time.Time, drafts ...Draft) {
	if len(drafts) > 0 {
		queue(batch, now, drafts, heads(drafts))
	}
}

// AppendTx is Queue in a GORM transaction, on any connection.
func AppendTx(tx *postgres.Tx, drafts ...Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	return tx.PGX(func(q postgres.Querier) error {
		batch, accounts := &pgx.Batch{}, heads(drafts)
		if len(accounts) > 1 {
			batch.Queue(lockSQL, postgres.UUIDs(accounts))
		}
		queue(batch, tx.Now, drafts, accounts)
		if err := q.SendBatch(tx.Context(), batch).Close(); err != nil {
			return fmt.Errorf("events: append: %w", err)
		}
		return nil
	})
}

// heads are the accounts of the drafts, each once, in order.
func heads(drafts []Draft) []uuid.UUID {
	accounts := Accounts(drafts)
	slices.SortFunc(accounts, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(accounts)
}

func queue(batch *pgx.Batch, now time.Time, drafts []Draft, accounts []uuid.UUID) {
	left := make(map[uuid.UUID]int64, len(accounts)) // how many of an account's events are still to come
	for _, d := range drafts {
		left[d.AccountID]++
	}
	added := make([]int64, len(accounts))
	for i, account := range accounts {
		added[i] = left[account]
	}
	behind := make([]int64, len(drafts)) // the head, once it has advanced
	kinds, subjects := make([]string, len(drafts)), make([]string, len(drafts))
	for i, d := range drafts {
		left[d.AccountID]--
		behind[i], kinds[i], subjects[i] = left[d.AccountID], d.Kind, d.Subject
	}
	batch.Queue(advanceSQL, postgres.UUIDs(accounts), added)
	batch.Queue(insertSQL, postgres.UUIDs(Accounts(drafts)), behind, kinds, subjects, now)
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
