package ledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/pgtest"
)

// operation is one thing a client did: a send, or a look at a balance.
type operation struct {
	from, to int // wallets; to is -1 for a look at from
	minor    int64
}

// seen is what came of it.
type seen struct {
	paid    bool
	balance int64
}

// model is what must explain a history: what each of a few wallets holds.
func model(start []int64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return slices.Clone(start) },
		Step: func(state, input, output any) (bool, any) {
			held, op, out := state.([]int64), input.(operation), output.(seen)
			if op.to < 0 {
				return held[op.from] == out.balance, held
			}
			if held[op.from] < op.minor {
				return !out.paid, held
			}
			next := slices.Clone(held)
			next[op.from] -= op.minor
			next[op.to] += op.minor
			return out.paid, next
		},
		Equal:             func(a, b any) bool { return slices.Equal(a.([]int64), b.([]int64)) },
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
	}
}

// TestHistoriesAreLinearizable records what many clients see at two instances, while the connections of both are cut again and
// again, and asks a checker whether one order of all operations explains it.
func TestHistoriesAreLinearizable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	servers := []*world{worldOn(t, db), worldOn(t, db)}
	start := []int64{1000, 1000, 1000}
	people := make([]ledgertest.Person, len(start))
	for i, minor := range start {
		people[i] = servers[0].funded(t, minor)
	}

	chaos, calm := context.WithCancel(t.Context())
	var cutting sync.WaitGroup
	cutting.Go(func() { cutConnections(chaos, servers[0]) })
	var mu sync.Mutex
	var history []porcupine.Operation
	began := time.Now()
	var clients sync.WaitGroup
	for client := range 16 {
		clients.Go(func() {
			for range 12 {
				op := operation{from: rand.IntN(3), to: rand.IntN(4) - 1, minor: rand.Int64N(700) + 1}
				if op.to == op.from {
					op.to = -1
				}
				call := time.Since(began).Nanoseconds()
				out, ok := servers[client%2].perform(people, op)
				if !ok {
					t.Errorf("%+v was not answered", op)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: op, Call: call, Output: out, Return: time.Since(began).Nanoseconds()})
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	calm()
	cutting.Wait()
	db.Pool.Reset() // of connections that were cut and have not noticed

	if result := porcupine.CheckOperationsTimeout(model(start), history, time.Minute); result != porcupine.Ok {
		t.Errorf("no order explains the %d operations: %s", len(history), result)
	}
	ledgertest.Check(t, db)
}

// perform does one operation; a send is repeated with its key until it is answered, as an app does.
func (w *world) perform(people []ledgertest.Person, op operation) (seen, bool) {
	wish := transfer(people[op.from], people[max(op.to, 0)], op.minor, 0)
	for range 100 {
		if op.to < 0 {
			var minor int64
			if w.db.Pool.QueryRow(context.Background(), `SELECT balance FROM wallets WHERE id = $1`, people[op.from].Wallet.ID).Scan(&minor) == nil {
				return seen{balance: minor}, true
			}
			continue
		}
		_, err := w.post(wish)
		if err == nil || fault.Is(err, fault.InsufficientFunds) {
			return seen{paid: err == nil}, true
		}
		wish.ID = uuid.Must(uuid.NewV7())
	}
	return seen{}, false
}

// cutConnections ends every connection to the database but its own, a few times a second.
func cutConnections(ctx context.Context, w *world) {
	ticker := time.NewTicker(40 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_, _ = w.db.Pool.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		case <-ctx.Done():
			return
		}
	}
}

func TestTheCheckerFindsWhatCannotBe(t *testing.T) {
	t.Parallel()
	at := func(call, back int64, op operation, out seen) porcupine.Operation {
		return porcupine.Operation{Input: op, Call: call, Output: out, Return: back}
	}
	for name, history := range map[string][]porcupine.Operation{
		"money spent twice": {at(0, 1, operation{0, 1, 800}, seen{paid: true}), at(2, 3, operation{0, 2, 800}, seen{paid: true})},
		"an old balance":    {at(0, 1, operation{0, 1, 800}, seen{paid: true}), at(2, 3, operation{0, -1, 0}, seen{balance: 1000})},
		"a needless no":     {at(0, 1, operation{0, 1, 800}, seen{paid: false})},
	} {
		if porcupine.CheckOperations(model([]int64{1000, 0, 0}), history) {
			t.Errorf("%s is found possible", name)
		}
	}
}
