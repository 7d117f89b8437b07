package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"purser/internal/ledger/ledgertest"
	"purser/internal/money"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

const byKey = `query($key: UUID!) { viewer { transferByIdempotencyKey(key: $key) { id status } } }`

// statusOf asks what became of a key; "" is nothing.
func (c *client) statusOf(key any) string {
	c.t.Helper()
	found := ask[struct {
		Viewer struct{ TransferByIdempotencyKey *struct{ Status string } }
	}](c, byKey, vars{"key": key}).Viewer.TransferByIdempotencyKey
	if found == nil {
		return ""
	}
	return found.Status
}

// leave sends a request and closes its connection when ctx ends, without an answer.
func (c *client) leave(ctx context.Context, query string, variables vars) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token)
	alone := &http.Transport{DisableKeepAlives: true} // the connection is this request's own
	response, err := alone.RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return err
}

// TestFault20AClientThatLeavesInTheMiddleOfAPostingLearnsWhatBecameOfIt closes the client's connection at each moment of the posting of its
// transfer. The posting goes on without it, and its key tells.
func TestFault20AClientThatLeavesInTheMiddleOfAPostingLearnsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	tap := newTap(t, dsn)
	s := startServer(t, tap.dsn)
	anna := s.client(t).anna()
	borisWallet, _ := s.client(t).boris().wallet("Z")
	annaWallet, _ := anna.wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")

	for i, when := range []moment{beforeWrites, beforeCommit, duringCommit, afterCommit} {
		ctx, leave := context.WithCancel(context.Background())
		gone := make(chan struct{})
		tap.watch(when, func() { // the poster waits here until the client's connection is closed
			leave()
			select {
			case <-gone:
			case <-time.After(patience):
			}
		})
		request := vars{"from": annaWallet, "to": borisWallet, "amount": "10", "key": newKey()}
		if err := anna.leave(ctx, createTransfer, request); err == nil {
			t.Errorf("left at %d: it was answered before it left", when)
		}
		close(gone)
		if !tap.fired() {
			t.Fatalf("the posting never came to the moment %d", when)
		}
		deadline := time.Now().Add(patience)
		for anna.statusOf(request["key"]) != "COMPLETED" { // the commit may still be under way
			if time.Now().After(deadline) {
				t.Fatalf("left at %d: the key tells %q", when, anna.statusOf(request["key"]))
			}
		}
		if again := ask[created](anna, createTransfer, request).CreateTransfer; !again.Replayed || again.Transfer == nil {
			t.Errorf("left at %d: the repeat is answered with %+v", when, again)
		}
		if _, left := anna.wallet("Z"); left != money.Format(int64(100_000-1008*(i+1)), 2) {
			t.Errorf("left at %d: anna has %s", when, left)
		}
	}
	check(t, dsn)
}

// TestClientsThatLeaveWhileTheyWaitMoveMoneyOnceOrNotAtAll has all clients leave while somebody holds the wallet they pay from: some
// of their transfers are being posted, the others wait. When the server has finished, each key tells whether its money moved.
func TestClientsThatLeaveWhileTheyWaitMoveMoneyOnceOrNotAtAll(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna := s.client(t).anna()
	borisWallet, _ := s.client(t).boris().wallet("P")
	annaWallet, _ := anna.wallet("P")
	anna.allowWithoutCode("P", "1000000", "+79000000002")
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{MaxConns: 2, Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	holding, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holding.Rollback(context.Background()) //nolint:errcheck // it only locks
	if _, err := holding.Exec(t.Context(), `SELECT 1 FROM wallets WHERE number = $1 FOR UPDATE`, annaWallet); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	var requests []vars
	var all sync.WaitGroup
	for range ledgertest.Size(40, 400) {
		request := vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}
		requests = append(requests, request)
		all.Go(func() {
			if err := anna.leave(ctx, createTransfer, request); err == nil {
				t.Error("a transfer from a wallet that is held was answered")
			}
		})
	}
	for deadline, blocked := time.Now().Add(patience), false; !blocked; {
		err := db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
			AND wait_event_type = 'Lock' AND query LIKE '%FROM wallets%')`).Scan(&blocked)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("no posting waits for the wallet: %v", err)
		}
	}
	leave()
	all.Wait()
	if err := holding.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it finishes what it has taken in
	<-s.ended

	anna = anna.at(startServer(t, dsn))
	moved := 0
	for _, request := range requests {
		was := anna.statusOf(request["key"])
		if was == "COMPLETED" {
			moved++
		} else if was != "" {
			t.Errorf("a key tells %q", was)
		}
	}
	if _, left := anna.wallet("P"); !acknowledged(left, moved) {
		t.Errorf("%d keys tell of money that moved, and anna has %s", moved, left)
	}
	for _, request := range requests { // whoever comes back gets the first result, or makes it
		was := anna.statusOf(request["key"])
		if r := ask[created](anna, createTransfer, request).CreateTransfer; r.Transfer == nil || r.Replayed != (was != "") {
			t.Errorf("after %q the repeat is answered with %+v", was, r)
		}
	}
	if _, left := anna.wallet("P"); !acknowledged(left, len(requests)) {
		t.Errorf("after %d repeats anna has %s", len(requests), left)
	}
	t.Logf("%d of %d were posted without their clients", moved, len(requests))
	check(t, dsn)
}

// TestAServerIsKilledUnderLoad kills one of two servers by SIGKILL while many clients send through both. Those of the dead one go to
// the other with the same keys. Then every transfer has happened exactly once, and none that was acknowledged is missing.
func TestAServerIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{MaxConns: 2, Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	second := startServer(t, dsn)
	anna := second.client(t).anna()
	borisWallet, _ := second.client(t).boris().wallet("P")
	annaWallet, _ := anna.wallet("P")
	anna.allowWithoutCode("P", "1000000", "+79000000002")

	const clients, each = 32, 20
	rounds := ledgertest.Size(1, 5)
	for range rounds {
		first := startServer(t, dsn)
		var unanswered atomic.Int32
		var mu sync.Mutex
		var keys []string
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				at := []*server{first, second}[i%2]
				for range each {
					key := newKey()
					for !sent(anna.at(at), vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": key}) {
						unanswered.Add(1)
						at = second
					}
					mu.Lock()
					if keys = append(keys, key); len(keys) == clients*each/3 {
						first.kill()
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if unanswered.Load() == 0 {
			t.Error("the kill interrupted nobody")
		}
		var kept int
		err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM transfers WHERE idempotency_key = ANY($1) AND status = 'COMPLETED'`, keys).Scan(&kept)
		if err != nil || kept != len(keys) {
			t.Errorf("%d of %d acknowledged transfers are there: %v", kept, len(keys), err)
		}
	}
	if _, left := anna.wallet("P"); !acknowledged(left, rounds*clients*each) {
		t.Errorf("after %d transfers anna has %s", rounds*clients*each, left)
	}
	check(t, dsn)
}
