package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

// cutAfter opens a database through a line that is cut, once, behind the first message that carries a mark: the message arrives, what
// is answered does not, and in between something happens.
func cutAfter(t *testing.T, db *postgres.DB, mark string, between func()) *postgres.DB {
	t.Helper()
	config := db.Pool.Config().ConnConfig
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = door.Close() })
	var once sync.Once
	go func() {
		for {
			in, err := door.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", fmt.Sprintf("%s/.s.PGSQL.%d", config.Host, config.Port))
			if err != nil {
				_ = in.Close()
				continue
			}
			go forward(in, out, []byte(mark), &once, between)
		}
	}()
	host, port, _ := net.SplitHostPort(door.Addr().String())
	dsn := fmt.Sprintf("host=%s port=%s user=%s password='%s' dbname=%s sslmode=disable", host, port, config.User, config.Password, config.Database)
	opened, err := postgres.Open(t.Context(), dsn, postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened
}

func forward(in, out net.Conn, mark []byte, once *sync.Once, between func()) {
	var muted sync.Mutex // held for good once the line is cut
	go func() {
		defer in.Close() //nolint:errcheck // either end may be gone
		answer := make([]byte, 1<<16)
		for {
			n, err := out.Read(answer)
			if err != nil || !muted.TryLock() {
				return
			}
			_, err = in.Write(answer[:n])
			muted.Unlock()
			if err != nil {
				return
			}
		}
	}()
	defer out.Close() //nolint:errcheck // either end may be gone
	asked := make([]byte, 1<<20)
	for {
		n, err := in.Read(asked)
		if err != nil {
			return
		}
		cut := false
		if bytes.Contains(asked[:n], mark) {
			once.Do(func() { cut = true })
		}
		if cut {
			muted.Lock()
		}
		if _, err := out.Write(asked[:n]); err != nil {
			return
		}
		if cut {
			go func() { _, _ = io.Copy(out, in) }() // the commit may come in a piece of its own
			between()
			_ = in.Close()
			return
		}
	}
}

func TestALostCommitBehindAHeldWalletIsToldTruly(t *testing.T) {
	t.Parallel()
	direct := pgtest.New(t)
	setup := worldOn(t, direct)
	anna, boris := setup.funded(t, 10_000), setup.person(t)
	holding := opponent(t, direct)
	held := make(chan struct{})
	w := worldOn(t, cutAfter(t, direct, "for the coffee, which went cold", func() {
		defer close(held)
		for setup.balance(t, boris) == 0 {
			time.Sleep(time.Millisecond) // until the commit is durable
		}
		if err := lock(context.Background(), holding, anna); err != nil {
			t.Error(err)
		}
	}))
	sent := transfer(anna, boris, 100, 0)
	sent.Memo = "for the coffee, which went cold"
	if outcome, err := w.post(sent); err != nil || outcome.Replayed {
		t.Errorf("what has happened is answered with %+v, %v", outcome, err)
	}
	<-held // on a slow machine the answer is there before the wallet is held
	if err := holding.Rollback(context.Background()); err != nil {
		t.Fatal(err)
	}
	if setup.balance(t, boris) != 100 {
		t.Errorf("boris has %d", setup.balance(t, boris))
	}
	ledgertest.Check(t, direct)
}

func TestAHeldEventHeadRefusesNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris, stuck, carl := w.funded(t, 100_000), w.person(t), w.funded(t, 10_000), w.person(t)
	holding := opponent(t, w.db)
	if _, err := holding.Exec(t.Context(), `SELECT 1 FROM event_heads WHERE account_id = $1 FOR UPDATE`, stuck.Account); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if i%10 != 0 {
				if _, err := w.post(transfer(anna, boris, 100, 1)); err != nil {
					t.Errorf("between others: %v", err)
				}
			} else if _, err := w.post(transfer(stuck, carl, 100, 1)); !fault.Is(err, fault.Overloaded) {
				t.Errorf("of the account whose head is held: %v", err)
			}
		})
	}
	all.Wait()
	if err := holding.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.post(transfer(stuck, carl, 100, 1)); err != nil || w.balance(t, carl) != 100 {
		t.Errorf("afterwards: %v; carl has %d", err, w.balance(t, carl))
	}
	ledgertest.Check(t, w.db)
}
