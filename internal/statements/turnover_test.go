package statements_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/transfers"
	"purser/models"
)

// turnover is what a person's months are told to be, as text.
func (w *world) turnover(p person, from, to string) (months []string) {
	w.t.Helper()
	_, rows, err := w.history.Turnover(w.t.Context(), p.account.ID, "Z", from, to)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range rows {
		months = append(months, fmt.Sprintf("%s +%d -%d fees %d, %d", m.Month.Format("2006-01"), m.Incoming, m.Outgoing, m.Fees, m.Movements))
	}
	return months
}

// TestAMonthIsWhatCameAndWent moves money in every way there is, over two months, and adds it up at once, in parts and as a whole.
func TestAMonthIsWhatCameAndWent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	month := func() string { return w.db.Now().Format("2006-01") }
	first := month()
	own := w.open(w.anna.account, "Z")

	w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "100"})                                      // 0.80 on top
	w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "10", FeePaidBy: models.FeePaidByRecipient}) // 0.08 out of it
	w.pay(w.anna, transfers.Request{To: to(own.Number), Amount: "500"})                                                 // stays hers
	w.pay(w.anna, transfers.Request{From: own.Number, To: to(w.boris.wallet.Number), Amount: "1"})                      // 0.01
	held := w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "50", Protection: byTime(1)})        // 0.40, arrives later
	back := w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "20", Protection: byTime(100)})      // 0.16, comes back
	w.later(35 * 24 * time.Hour)
	second := month()
	if _, err := w.transfers.SettleDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.transfers.Reject(t.Context(), w.boris.account, back.ID); err != nil {
		t.Fatal(err)
	}
	paid := w.pay(w.boris, transfers.Request{To: to(w.anna.wallet.Number), Amount: "7"}) // 0.06
	if _, err := w.transfers.Refund(t.Context(), w.anna.account, paid.ID, nil, uuid.New()); err != nil {
		t.Fatal(err)
	}
	if seen, ok, err := w.transfers.Find(t.Context(), w.boris.account.ID, held.ID); err != nil || !ok || seen.Status != models.TransferCompleted {
		t.Fatalf("what was protected by time is %+v, %v", seen, err)
	}

	wantAnna := []string{first + " +1000000 -18100 fees 137, 6", second + " +2716 -700 fees 0, 3"}
	wantBoris := []string{first + " +1011100 -0 fees 8, 4", second + " +5700 -700 fees 6, 3"}
	check := func(what string) {
		t.Helper()
		if diff := cmp.Diff(wantAnna, w.turnover(w.anna, first+"-15", second+"-01")); diff != "" {
			t.Errorf("%s, anna (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(wantBoris, w.turnover(w.boris, first+"-01", second+"-28")); diff != "" {
			t.Errorf("%s, boris (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(wantAnna[1:], w.turnover(w.anna, second+"-01", second+"-01")); diff != "" {
			t.Errorf("%s, one month (-want +got):\n%s", what, diff)
		}
	}
	check("live")
	for part := range 5 {
		for _, wallet := range []int64{w.anna.wallet.ID, own.ID, w.boris.wallet.ID} {
			if _, err := w.history.Roll(t.Context(), wallet, 2); err != nil {
				t.Fatal(err)
			}
		}
		check(fmt.Sprint("after part ", part))
	}
	if err := w.history.RollUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("as a whole")
	ledgertest.Check(t, w.db)
}

func byTime(days int) *transfers.Protection {
	return &transfers.Protection{Kind: models.ProtectedByTime, Days: days}
}

// TestTurnoverIsExactUnderLoad has two people pay each other while their entries are added up from two sides and asked for: what is told never goes back,
// never lacks what was answered, and in the end is what the ledger says.
func TestTurnoverIsExactUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	month := w.db.Now().Format("2006-01") + "-01"
	next := w.db.Now().AddDate(0, 1, 0).Format(time.DateOnly) // should the month end while it runs
	ctx, stop := context.WithCancel(t.Context())
	var aside, paying sync.WaitGroup
	for range 2 {
		aside.Go(func() {
			for ctx.Err() == nil {
				for _, p := range []person{w.anna, w.boris} {
					if _, err := w.history.Roll(context.Background(), p.wallet.ID, 7); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	var answered atomic.Int64
	aside.Go(func() {
		for before := int64(0); ctx.Err() == nil; {
			least := answered.Load()
			_, rows, err := w.history.Turnover(context.Background(), w.anna.account.ID, "Z", month, next)
			if err != nil {
				t.Error(err)
				return
			}
			var now, count int64
			for _, m := range rows {
				now, count = now+m.Outgoing, count+m.Movements
			}
			if now < before || now < least {
				t.Errorf("%d is told after %d, when %d was answered", now, before, least)
			}
			before = now
		}
	})
	for i := range 8 {
		paying.Go(func() {
			for n := range ledgertest.Size(60, 600) {
				r := transfers.Request{To: to(w.boris.wallet.Number), Amount: "1.25"}
				if (n+i)%2 == 0 {
					r.FeePaidBy = models.FeePaidByRecipient
				}
				w.pay(w.anna, r)
				answered.Add(125)
				if n%3 == 0 {
					w.pay(w.boris, transfers.Request{To: to(w.anna.wallet.Number), Amount: "0.50"})
				}
			}
		})
	}
	paying.Wait()
	stop()
	aside.Wait()
	for _, p := range []person{w.anna, w.boris} {
		w.mustEqualLedger(p, month, next)
	}
	ledgertest.Check(t, w.db)
}

// mustEqualLedger compares a person's turnover with what their transfers and their wallet say.
func (w *world) mustEqualLedger(p person, from, to string) {
	w.t.Helper()
	_, rows, err := w.history.Turnover(w.t.Context(), p.account.ID, "Z", from, to)
	if err != nil {
		w.t.Fatal(err)
	}
	var got models.Turnover
	for _, m := range rows {
		got.Incoming, got.Outgoing, got.Fees, got.Movements = got.Incoming+m.Incoming, got.Outgoing+m.Outgoing, got.Fees+m.Fees, got.Movements+m.Movements
	}
	var want models.Turnover
	var balance int64
	err = w.db.Pool.QueryRow(w.t.Context(), `SELECT coalesce(sum(amount) FILTER (WHERE to_account_id = $1), 0), coalesce(sum(amount) FILTER (WHERE from_account_id = $1), 0),
		coalesce(sum(fee) FILTER (WHERE (fee_paid_by = 'SENDER') = (from_account_id = $1)), 0), count(*), (SELECT balance FROM wallets WHERE id = $2)
		FROM transfers WHERE (from_account_id = $1 OR to_account_id = $1) AND posted_at IS NOT NULL`, p.account.ID, p.wallet.ID).
		Scan(&want.Incoming, &want.Outgoing, &want.Fees, &want.Movements, &balance)
	if err != nil {
		w.t.Fatal(err)
	}
	if got != want {
		w.t.Errorf("turnover is %+v, the transfers say %+v", got, want)
	}
	if got.Incoming-got.Outgoing-got.Fees != balance {
		w.t.Errorf("turnover comes to %d, the wallet holds %d", got.Incoming-got.Outgoing-got.Fees, balance)
	}
}

func TestTurnoverRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, try := range map[string]struct{ letter, from, to, field string }{
		"no currency":    {"Q", "2026-01-01", "2026-01-01", "currency"},
		"no day":         {"Z", "2026-13-01", "2026-01-01", "from"},
		"no day to":      {"Z", "2026-01-01", "soon", "to"},
		"backwards":      {"Z", "2026-02-01", "2026-01-31", "to"},
		"25 months":      {"Z", "2024-01-01", "2026-01-01", "to"},
		"all of history": {"Z", "0001-01-01", "9999-12-31", "to"},
	} {
		_, _, err := w.history.Turnover(t.Context(), w.anna.account.ID, try.letter, try.from, try.to)
		if faults, _ := fault.All(err); len(faults) != 1 || faults[0].Code != fault.InvalidInput || faults[0].Field[0] != try.field {
			t.Errorf("%s is answered with %v", name, err)
		}
	}
	if _, months, err := w.history.Turnover(t.Context(), w.anna.account.ID, "Z", "2024-02-01", "2026-01-31"); err != nil || len(months) != 0 {
		t.Errorf("24 months long ago: %v, %v", months, err)
	}
}
