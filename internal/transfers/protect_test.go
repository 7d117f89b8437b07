package transfers_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/transfers"
	"purser/models"
)

const secretCode = "blue whale"

// protected is a transfer of an amount that has left anna's wallet and is out of reach.
func (w *world) protected(amount, kind string, days int) transfers.View {
	w.t.Helper()
	r := w.wish(amount)
	r.Protection = &transfers.Protection{Kind: kind, Days: days}
	if kind == models.ProtectedByCode {
		code := secretCode
		r.Protection.Code = &code
	}
	asked := w.mustCreate(r)
	view, err := w.confirm(asked.Transfer.ID, w.code(w.anna).Code)
	if err != nil || view.Status != models.TransferProtected {
		w.t.Fatalf("%s, %v", view.Status, err)
	}
	return view
}

func (w *world) accept(id uuid.UUID, code string) (transfers.View, error) {
	return w.transfers.Accept(w.t.Context(), w.boris.account.ID, id, code)
}

func (w *world) mustSettle(want int) {
	w.t.Helper()
	if n, err := w.transfers.SettleDue(w.t.Context()); err != nil || n != want {
		w.t.Fatalf("%d were due, want %d: %v", n, want, err)
	}
}

func (w *world) wantStatus(id uuid.UUID, status string) transfers.View {
	w.t.Helper()
	view, ok, err := w.transfers.Find(w.t.Context(), w.anna.account.ID, id)
	if err != nil || !ok || view.Status != status {
		w.t.Fatalf("%s (%v), want %s: %v", view.Status, ok, status, err)
	}
	return view
}

func (w *world) wantBalances(anna, boris int64) {
	w.t.Helper()
	if a, b := w.balance(w.anna), w.balance(w.boris); a != anna || b != boris {
		w.t.Errorf("anna has %d and boris %d, want %d and %d", a, b, anna, boris)
	}
	ledgertest.Check(w.t, w.db)
}

func TestProtectedMoneyIsOutOfReachUntilTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.protected("50", models.ProtectedByCode, 3)
	w.wantBalances(4960, 0) // 50.00 and the fee of 0.40
	if want := sent.PostedAt.Add(72 * time.Hour); !sent.ProtectedUntil.Equal(want) {
		t.Errorf("it ends at %v, want %v", sent.ProtectedUntil, want)
	}

	_, err := w.accept(sent.ID, "red whale")
	if f := wantFault(t, err, fault.CodeRejected); f.Facts.(fault.AttemptsFacts).Left != ledger.ProtectionAttempts-1 {
		t.Errorf("%+v", f.Facts)
	}
	for range 2 { // the second is a repeat
		view, err := w.accept(sent.ID, " "+secretCode+" ")
		if err != nil || view.Status != models.TransferCompleted {
			t.Errorf("%s, %v", view.Status, err)
		}
	}
	w.wantBalances(4960, 5000)
	if fees := w.sum("FEES"); fees != 40 {
		t.Errorf("the fee is %d", fees)
	}
	w.later(100 * 24 * time.Hour)
	w.mustSettle(0)
}

func TestTheEighthWrongCodeSendsTheMoneyBackWithTheFee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.protected("50", models.ProtectedByCode, 3)
	for left := ledger.ProtectionAttempts - 1; left >= 0; left-- {
		_, err := w.accept(sent.ID, "wrong")
		if f := wantFault(t, err, fault.CodeRejected); f.Facts.(fault.AttemptsFacts).Left != left {
			t.Fatalf("%+v, want %d", f.Facts, left)
		}
	}
	w.wantStatus(sent.ID, models.TransferReturned)
	_, err := w.accept(sent.ID, secretCode)
	wantFault(t, err, fault.TransferState)
	w.wantBalances(10000, 0)
}

func TestAHundredGuessesAtOnceAreEight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.protected("50", models.ProtectedByCode, 3)
	var all sync.WaitGroup
	var mu sync.Mutex
	judged := 0
	for i := range 100 {
		server := []*transfers.Service{w.transfers, w.twin}[i%2]
		all.Go(func() {
			_, err := server.Accept(t.Context(), w.boris.account.ID, sent.ID, "wrong")
			mu.Lock()
			defer mu.Unlock()
			if fault.Is(err, fault.CodeRejected) {
				judged++
			} else if !fault.Is(err, fault.TransferState) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if judged != ledger.ProtectionAttempts {
		t.Errorf("%d guesses were judged", judged)
	}
	w.wantStatus(sent.ID, models.TransferReturned)
	w.wantBalances(10000, 0)
}

func TestATermEndsToTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	byCode, byTime := w.protected("10", models.ProtectedByCode, 1), w.protected("20", models.ProtectedByTime, 1)
	_, err := w.accept(byTime.ID, secretCode)
	wantFault(t, err, fault.TransferState) // nothing but time ends it for the recipient
	_, err = w.transfers.Cancel(t.Context(), w.anna.account.ID, byTime.ID)
	wantFault(t, err, fault.TransferState)

	w.later(time.Until(byCode.ProtectedUntil.Add(-time.Second)))
	w.mustSettle(0)
	w.later(time.Until(byTime.ProtectedUntil.Add(time.Second)) - time.Duration(w.clock.Load())*time.Microsecond)
	_, err = w.accept(byCode.ID, secretCode)
	wantFault(t, err, fault.TransferState) // even if no server has come by yet
	_, err = w.transfers.Reject(t.Context(), w.boris.account, byTime.ID)
	wantFault(t, err, fault.TransferState)
	w.mustSettle(2)
	w.mustSettle(0)
	w.wantStatus(byCode.ID, models.TransferReturned)
	w.wantStatus(byTime.ID, models.TransferCompleted)
	w.wantBalances(10000-2000-16, 2000)
}

func TestACodeThatWasRightCountsWhateverComesBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.protected("50", models.ProtectedByCode, 1)
	// The server died after the code was found right, and comes back when the term is over.
	w.exec(`UPDATE transfers SET accepted_at = now(), settle_at = now() WHERE id = $1`, sent.ID)
	w.later(48 * time.Hour)
	w.mustSettle(1)
	w.wantStatus(sent.ID, models.TransferCompleted)
	w.wantBalances(4960, 5000)
}

func TestTheLastWrongCodeCountsWhateverComesBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.protected("50", models.ProtectedByCode, 1)
	w.exec(`UPDATE transfers SET attempts_left = 0, settle_at = now() WHERE id = $1`, sent.ID) // the server died then
	_, err := w.accept(sent.ID, secretCode)
	wantFault(t, err, fault.TransferState)
	w.mustSettle(1)
	w.wantBalances(10000, 0)
}

func TestTheSenderTakesBackWhatNobodyHasTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	untouched, tried := w.protected("10", models.ProtectedByCode, 1), w.protected("20", models.ProtectedByCode, 1)
	if _, err := w.accept(tried.ID, "wrong"); !fault.Is(err, fault.CodeRejected) {
		t.Fatal(err)
	}
	for range 2 { // the second is a repeat
		if view, err := w.transfers.Cancel(t.Context(), w.anna.account.ID, untouched.ID); err != nil || view.Status != models.TransferReturned {
			t.Errorf("%s, %v", view.Status, err)
		}
	}
	_, err := w.transfers.Cancel(t.Context(), w.anna.account.ID, tried.ID)
	wantFault(t, err, fault.TransferState)
	for range 2 {
		if view, err := w.transfers.Reject(t.Context(), w.boris.account, tried.ID); err != nil || view.Status != models.TransferReturned {
			t.Errorf("%s, %v", view.Status, err)
		}
	}
	w.wantBalances(10000, 0)
}

// TestExactlyOneEndWins lets the recipient accept and reject, the sender cancel and the clock end one transfer at the same moment, at two
// servers.
func TestExactlyOneEndWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range ledgertest.Size(10, 100) {
		sent := w.protected("1", models.ProtectedByCode, 1)
		if round%2 == 0 {
			w.exec(`UPDATE transfers SET protected_until = $2, settle_at = $2 WHERE id = $1`, sent.ID, w.db.Now().Add(3*time.Millisecond))
		}
		before := w.balance(w.boris)
		var all sync.WaitGroup
		ctx := context.Background()
		for _, s := range []*transfers.Service{w.transfers, w.twin} {
			all.Go(func() { _, _ = s.Accept(ctx, w.boris.account.ID, sent.ID, secretCode) })
			all.Go(func() { _, _ = s.Reject(ctx, w.boris.account, sent.ID) })
			all.Go(func() { _, _ = s.Cancel(ctx, w.anna.account.ID, sent.ID) })
			all.Go(func() { _, _ = s.SettleDue(ctx) })
		}
		all.Wait()
		if _, err := w.transfers.SettleDue(ctx); err != nil {
			t.Fatal(err)
		}
		view, _, err := w.transfers.Find(ctx, w.anna.account.ID, sent.ID)
		if err != nil {
			t.Fatal(err)
		}
		got := w.balance(w.boris) - before
		if (view.Status == models.TransferCompleted) != (got == 100) || (view.Status == models.TransferReturned) != (got == 0) {
			t.Fatalf("round %d: %s, and boris got %d", round, view.Status, got)
		}
	}
	ledgertest.Check(t, w.db)
}

func TestAWalletStaysOpenWhileProtectedMoneyMayComeOrReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.protected("90", models.ProtectedByTime, 1)
	if _, err := w.wallets.Close(t.Context(), w.boris.account.ID, w.boris.wallet.Number); !fault.Is(err, fault.WalletNotEmpty) {
		t.Errorf("the recipient's: %v", err)
	}
	w.exec(`UPDATE wallets SET closed_at = now(), is_default = false WHERE id = $1`, w.boris.wallet.ID) // if it were closed all the same
	w.later(25 * time.Hour)
	w.mustSettle(1)
	w.wantStatus(sent.ID, models.TransferReturned)
	w.wantBalances(10000, 0)
}

func TestProtectionsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := w.open(w.anna.account, "Z")
	long, short, spaces, nul := string(make([]rune, 256)), "abc", "   ", "ab\x00cd"
	good := secretCode
	for what, p := range map[string]transfers.Protection{
		"no term":               {Kind: models.ProtectedByTime},
		"a term of 121 days":    {Kind: models.ProtectedByTime, Days: 121},
		"a negative term":       {Kind: models.ProtectedByTime, Days: -1},
		"no code":               {Kind: models.ProtectedByCode, Days: 1},
		"a code for time":       {Kind: models.ProtectedByTime, Code: &good, Days: 1},
		"a code that is short":  {Kind: models.ProtectedByCode, Code: &short, Days: 1},
		"a code that is long":   {Kind: models.ProtectedByCode, Code: &long, Days: 1},
		"a code of spaces":      {Kind: models.ProtectedByCode, Code: &spaces, Days: 1},
		"a code with a control": {Kind: models.ProtectedByCode, Code: &nul, Days: 1},
	} {
		r := w.wish("1")
		r.Protection = &p
		_, err := w.create(r)
		if f := wantFault(t, err, fault.InvalidInput); f.Field[0] != "protection" {
			t.Errorf("%s: %v", what, f.Field)
		}
	}
	r := w.wish("1")
	r.To, r.Protection = transfers.Recipient{WalletNumber: &own.Number}, &transfers.Protection{Kind: models.ProtectedByTime, Days: 1}
	_, err := w.create(r)
	wantFault(t, err, fault.InvalidInput)
}

func TestTheProtectionIsPartOfWhatAKeyStandsFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, other := secretCode, "red whale"
	r := w.wish("1")
	r.Protection = &transfers.Protection{Kind: models.ProtectedByCode, Code: &code, Days: 1}
	w.mustCreate(r)
	if again := w.mustCreate(r); !again.Replayed {
		t.Error("a repeat is not one")
	}
	r.Protection = &transfers.Protection{Kind: models.ProtectedByCode, Code: &other, Days: 1}
	_, err := w.create(r)
	wantFault(t, err, fault.IdempotencyKeyReused)
	r.Protection = nil
	_, err = w.create(r)
	wantFault(t, err, fault.IdempotencyKeyReused)
}

func (w *world) sum(kind string) (sum int64) {
	w.t.Helper()
	if err := w.db.Pool.QueryRow(w.t.Context(), `SELECT coalesce(sum(balance), 0)::bigint FROM wallets WHERE kind = $1`, kind).Scan(&sum); err != nil {
		w.t.Fatal(err)
	}
	return sum
}
