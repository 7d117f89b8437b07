package ledger_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/pgtest"
)

func TestWhatIsWrongWithOnePostingTouchesNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 100_000), w.person(t)
	var good, bad atomic.Int32
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			next := transfer(anna, boris, 100, 0)
			if i%20 == 7 {
				next.Memo = "a\x00b" // nothing lets this through; Postgres refuses it for the whole statement
			}
			switch _, err := w.post(next); {
			case err == nil:
				good.Add(1)
			case i%20 == 7:
				bad.Add(1)
			default:
				t.Errorf("a good one: %v", err)
			}
		})
	}
	all.Wait()
	if good.Load() != 57 || bad.Load() != 3 || w.balance(t, boris) != 5700 {
		t.Errorf("%d were posted and %d refused; boris has %d", good.Load(), bad.Load(), w.balance(t, boris))
	}
	ledgertest.Check(t, w.db)
}

func TestAStuckWalletStopsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris, stuck := w.funded(t, 10_000), w.person(t), w.funded(t, 10_000)
	holding, err := w.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holding.Exec(t.Context(), `SELECT 1 FROM wallets WHERE id = $1 FOR UPDATE`, stuck.Wallet.ID); err != nil {
		t.Fatal(err)
	}
	held := transfer(stuck, boris, 100, 1)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if i%5 == 0 {
				one := transfer(stuck, boris, 100, 1)
				if i == 0 {
					one = held
				}
				if _, err := w.post(one); !fault.Is(err, fault.Overloaded) {
					t.Errorf("from the stuck wallet: %v", err)
				}
			} else if _, err := w.post(transfer(anna, boris, 100, 1)); err != nil {
				t.Errorf("from another wallet: %v", err)
			}
		})
	}
	all.Wait()
	if err := holding.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	// What was refused has not happened: its key is free.
	if outcome, err := w.post(held); err != nil || outcome.Replayed {
		t.Errorf("when the wallet is free again: %+v, %v", outcome, err)
	}
	if w.balance(t, boris) != 1700 {
		t.Errorf("boris has %d", w.balance(t, boris))
	}
	ledgertest.Check(t, w.db)
}

func TestALockedTableIsAnOverload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 10_000), w.person(t)
	migrating, err := w.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrating.Exec(t.Context(), `LOCK TABLE wallets IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	held := transfer(anna, boris, 100, 1)
	if _, err := w.post(held); !fault.Is(err, fault.Overloaded) {
		t.Errorf("while the table is locked: %v", err)
	}
	if err := migrating.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outcome, err := w.post(held); err != nil || outcome.Replayed {
		t.Errorf("afterwards: %+v, %v", outcome, err)
	}
	ledgertest.Check(t, w.db)
}

func TestAPostingThatIsTakenBackDoesNotHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 1000), w.person(t)
	log := slog.New(slog.DiscardHandler)
	slow := ledger.New(w.db, events.NewHub(w.db, log), log) // nobody runs it yet
	impatient, leave := context.WithCancel(t.Context())
	var left sync.WaitGroup
	left.Go(func() {
		_, err := slow.Post(impatient, ledger.Posting{Transfer: transfer(anna, boris, 100, 0), Currency: dollars})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("whoever leaves is told %v", err)
		}
	})
	leave()
	left.Wait()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	slow.Run(ctx) // posts what is queued
	if w.balance(t, boris) != 0 {
		t.Errorf("boris has %d", w.balance(t, boris))
	}
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	log := slog.New(slog.DiscardHandler)
	idle := ledger.New(db, events.NewHub(db, log), log) // nobody runs it: what is queued stays queued
	ctx, cancel := context.WithCancel(context.Background())
	var waiting sync.WaitGroup
	var overloaded atomic.Int32
	for range 5000 {
		waiting.Go(func() {
			if _, err := idle.Post(ctx, ledger.Posting{}); fault.Is(err, fault.Overloaded) && overloaded.Add(1) == 1 {
				cancel() // one was refused while the others still waited
			}
		})
	}
	waiting.Wait()
	cancel()
	if overloaded.Load() == 0 {
		t.Error("nobody was refused")
	}
}

// TestAFloodIsRefusedAtOnceAndTheRestIsPosted holds the wallet that everybody pays from until somebody was refused: so that is at
// once, while what was taken in still waits. Each is answered truly.
func TestAFloodIsRefusedAtOnceAndTheRestIsPosted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 10_000_000), w.person(t)
	holding := opponent(t, w.db)
	if err := lock(t.Context(), holding, anna); err != nil {
		t.Fatal(err)
	}
	release := sync.OnceValue(func() error { return holding.Rollback(context.Background()) })
	var all sync.WaitGroup
	var posted, refused atomic.Int64
	for range ledgertest.Size(6000, 20_000) {
		all.Go(func() {
			switch _, err := w.post(transfer(anna, boris, 100, 1)); {
			case err == nil:
				posted.Add(1)
			case fault.Is(err, fault.Overloaded):
				faults, _ := fault.All(err)
				if facts, _ := faults[0].Facts.(fault.RetryFacts); facts.Seconds() < 1 {
					t.Errorf("who is refused is not told when to come again: %+v", faults[0])
				}
				if refused.Add(1) == 1 && posted.Load() > 0 {
					t.Error("something was posted from a wallet that is held")
				}
				if err := release(); err != nil {
					t.Error(err)
				}
			default:
				t.Errorf("one of a flood: %v", err)
			}
		})
	}
	all.Wait()
	if posted.Load() == 0 || refused.Load() == 0 || w.balance(t, boris) != 100*posted.Load() {
		t.Errorf("%d were posted and %d refused; boris has %d", posted.Load(), refused.Load(), w.balance(t, boris))
	}
	ledgertest.Check(t, w.db)
}

func TestShutdownPostsWhatIsQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 100_000), w.person(t)

	log := slog.New(slog.DiscardHandler)
	stopping := ledger.New(w.db, events.NewHub(w.db, log), log)
	var answered sync.WaitGroup
	for range 50 {
		answered.Go(func() {
			if _, err := stopping.Post(context.Background(), ledger.Posting{Transfer: transfer(anna, boris, 100, 0), Currency: dollars}); err != nil {
				t.Error(err)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	done := make(chan struct{})
	go func() { answered.Wait(); close(done) }()
	for {
		stopping.Run(ctx) // ends at once, with an empty queue
		select {
		case <-done:
			if got := w.balance(t, boris); got != 5000 {
				t.Errorf("boris has %d", got)
			}
			ledgertest.Check(t, w.db)
			return
		default:
		}
	}
}
