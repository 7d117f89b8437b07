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
	group    int // of wallets, between which alone money moves
	from, to int // wallets of the group; to is -1 for a look at from
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
		Partition:         byGroup,
		Equal:             func(a, b any) bool { return slices.Equal(a.([]int64), b.([]int64)) },
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
	}
}

// byGroup takes a history apart by the groups of wallets: each has a history of its own.
func byGroup(history []porcupine.Operation) (parts [][]porcupine.Operation) {
	groups := map[int]int{}
	for _, op := range history {
		group := op.Input.(operation).group
		if _, known := groups[group]; !known {
			groups[group] = len(parts)
			parts = append(parts, nil)
		}
		parts[groups[group]] = append(parts[groups[group]], op)
	}
	return parts
}

// held is what each wallet of a group holds in the beginning.
var held = []int64{1000, 1000, 1000}

// history is what clients did, and what they saw.
type history struct {
	began time.Time
	mu    sync.Mutex
	done  []porcupine.Operation
}

// record lets each client do something random to a group of wallets, as often as asked, and calls after with how many operations
// have been answered so far. Clients take turns between the servers.
func (h *history) record(t *testing.T, servers []*world, groups [][]ledgertest.Person, clients, each int, after func(done int)) {
	t.Helper()
	h.began = time.Now()
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for range each {
				op := operation{group: client % len(groups), from: rand.IntN(len(held)), to: rand.IntN(len(held)+1) - 1, minor: rand.Int64N(700) + 1}
				if op.to == op.from {
					op.to = -1
				}
				call := time.Since(h.began).Nanoseconds()
				out, ok := servers[client/len(groups)%len(servers)].perform(groups[op.group], op)
				if !ok {
					t.Errorf("%+v was not answered", op)
					return
				}
				h.mu.Lock()
				h.done = append(h.done, porcupine.Operation{ClientId: client, Input: op, Call: call, Output: out, Return: time.Since(h.began).Nanoseconds()})
				done := len(h.done)
				h.mu.Unlock()
				after(done)
			}
		})
	}
	all.Wait()
}

// prove asks a checker whether one order of all operations explains the history, and counts what was seen: a history in which
// nothing was refused, or nothing paid, proves little.
func (h *history) prove(t *testing.T) {
	t.Helper()
	var paid, refused, looks int
	for _, op := range h.done {
		switch out := op.Output.(seen); {
		case op.Input.(operation).to < 0:
			looks++
		case out.paid:
			paid++
		default:
			refused++
		}
	}
	if paid == 0 || refused == 0 || looks == 0 {
		t.Errorf("the history has %d sends, %d refusals and %d looks", paid, refused, looks)
	}
	if result := porcupine.CheckOperationsTimeout(model(held), h.done, time.Duration(ledgertest.Size(1, 5))*time.Minute); result != porcupine.Ok {
		t.Errorf("no order explains the %d operations: %s", len(h.done), result)
	}
}

func (w *world) groups(t *testing.T, n int) (groups [][]ledgertest.Person) {
	t.Helper()
	for range n {
		var group []ledgertest.Person
		for _, minor := range held {
			group = append(group, w.funded(t, minor))
		}
		groups = append(groups, group)
	}
	return groups
}

// TestHistoriesAreLinearizable records what many clients see at two instances, while the connections of both are cut again and
// again, and asks a checker whether one order of all operations explains it.
func TestHistoriesAreLinearizable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	servers := []*world{worldOn(t, db), worldOn(t, db)}
	groups := servers[0].groups(t, ledgertest.Size(1, 8)) // what the checker has to do grows fast with the clients of a group

	chaos, calm := context.WithCancel(t.Context())
	var cutting sync.WaitGroup
	cutting.Go(func() { cutConnections(chaos, servers[0]) })
	var h history
	h.record(t, servers, groups, ledgertest.Size(16, 64), ledgertest.Size(12, 40), func(int) {})
	calm()
	cutting.Wait()
	db.Pool.Reset() // of connections that were cut and have not noticed
	h.prove(t)
	ledgertest.Check(t, db)
}

// perform does one operation; what is not answered is repeated, a send with its key, until it is, as an app does.
func (w *world) perform(people []ledgertest.Person, op operation) (seen, bool) {
	wish := transfer(people[op.from], people[max(op.to, 0)], op.minor, 0)
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); {
		if op.to < 0 {
			var minor int64
			if w.db.Pool.QueryRow(context.Background(), `SELECT balance FROM wallets WHERE id = $1`, people[op.from].Wallet.ID).Scan(&minor) == nil {
				return seen{balance: minor}, true
			}
		} else if _, err := w.post(wish); err == nil || fault.Is(err, fault.InsufficientFunds) {
			return seen{paid: err == nil}, true
		}
		wish.ID = uuid.Must(uuid.NewV7())
		<-time.After(20 * time.Millisecond) // an app backs off
	}
	return seen{}, false
}

// cutConnections ends every connection to the database but its own, a few times a second.
func cutConnections(ctx context.Context, w *world) {
	ticker := time.NewTicker(150 * time.Millisecond) // a busy machine answers nothing between more
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
	elsewhere := []porcupine.Operation{at(0, 5, operation{1, 0, 1, 300}, seen{paid: true}), at(6, 7, operation{1, 0, -1, 0}, seen{balance: 700})}
	if !porcupine.CheckOperations(model([]int64{1000, 0, 0}), elsewhere) {
		t.Error("what can be is found impossible")
	}
	for name, history := range map[string][]porcupine.Operation{
		"money spent twice": {at(0, 1, operation{0, 0, 1, 800}, seen{paid: true}), at(2, 3, operation{0, 0, 2, 800}, seen{paid: true})},
		"an old balance":    {at(0, 1, operation{0, 0, 1, 800}, seen{paid: true}), at(2, 3, operation{0, 0, -1, 0}, seen{balance: 1000})},
		"a needless no":     {at(0, 1, operation{0, 0, 1, 800}, seen{paid: false})},
	} {
		if porcupine.CheckOperations(model([]int64{1000, 0, 0}), append(slices.Clone(elsewhere), history...)) {
			t.Errorf("%s is found possible", name)
		}
	}
}
