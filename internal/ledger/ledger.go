// Package ledger posts money: it is the only writer of wallets' balances and of entries, and of a transfer's money. It
// knows wallets by id and accounts by id, no people and no phones.
//
// Transfers that wait at the same moment are posted together: one transaction locks their wallets in id order, judges
// them one after another in Go, writes everything in bulk and commits once. The busier it is, the larger the groups and
// the cheaper each transfer; a wallet that everybody pays is locked once per group. Each transfer gets a verdict of its
// own, and nobody is answered before the commit.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/money"
	"purser/internal/postgres"
	"purser/models"
)

const (
	posters     = 2                // transactions under way at once: one is judged while another is made durable
	queueLength = 4096             // postings that may wait; one more is refused at once
	groupMost   = 512              // postings in one transaction
	groupTime   = 15 * time.Second // of one group with its repeats; what it and answerWait come to, web/keeper/src/api/lost.ts counts on
	answerWait  = 20 * time.Second // an answer comes sooner, or the outcome is unknown to the caller
	overloadFor = time.Second      // what OVERLOADED tells the client to wait
)

// ErrNeedsCode is the verdict on a policed posting that is good but larger than its account allows without a code.
var ErrNeedsCode = errors.New("ledger: the transfer needs a code")

// Posting is a transfer to post. Its row is complete but for the status and the times of posting: Post sets those.
type Posting struct {
	Transfer models.Transfer
	Currency money.Currency // of both wallets; for the facts of a refusal
	Action   Action
	Stored   bool // the row is in the table already: to be paid, and confirmed; or to be ended
	// Policed: it goes to someone else. The account must have agreed to the current agreements, must not pass the limits of its
	// certificate, and what is above the amount it allows without a code must not be held, and, if it is not Stored, needs a code.
	Policed bool
	// Session asks for it: its own devices need not be told. The zero UUID when nobody's does.
	Session uuid.UUID
}

// Outcome is what became of a posting. Replayed is true when the idempotency key had been used by the same request
// before: the transfer is then the first one's.
type Outcome struct {
	Transfer models.Transfer
	Replayed bool
}

// Ledger is the room. Run must be running for Post to be answered.
type Ledger struct {
	db    *postgres.DB
	hub   *events.Hub
	log   *slog.Logger
	queue *queue

	groups, postings, repeats atomic.Int64 // for operators
}

type job struct {
	posting Posting
	answer  chan answer
	state   atomic.Int32
	caller  trace.Span // nil unless it is traced

	// Known to the poster that has it, and to the queue.
	doubt     bool      // an attempt's commit was sent, and nobody knows what became of it
	heldSince time.Time // when a row it needs was first found held
	notBefore time.Time // it is tried again
}

// States of a job. It goes from waiting to one of the others, once.
const (
	waiting   int32 = iota
	taken           // by a poster: it is posted, or not, whatever its caller does
	abandoned       // by its caller: it is not posted
)

type answer struct {
	outcome Outcome
	err     error
}

// New makes the ledger.
func New(db *postgres.DB, hub *events.Hub, log *slog.Logger) *Ledger {
	return &Ledger{db: db, hub: hub, log: log, queue: newQueue()}
}

// Post moves the money of one transfer and returns when that is durable, or refused. It locks the wallets involved in id
// order. A repeat with the same account, key and fingerprint returns the first outcome. A posting that has waited too long, or
// whose ctx has ended, is taken back if no poster has it yet: then it is Overloaded, or ctx's error, and nothing happens. If one
// has, Post says that the outcome is unknown; a repeat with the same key tells it.
// Faults: InsufficientFunds, WalletClosed, CurrencyMismatch, IdempotencyKeyReused, TransferState, InvalidAmount, AgreementsNotAccepted,
// TransfersHeld, LimitExceeded, RecipientRefuses, TransferNotFound, Overloaded; or ErrNeedsCode.
func (l *Ledger) Post(ctx context.Context, p Posting) (Outcome, error) {
	j := &job{posting: p, answer: make(chan answer, 1), caller: traced(ctx)}
	if !l.queue.put(j) {
		return Outcome{}, overloaded()
	}

	timer := time.NewTimer(answerWait)
	defer timer.Stop()
	var late error
	select {
	case a := <-j.answer:
		return a.outcome, a.err
	case <-ctx.Done():
		late = ctx.Err()
	case <-timer.C:
		late = overloaded()
	}
	if j.state.CompareAndSwap(waiting, abandoned) {
		return Outcome{}, late
	}
	return Outcome{}, errUnknown
}

// Judge says what Post would say now, and moves nothing: it reads and judges as a poster does, without a lock. A good posting has the
// outcome it would have. Faults: as Post, and ErrNeedsCode.
func (l *Ledger) Judge(ctx context.Context, p Posting) (Outcome, error) {
	conn, err := l.db.Pool.Acquire(ctx)
	if err != nil {
		return Outcome{}, fmt.Errorf("ledger: judge: %w", err)
	}
	defer conn.Release() // which closes it, should the transaction still be open
	t, err := readTill(ctx, conn, 0)
	if err != nil {
		return Outcome{}, fmt.Errorf("ledger: judge: %w", err)
	}
	b := newBook(l.db.Now(), t)
	b.onlyLook = true
	if err := b.open(ctx, conn, []Posting{p}); err != nil {
		return Outcome{}, fmt.Errorf("ledger: judge: %w", err)
	}
	if _, err := conn.Exec(ctx, `ROLLBACK`); err != nil {
		return Outcome{}, fmt.Errorf("ledger: judge: %w", err)
	}
	v := b.judge(p)
	return v.outcome, v.err()
}

var errUnknown = errors.New("ledger: the outcome of a posting is not known yet")

func overloaded() *fault.Fault {
	return fault.New(fault.Overloaded).Knowing(fault.RetryFacts{After: overloadFor})
}

// Run posts what is queued until ctx ends, and then what is still queued: stop what calls Post first.
func (l *Ledger) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range posters {
		running.Go(func() {
			p := &poster{ledger: l}
			defer p.close()
			p.run(ctx)
		})
	}
	running.Wait()
}

func accountsOf(verdicts []*verdict) []uuid.UUID {
	var ids []uuid.UUID
	for _, v := range verdicts {
		ids = append(ids, events.Accounts(v.news)...)
	}
	return ids
}
