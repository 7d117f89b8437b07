package events

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgxlisten"

	"purser/internal/postgres"
	"purser/models"
)

const (
	channel        = "purser_events"
	sweepEvery     = 2 * time.Second // a lost wake-up is cured within this time
	reconnectAfter = time.Second
	publishQueue   = 4096 // accounts waiting for their NOTIFY; more are left to the sweep
	publishBatch   = 200  // accounts in one NOTIFY: 200 x 36 bytes keep below Postgres's 8,000
	pageSize       = 200
	sweepBatch     = 1000
)

// Hub wakes the subscriptions of this server when an account has news, whichever server it came from. It sends and
// receives bare wake-ups (NOTIFY, on connections of their own, after the commit); what the news is, each subscription
// reads from the log, starting after the last event it delivered. So nothing is missed and nothing comes twice, also
// when a wake-up is lost or doubled.
type Hub struct {
	db      *postgres.DB
	log     *slog.Logger
	pending chan uuid.UUID

	mu   sync.Mutex
	subs map[uuid.UUID]map[*subscriber]struct{}
}

type subscriber struct {
	wake chan struct{} // holds at most one wake-up: two are as good as one
	seen atomic.Int64
}

// NewHub makes a hub. It does nothing until Run.
func NewHub(db *postgres.DB, log *slog.Logger) *Hub {
	return &Hub{db: db, log: log, pending: make(chan uuid.UUID, publishQueue), subs: map[uuid.UUID]map[*subscriber]struct{}{}}
}

// Publish wakes the accounts' subscriptions on every server. Call it after the commit. It never blocks.
func (h *Hub) Publish(accounts ...uuid.UUID) {
	for _, account := range accounts {
		select {
		case h.pending <- account:
		default: // the sweep will find it
		}
	}
}

// Subscribe delivers an account's events that follow the number after, first those that are stored, then each new one.
// The channel closes when ctx ends. A slow reader holds up only itself, and no memory: what it has not read is in
// the log.
func (h *Hub) Subscribe(ctx context.Context, account uuid.UUID, after int64) <-chan models.Event {
	sub := &subscriber{wake: make(chan struct{}, 1)}
	sub.seen.Store(after)
	h.add(account, sub)
	out := make(chan models.Event)
	go func() {
		defer close(out)
		defer h.remove(account, sub)
		h.deliver(ctx, account, sub, out)
	}()
	return out
}

func (h *Hub) deliver(ctx context.Context, account uuid.UUID, sub *subscriber, out chan<- models.Event) {
	for ctx.Err() == nil {
		page, err := pageAfter(ctx, h.db, account, sub.seen.Load(), pageSize)
		if err != nil && ctx.Err() == nil {
			h.log.Error("events could not be read; trying again", "error", err)
		}
		for _, event := range page {
			select {
			case out <- event:
				sub.seen.Store(event.Seq)
			case <-ctx.Done():
				return
			}
		}
		if len(page) == pageSize {
			continue
		}
		select { // after a failed read too: the sweep wakes whoever is behind
		case <-sub.wake:
		case <-ctx.Done():
		}
	}
}

// Run listens, publishes and sweeps until ctx ends.
func (h *Hub) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { h.listen(ctx) })
	running.Go(func() { h.publishLoop(ctx) })
	running.Go(func() { h.sweepLoop(ctx) })
	running.Wait()
}

func (h *Hub) listen(ctx context.Context) {
	listener := &pgxlisten.Listener{
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			return pgx.ConnectConfig(ctx, h.db.Pool.Config().ConnConfig)
		},
		LogError: func(ctx context.Context, err error) {
			if ctx.Err() == nil {
				h.log.Warn("listening for events was interrupted", "error", err)
			}
		},
		ReconnectDelay: reconnectAfter,
	}
	listener.Handle(channel, pgxlisten.HandlerFunc(func(_ context.Context, n *pgconn.Notification, _ *pgx.Conn) error {
		for text := range strings.SplitSeq(n.Payload, ",") {
			if account, err := uuid.Parse(text); err == nil {
				h.wake(account)
			}
		}
		return nil
	}))
	_ = listener.Listen(ctx) // returns only when ctx ends
}

// publishLoop sends one NOTIFY for all the accounts that wait at the moment: a NOTIFY takes a lock on the whole
// database until its commit, so it is kept out of the transactions that move money, and rare.
func (h *Hub) publishLoop(ctx context.Context) {
	for {
		var batch []string
		select {
		case account := <-h.pending:
			batch = append(batch, account.String())
		case <-ctx.Done():
			return
		}
		for len(batch) < publishBatch && len(h.pending) > 0 {
			batch = append(batch, (<-h.pending).String())
		}
		if _, err := h.db.Pool.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, strings.Join(batch, ",")); err != nil && ctx.Err() == nil {
			h.log.Warn("a wake-up was not sent; the sweep will find the events", "error", err)
		}
	}
}

func (h *Hub) sweepLoop(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			h.sweep(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// sweep wakes the subscriptions that are behind the log, with one query for a thousand accounts.
func (h *Hub) sweep(ctx context.Context) {
	accounts := h.accounts()
	for len(accounts) > 0 {
		batch := accounts[:min(sweepBatch, len(accounts))]
		accounts = accounts[len(batch):]

		heads, err := headsOf(ctx, h.db, batch)
		if err != nil {
			if ctx.Err() == nil {
				h.log.Warn("the sweep for events failed", "error", err)
			}
			return
		}
		for account, head := range heads {
			h.wakeBehind(account, head)
		}
	}
}

func (h *Hub) add(account uuid.UUID, sub *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs[account] == nil {
		h.subs[account] = map[*subscriber]struct{}{}
	}
	h.subs[account][sub] = struct{}{}
}

func (h *Hub) remove(account uuid.UUID, sub *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs[account], sub)
	if len(h.subs[account]) == 0 {
		delete(h.subs, account)
	}
}

func (h *Hub) accounts() []uuid.UUID {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]uuid.UUID, 0, len(h.subs))
	for id := range h.subs {
		ids = append(ids, id)
	}
	return ids
}

func (h *Hub) wake(account uuid.UUID) { h.wakeBehind(account, 1<<62) }

func (h *Hub) wakeBehind(account uuid.UUID, head int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for sub := range h.subs[account] {
		if sub.seen.Load() < head {
			select {
			case sub.wake <- struct{}{}:
			default:
			}
		}
	}
}
