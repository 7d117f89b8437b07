package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"purser/internal/events"
	"purser/internal/postgres"
	"purser/models"
)

const postAttempts = 8

// postWithRetry posts a group until Postgres has said yes or no. After a lost connection nobody knows whether the commit
// happened, so the group is judged again: what is found stored under its own id was posted, and is answered so.
func (l *Ledger) postWithRetry(ctx context.Context, group []Posting) (verdicts []*verdict, touched []uuid.UUID, err error) {
	for attempt := 1; ; attempt++ {
		verdicts, err = l.post(ctx, group)
		if err == nil {
			return verdicts, accountsOf(verdicts), nil
		}
		if attempt == postAttempts || ctx.Err() != nil || !worthRepeating(err) {
			return nil, nil, fmt.Errorf("ledger: post: %w", err)
		}
		l.log.Warn("a group of postings is tried again", "attempt", attempt, "error", err)
		wait := time.Duration(attempt*attempt) * 10 * time.Millisecond
		select {
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // spreads load, guards nothing
		case <-ctx.Done():
		}
	}
}

// worthRepeating: a deadlock or serialization failure, a key that another server took between our look and our insert, a
// server that is starting or stopping, or a connection that was lost.
func worthRepeating(err error) bool {
	if postgres.IsRetryable(err) || postgres.Violates(err, "transfers_idempotency_key") {
		return true
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code[:2] == "57" || pgErr.Code[:2] == "08" // operator intervention, connection exception
	}
	var netErr net.Error
	var connectErr *pgconn.ConnectError
	return errors.As(err, &netErr) || errors.As(err, &connectErr) || pgconn.SafeToRetry(err) ||
		errors.Is(err, net.ErrClosed) || isBrokenConn(err)
}

// post judges and writes one group in one transaction. It locks wallets in id order, then stored transfers in id order, then
// the event heads in account order: whoever follows that order cannot deadlock with it.
func (l *Ledger) post(ctx context.Context, group []Posting) (verdicts []*verdict, err error) {
	tx, err := l.db.Pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // does nothing after the commit

	b, err := open(ctx, tx, l.db.Now(), group)
	if err != nil {
		return nil, err
	}
	verdicts = make([]*verdict, len(group))
	posted := 0
	for i, p := range group {
		verdicts[i] = b.judge(p)
		if verdicts[i].posted {
			posted++
		}
	}
	if posted == 0 {
		return verdicts, nil
	}
	if err := write(ctx, tx, b, verdicts); err != nil {
		return nil, err
	}
	return verdicts, tx.Commit(ctx)
}

// open locks and reads all that a group is judged by.
func open(ctx context.Context, tx pgx.Tx, now time.Time, group []Posting) (*book, error) {
	b := &book{
		now: now, wallets: map[int64]*models.Wallet{}, fees: map[string]int64{},
		byKey: map[key]models.Transfer{}, stored: map[uuid.UUID]models.Transfer{},
	}
	var ids []int64
	var currencies []string
	var accounts, keys, stored []uuid.UUID
	for _, p := range group {
		ids = append(ids, p.Transfer.FromWalletID, p.Transfer.ToWalletID)
		if p.Transfer.Fee > 0 {
			currencies = append(currencies, p.Transfer.Currency)
		}
		if p.Stored {
			stored = append(stored, p.Transfer.ID)
		} else {
			accounts, keys = append(accounts, p.Transfer.AccountID), append(keys, p.Transfer.IdempotencyKey)
		}
	}
	slices.Sort(ids)
	slices.Sort(currencies)
	if err := b.lockWallets(ctx, tx, slices.Compact(ids), slices.Compact(currencies)); err != nil {
		return nil, err
	}
	return b, b.readTransfers(ctx, tx, accounts, keys, stored)
}

// write sends everything a group decided in one round trip.
func write(ctx context.Context, tx pgx.Tx, b *book, verdicts []*verdict) error {
	var inserted, updated []models.Transfer
	var drafts []events.Draft
	for _, v := range verdicts {
		switch {
		case v.posted && v.insert:
			inserted = append(inserted, v.outcome.Transfer)
		case v.posted:
			updated = append(updated, v.outcome.Transfer)
		}
		drafts = append(drafts, v.news...)
	}

	batch := &pgx.Batch{}
	queueTransfers(batch, inserted, updated, b.now)
	queueEntries(batch, b.entries)
	queueWallets(batch, b)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return events.Append(ctx, tx, b.now, drafts...)
}
