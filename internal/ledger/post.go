package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"purser/internal/events"
	"purser/internal/postgres"
	"purser/models"
)

// A group is tried for about ten seconds: as long as Postgres needs to come back after a crash, and less than a client waits.
const (
	postAttempts = 24
	postPause    = 500 * time.Millisecond // at most, between two attempts

	lockedAttempts = 3 // each waits for the posters' lock_timeout

	// Together longer than the posters' lock_timeout: another poster that waits for the stuck row holds others until then.
	aroundAttempts = 12
	aroundPause    = 200 * time.Millisecond
)

// postWithRetry posts a group until Postgres has said yes or no. After a lost connection nobody knows whether the commit
// happened, so the group is judged again: what is found stored under its own id was posted, and is answered so.
func (p *poster) postWithRetry(ctx context.Context, group []Posting) (verdicts []*verdict, err error) {
	skipLocked, doubt, locked := false, false, 0
	for attempt := 1; ; attempt++ {
		if skipLocked {
			verdicts, err = p.postAround(ctx, group)
		} else {
			verdicts, err = p.post(ctx, group, false)
		}
		if err == nil {
			return verdicts, nil
		}
		p.close() // whatever state it is in
		doubt = doubt || !wasUndone(err) || anyPosted(verdicts)
		if isLocked(err) {
			skipLocked = true // somebody sits on a row
			if locked++; locked == lockedAttempts && !doubt {
				return refuseAll(group), nil // or on a whole table: a migration, say
			}
			continue
		}
		if attempt == postAttempts || ctx.Err() != nil || !worthRepeating(err) {
			return nil, fmt.Errorf("ledger: post: %w", err)
		}
		p.ledger.log.Warn("a group of postings is tried again", "attempt", attempt, "error", err)
		wait := min(time.Duration(attempt*attempt)*10*time.Millisecond, postPause)
		select {
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // spreads load, guards nothing
		case <-ctx.Done():
		}
	}
}

// wasUndone tells that Postgres refused the transaction and lives: nothing of it is there. Any other error leaves that open.
func wasUndone(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code[:2] != "57" && pgErr.Code[:2] != "08"
}

func anyPosted(verdicts []*verdict) bool {
	return slices.ContainsFunc(verdicts, func(v *verdict) bool { return v != nil && v.posted })
}

func refuseAll(group []Posting) []*verdict {
	verdicts := make([]*verdict, len(group))
	for i := range group {
		verdicts[i] = &verdict{missing: true, refusal: overloaded()}
	}
	return verdicts
}

// worthRepeating: a deadlock or serialization failure, a key that another server took between our look and our insert, a
// server that is starting or stopping, a lock that was not to be had, or a connection that was lost.
func worthRepeating(err error) bool {
	if isLocked(err) || postgres.IsRetryable(err) || postgres.Violates(err, "transfers_idempotency_key") {
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

func isBrokenConn(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "conn closed")
}

// postAround posts a group around rows that somebody sits on. What needs a row that is held this moment is tried a few times more,
// since other posters hold rows too, for a moment; what still is not to be had is refused, and has not happened.
func (p *poster) postAround(ctx context.Context, group []Posting) ([]*verdict, error) {
	verdicts := make([]*verdict, len(group))
	left := make([]int, len(group))
	for i := range group {
		left[i] = i
	}
	for range aroundAttempts {
		part := make([]Posting, len(left))
		for i, at := range left {
			part[i] = group[at]
		}
		judged, err := p.post(ctx, part, true)
		if err != nil {
			return verdicts, err // what was posted already is found again, under its own id
		}
		var missed []int
		for i, at := range left {
			if verdicts[at] = judged[i]; judged[i].missing {
				missed = append(missed, at)
			}
		}
		if left = missed; len(left) == 0 {
			break
		}
		time.Sleep(aroundPause/2 + rand.N(aroundPause)) //nolint:gosec // lets others finish
	}
	return verdicts, nil
}

// isLocked tells that a lock was not to be had in time.
func isLocked(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "55P03"
}

// post judges and writes one group in one transaction, in two round trips: one that begins, locks and reads, and one that
// writes everything and commits. It locks wallets in id order, then stored transfers in id order, then the event heads in
// account order: whoever follows that order cannot deadlock with it.
func (p *poster) post(ctx context.Context, group []Posting, skipLocked bool) ([]*verdict, error) {
	if err := p.ready(ctx); err != nil {
		return nil, err
	}
	b := newBook(p.ledger.db.Now(), p.fees)
	b.skipLocked = skipLocked
	if err := b.open(ctx, p.conn, group); err != nil {
		return nil, err
	}
	verdicts := make([]*verdict, len(group))
	posted := false
	for i, posting := range group {
		verdicts[i] = b.judge(posting)
		posted = posted || verdicts[i].posted
	}
	if !posted {
		_, err := p.conn.Exec(ctx, `ROLLBACK`)
		return verdicts, err
	}
	if err := b.write(ctx, p.conn, verdicts); err != nil {
		return nil, err
	}
	return verdicts, nil
}

// open begins a transaction, and locks and reads all that a group is judged by.
func (b *book) open(ctx context.Context, conn *pgx.Conn, group []Posting) error {
	ids := make([]int64, 0, 2*len(group)+len(b.fees))
	var accounts, keys, stored, policed []uuid.UUID
	for _, p := range group {
		ids = append(ids, p.Transfer.FromWalletID, p.Transfer.ToWalletID)
		if p.Transfer.Fee > 0 {
			ids = append(ids, b.fees[p.Transfer.Currency])
		}
		if p.Stored {
			stored = append(stored, p.Transfer.ID)
		} else {
			accounts, keys = append(accounts, p.Transfer.AccountID), append(keys, p.Transfer.IdempotencyKey)
		}
		if p.Policed {
			policed = append(policed, p.Transfer.FromAccountID)
		}
	}
	slices.Sort(ids)

	batch := &pgx.Batch{}
	batch.Queue(`BEGIN`)
	b.queueLocks(batch, slices.Compact(ids))
	if len(keys) > 0 {
		b.queueKeys(batch, accounts, keys)
	}
	if len(stored) > 0 {
		b.queueStored(batch, stored)
	}
	if len(policed) > 0 {
		b.queuePolicies(batch, policed)
		b.queueSenders(batch, policed)
	}
	return conn.SendBatch(ctx, batch).Close()
}

// write sends everything a group decided, and the commit, in one round trip.
func (b *book) write(ctx context.Context, conn *pgx.Conn, verdicts []*verdict) error {
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
	events.Queue(batch, b.now, drafts...)
	batch.Queue(`COMMIT`)
	return conn.SendBatch(ctx, batch).Close()
}
