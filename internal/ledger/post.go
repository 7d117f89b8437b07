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
	"purser/internal/notices"
	"purser/internal/postgres"
	"purser/models"
)

// A group is tried for about ten seconds: as long as Postgres needs to come back after a crash, and less than a client waits.
const (
	postAttempts = 24
	postPause    = 500 * time.Millisecond // at most, between two attempts
)

// postWithRetry posts a group until Postgres has said yes or no. After a lost connection nobody knows whether the commit
// happened: its jobs are in doubt, and the group is judged again. What is found stored under its own id was posted, and is answered so.
// When a row was not to be had in time, the group goes around it: what needs it is told missing.
func (p *poster) postWithRetry(ctx context.Context, group []*job) (verdicts []*verdict, err error) {
	for attempt := 1; ; attempt++ {
		cautious := p.ledger.queue.isCautious()
		if verdicts, err = p.post(ctx, group, cautious); err == nil {
			p.ledger.groups.Add(1)
			p.ledger.postings.Add(int64(len(group)))
			return verdicts, nil
		}
		p.ledger.repeats.Add(1)
		p.close() // whatever state it is in
		if p.writing && !wasUndone(err) {
			for _, j := range group {
				j.doubt = true
			}
		}
		if isLocked(err) {
			p.ledger.queue.beCautious()
			if !cautious {
				continue
			}
			return nil, err // no row of ours: a whole table, or a key that somebody else is just using
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

// worthRepeating: a deadlock or serialization failure, a key that another server took between our look and our insert, a server
// that is starting, stopping, out of room or not the primary yet, a connection that was lost, or that Postgres ended because we were
// frozen.
func worthRepeating(err error) bool {
	var connectErr *pgconn.ConnectError
	if postgres.IsRetryable(err) || postgres.Violates(err, "transfers_idempotency_key") || errors.As(err, &connectErr) {
		return true
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		class := pgErr.Code[:2] // operator intervention, connection exception, insufficient resources
		return class == "57" || class == "08" || class == "53" || pgErr.Code == "25P03" || pgErr.Code == "25006"
	}
	var netErr net.Error
	return errors.As(err, &netErr) || pgconn.SafeToRetry(err) || errors.Is(err, net.ErrClosed) || isBrokenConn(err)
}

func isBrokenConn(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "conn closed")
}

// isLocked tells that a lock was not to be had in time.
func isLocked(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "55P03"
}

// post judges and writes one group in one transaction, in two round trips: one that begins, locks and reads, and one that
// writes everything and commits. It locks wallets in id order, then stored transfers in id order, then the event heads in
// account order: whoever follows that order cannot deadlock with it.
func (p *poster) post(ctx context.Context, group []*job, skipLocked bool) ([]*verdict, error) {
	p.writing = false
	if err := p.ready(ctx); err != nil {
		return nil, err
	}
	b := newBook(p.ledger.db.Now(), p.till)
	b.skipLocked = skipLocked
	postings := make([]Posting, len(group))
	for i, j := range group {
		postings[i] = j.posting
	}
	if err := b.open(ctx, p.conn, postings); err != nil {
		return nil, err
	}
	verdicts := make([]*verdict, len(group))
	posted := false
	for i, posting := range postings {
		verdicts[i] = b.judge(posting)
		posted = posted || verdicts[i].posted
	}
	if !posted {
		_, err := p.conn.Exec(ctx, `ROLLBACK`)
		return verdicts, err
	}
	p.writing = true
	if err := b.write(ctx, p.conn, verdicts); err != nil {
		return nil, err
	}
	return verdicts, nil
}

// open begins a transaction, and locks and reads all that a group is judged by.
func (b *book) open(ctx context.Context, conn querier, group []Posting) error {
	ids := make([]int64, 0, 4*len(group))
	var accounts, keys, stored, heads []uuid.UUID
	var policed []pocket
	for _, p := range group {
		t := p.Transfer
		ids = append(ids, b.till.walletsOf(t)...)
		if p.Stored {
			stored = append(stored, t.ID)
		} else {
			accounts, keys = append(accounts, t.AccountID), append(keys, t.IdempotencyKey)
		}
		if t.RefundOf != nil {
			stored = append(stored, *t.RefundOf)
		}
		if p.Policed {
			policed = append(policed, pocket{t.FromAccountID, t.Currency})
		}
		heads = append(heads, t.FromAccountID, t.ToAccountID)
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
		b.queueSenders(batch, policed)
	}
	if b.skipLocked {
		b.queueHeads(batch, heads)
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return b.screen(ctx, conn, group)
}

// write sends everything a group decided, and the commit, in one round trip.
func (b *book) write(ctx context.Context, conn *pgx.Conn, verdicts []*verdict) error {
	var inserted []models.Transfer
	var drafts []events.Draft
	for _, v := range verdicts {
		if v.posted && v.insert {
			inserted = append(inserted, v.outcome.Transfer)
		}
		drafts = append(drafts, v.news...)
	}

	batch := &pgx.Batch{}
	queueTransfers(batch, inserted, b.now)
	b.queueChanged(batch)
	queueEntries(batch, b.entries)
	queueWallets(batch, b)
	b.queueIncoming(batch)
	b.queueSpending(batch)
	notices.Queue(batch, b.now, b.tell(verdicts)...)
	events.Queue(batch, b.now, drafts...)
	batch.Queue(`COMMIT`)
	return conn.SendBatch(ctx, batch).Close()
}
