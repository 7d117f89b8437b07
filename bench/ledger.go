package main

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/ledger"
	"purser/internal/postgres"
	"purser/models"
)

// room is the ledger room alone, in this process.
type room struct {
	w      *world
	db     *postgres.DB
	ledger *ledger.Ledger
	stop   func()
}

func newLedgerRoom(ctx context.Context, w *world, _ string) (contender, error) {
	db, err := postgres.Open(ctx, w.dsn, postgres.Options{MaxConns: 20})
	if err != nil {
		return nil, err
	}
	return newRoom(w, db), nil
}

func newRoom(w *world, db *postgres.DB) *room {
	log := slog.New(slog.DiscardHandler)
	hub := events.NewHub(db, log)
	l := ledger.New(db, hub, log)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	running.Go(func() { hub.Run(ctx) })
	return &room{w: w, db: db, ledger: l, stop: func() { cancel(); running.Wait() }}
}

func (r *room) name() string   { return "(b) ledger room" }
func (r *room) serverPID() int { return 0 }
func (r *room) close()         { r.stop(); r.db.Close() }

func (r *room) move(ctx context.Context, _, from, to int) error {
	payer, payee := r.w.wallets[from], r.w.wallets[to]
	fee := int64(1)
	if payer.AccountID == payee.AccountID {
		fee = 0
	}
	_, err := r.ledger.Post(ctx, ledger.Posting{Currency: dollars, Transfer: models.Transfer{
		ID: uuid.Must(uuid.NewV7()), Kind: models.TransferPayment, AccountID: payer.AccountID, IdempotencyKey: uuid.New(), Fingerprint: make([]byte, 32),
		Currency: "Z", FromWalletID: payer.ID, ToWalletID: payee.ID, FromAccountID: payer.AccountID, ToAccountID: payee.AccountID,
		Amount: 1, Fee: fee, FeePaidBy: models.FeePaidBySender, CreatedAt: time.Now(),
	}})
	return err
}

func (r *room) allocations(context.Context) (uint64, error) { return ownAllocations(), nil }

// ownAllocations are those of this process; the clients are a part of it.
func ownAllocations() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.Mallocs
}

func (r *room) stored(ctx context.Context) (int, error) { return storedTransfers(ctx, r.w) }
func (r *room) check(ctx context.Context) error         { return sumsHold(ctx, r.w) }

func storedTransfers(ctx context.Context, w *world) (n int, err error) {
	err = w.db.Pool.QueryRow(ctx, `SELECT count(*) FROM transfers WHERE posted_at IS NOT NULL`).Scan(&n)
	return n, err
}

func sumsHold(ctx context.Context, w *world) error {
	var sum, wrong int64
	err := w.db.Pool.QueryRow(ctx, `SELECT coalesce(sum(amount), 0) FROM entries`).Scan(&sum)
	if err == nil {
		err = w.db.Pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT w.id FROM wallets w LEFT JOIN entries e ON e.wallet_id = w.id
			GROUP BY w.id HAVING w.balance <> coalesce(sum(e.amount), 0) OR w.version <> count(e.version)) AS x`).Scan(&wrong)
	}
	if err == nil && (sum != 0 || wrong != 0) {
		return fmt.Errorf("the sums do not hold: %d, %d wallets", sum, wrong)
	}
	return err
}

// fund issues money into every wallet, through the ledger.
func (w *world) fund(ctx context.Context) error {
	var issuer models.Wallet
	if err := w.db.GORM(ctx).Take(&issuer, "kind = 'ISSUE' AND currency = 'Z'").Error; err != nil {
		return err
	}
	r := newRoom(w, w.db)
	defer r.stop()
	failed := make(chan error, len(w.wallets))
	var all sync.WaitGroup
	slots := make(chan struct{}, 512)
	for _, wallet := range w.wallets {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			_, err := r.ledger.Post(ctx, ledger.Posting{Currency: dollars, Transfer: models.Transfer{
				ID: uuid.Must(uuid.NewV7()), Kind: models.TransferIssue, AccountID: wallet.AccountID, IdempotencyKey: uuid.New(), Fingerprint: []byte{0},
				Currency: "Z", FromWalletID: issuer.ID, ToWalletID: wallet.ID, FromAccountID: models.SystemAccountID, ToAccountID: wallet.AccountID,
				Amount: eachHolds, FeePaidBy: models.FeePaidBySender, CreatedAt: time.Now(),
			}})
			if err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
