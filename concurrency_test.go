package main

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"purser/internal/ledger/ledgertest"
	"purser/internal/money"
	"purser/internal/postgres"
)

func newKey() string { return uuid.NewString() }

func TestAHundredSendsFromAWalletThatCanPayForTen(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	servers := []*server{startServer(t, dsn), startServer(t, dsn)}
	anna := servers[0].client(t).anna()
	borisWallet, _ := servers[0].client(t).boris().wallet("Z")
	annaWallet, _ := anna.wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")

	// 1000.00 pays for ten times 99.20 with the fee of 0.80, and for nothing more.
	var paid, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			r := ask[created](anna.at(servers[i%2]), createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "99.20", "key": newKey()}).CreateTransfer
			switch {
			case r.Transfer != nil && r.Transfer.Status == "COMPLETED" && r.Transfer.Total.Amount == "100.00":
				paid.Add(1)
			case len(r.UserErrors) == 1 && r.UserErrors[0].Code == "INSUFFICIENT_FUNDS":
				refused.Add(1)
			default:
				t.Errorf("unexpected: %+v", r)
			}
		})
	}
	all.Wait()
	if paid.Load() != 10 || refused.Load() != 90 {
		t.Errorf("%d were paid and %d refused", paid.Load(), refused.Load())
	}
	if _, left := anna.wallet("Z"); left != "0.00" {
		t.Errorf("anna has %s left", left)
	}
	check(t, dsn)
}

func TestAHundredConfirmationsOfWhatTenCanPay(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna := s.client(t).anna()
	borisWallet, _ := s.client(t).boris().wallet("E")
	annaWallet, _ := anna.wallet("E")

	type waiting struct{ id, code string }
	var transfers []waiting
	for range 100 { // each can be paid by itself, so each is let in; nothing is reserved
		made := ask[created](anna, createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "99.20", "key": newKey()}).CreateTransfer
		if made.Transfer == nil || made.Transfer.Status != "AWAITING_CONFIRMATION" {
			t.Fatalf("refused: %+v", made)
		}
		transfers = append(transfers, waiting{made.Transfer.ID, anna.newestCode("+79000000002")})
	}
	var paid, refused atomic.Int32
	var all sync.WaitGroup
	for _, w := range transfers {
		all.Go(func() {
			r := ask[confirmed](anna, confirmTransfer, vars{"id": w.id, "code": w.code}).ConfirmTransfer
			switch {
			case r.Transfer != nil && r.Transfer.Status == "COMPLETED":
				paid.Add(1)
			case len(r.UserErrors) == 1 && r.UserErrors[0].Code == "INSUFFICIENT_FUNDS":
				refused.Add(1)
			default:
				t.Errorf("unexpected: %+v", r)
			}
		})
	}
	all.Wait()
	if paid.Load() != 10 || refused.Load() != 90 {
		t.Errorf("%d were paid and %d refused", paid.Load(), refused.Load())
	}
	check(t, dsn)
}

func TestFiftyRequestsWithOneKeyMakeOneTransfer(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	servers := []*server{startServer(t, dsn), startServer(t, dsn)}
	anna := servers[0].client(t).anna()
	borisWallet, _ := servers[0].client(t).boris().wallet("Z")
	annaWallet, _ := anna.wallet("Z")

	for _, needsCode := range []bool{true, false} {
		request := vars{"from": annaWallet, "to": borisWallet, "amount": "5", "key": newKey()}
		var fresh atomic.Int32
		var ids sync.Map
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				r := ask[created](anna.at(servers[i%2]), createTransfer, request).CreateTransfer
				if r.Transfer == nil {
					t.Errorf("refused: %+v", r.UserErrors)
					return
				}
				ids.Store(r.Transfer.ID, true)
				if !r.Replayed {
					fresh.Add(1)
				}
			})
		}
		all.Wait()
		count := 0
		ids.Range(func(_, _ any) bool { count++; return true })
		if fresh.Load() != 1 || count != 1 {
			t.Errorf("%d answers were the first, of %d transfers", fresh.Load(), count)
		}
		if needsCode {
			anna.allowWithoutCode("Z", "1000000", "+79000000002")
		}
	}
	check(t, dsn)
}

// TestCrossingTransfersThroughAPoolOfTwo has far more clients than connections, on two servers, sending to and fro.
func TestCrossingTransfersThroughAPoolOfTwo(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	servers := []*server{startServer(t, dsn, "DATABASE_MAX_CONNS=2"), startServer(t, dsn, "DATABASE_MAX_CONNS=2")}
	anna, boris := servers[0].client(t).anna(), servers[1].client(t).boris()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := boris.wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	boris.allowWithoutCode("Z", "1000000", "+79000000003")

	const clients = 64
	rounds := ledgertest.Size(5, 25)
	var moved atomic.Int32
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			who, request := anna, vars{"from": annaWallet, "to": borisWallet, "amount": "1"}
			if i%2 == 1 {
				who, request = boris, vars{"from": borisWallet, "to": annaWallet, "amount": "1"}
			}
			for round := range rounds {
				request["key"] = newKey()
				r, err := who.at(servers[(i/2+round)%2]).try(createTransfer, request)
				if err != nil || len(r.Errors) > 0 || !strings.Contains(string(r.Data), `"COMPLETED"`) {
					t.Errorf("%s %+v, %v", r.Data, r.Errors, err)
					continue
				}
				moved.Add(1)
			}
		})
	}
	all.Wait()
	if int(moved.Load()) != clients*rounds {
		t.Errorf("%d of %d were posted", moved.Load(), clients*rounds)
	}
	if _, left := anna.wallet("Z"); left != money.Format(int64(100_000-clients/2*rounds), 2) { // as much came as went, but for fees of 0.01
		t.Errorf("anna has %s", left)
	}
	check(t, dsn)
}

func TestStoppingAServerAnswersWhatItHasTakenIn(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna := s.client(t).anna()
	borisWallet, _ := s.client(t).boris().wallet("P")
	annaWallet, before := anna.wallet("P")
	anna.allowWithoutCode("P", "1000000", "+79000000002")

	var answered atomic.Int32
	var all sync.WaitGroup
	begun := make(chan struct{}, 40)
	for range 40 {
		all.Go(func() {
			for range 25 {
				r, err := anna.try(createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()})
				if err != nil {
					return // the server takes nothing in any more
				}
				if len(r.Errors) > 0 {
					t.Errorf("a request was taken in and failed: %+v", r.Errors)
				}
				answered.Add(1)
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	<-begun
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	all.Wait()

	second := startServer(t, dsn)
	_, after := anna.at(second).wallet("P")
	if before != "50000.00" || !acknowledged(after, int(answered.Load())) {
		t.Errorf("%d were acknowledged, and anna has %s", answered.Load(), after)
	}
	check(t, dsn)
}

// acknowledged tells whether exactly that many transfers of 1.00 with the fee of 0.01 have left 50000.00.
func acknowledged(balance string, count int) bool {
	return balance == money.Format(int64(5_000_000-101*count), 2)
}

// check proves the ledger's invariants on a server's database.
func check(t *testing.T, dsn string) {
	t.Helper()
	db, err := postgres.Open(context.Background(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ledgertest.Check(t, db)
}
