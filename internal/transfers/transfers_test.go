package transfers_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/models"
)

func TestATransferWaitsForItsCodeAndThenMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := w.mustCreate(w.wish("10"))
	if asked.Challenge == nil || asked.Transfer.Status != models.TransferAwaitingConfirmation || w.balance(w.anna) != 10_000 {
		t.Fatalf("created: %+v", asked)
	}
	if name := asked.Transfer.ToName(w.anna.account.ID); name != "Boris I." {
		t.Errorf("a stranger is called %q", name)
	}
	sms := w.code(w.anna)
	if want := sms.Code + " confirms sending 10.00 WMZ to Boris I. (" + w.boris.wallet.Number + "), 10.08 WMZ with the fee. Not you? Don't share the code."; sms.Text != want {
		t.Errorf("the message says %q", sms.Text)
	}
	if seen, ok, err := w.transfers.Find(t.Context(), w.boris.account.ID, asked.Transfer.ID); ok || err != nil {
		t.Errorf("the recipient sees what is not confirmed: %+v, %v", seen, err)
	}

	done, err := w.confirm(asked.Transfer.ID, sms.Code)
	if err != nil || done.Status != models.TransferCompleted || w.balance(w.anna) != 10_000-1008 || w.balance(w.boris) != 1000 {
		t.Fatalf("confirmed: %+v, %v", done, err)
	}
	if name := done.ToName(w.anna.account.ID); name != "Boris Ivanov" {
		t.Errorf("an acquaintance is called %q", name)
	}
	if again, err := w.confirm(asked.Transfer.ID, "000000"); err != nil || again.Status != models.TransferCompleted || w.balance(w.boris) != 1000 {
		t.Errorf("confirmed again: %+v, %v", again, err)
	}
	ledgertest.Check(t, w.db)
}

func TestConfirmRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.mustCreate(w.wish("1")), w.mustCreate(w.wish("2"))
	secondCode := w.code(w.anna).Code

	if _, err := w.confirm(uuid.New(), secondCode); !fault.Is(err, fault.TransferNotFound) {
		t.Errorf("no such transfer: %v", err)
	}
	if _, err := w.transfers.Confirm(t.Context(), w.boris.account, second.Transfer.ID, verification.Code(secondCode)); !fault.Is(err, fault.TransferNotFound) {
		t.Errorf("someone else's: %v", err)
	}
	frozen, thaw := w.frozen(w.anna.account)
	if _, err := w.transfers.Confirm(t.Context(), frozen, second.Transfer.ID, verification.Code(secondCode)); !fault.Is(err, fault.AccountFrozen) {
		t.Errorf("a frozen account: %v", err)
	}
	thaw()
	if _, err := w.confirm(first.Transfer.ID, secondCode); !fault.Is(err, fault.CodeRejected) {
		t.Errorf("the code of another transfer: %v", err)
	}
	for _, malformed := range []string{"", "12345", "1234567", "12345a", "１２３４５６"} {
		if _, err := w.confirm(first.Transfer.ID, malformed); !fault.Is(err, fault.InvalidInput) {
			t.Errorf("%q: %v", malformed, err)
		}
	}

	w.later(5 * time.Minute)
	if _, err := w.confirm(second.Transfer.ID, secondCode); !fault.Is(err, fault.CodeExpired) {
		t.Errorf("an old code: %v", err)
	}
	if _, err := w.codes.Resend(t.Context(), second.Challenge.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.confirm(second.Transfer.ID, w.code(w.anna).Code); err != nil {
		t.Errorf("the code that was sent again: %v", err)
	}
}

func TestFiftyConfirmationsWithTheRightCodeMoveMoneyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := w.mustCreate(w.wish("3"))
	code := w.code(w.anna).Code
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if view, err := w.confirm(asked.Transfer.ID, code); err != nil || view.Status != models.TransferCompleted {
				t.Errorf("%+v, %v", view.Status, err)
			}
		})
	}
	all.Wait()
	if w.balance(w.boris) != 300 {
		t.Errorf("boris has %d", w.balance(w.boris))
	}
	ledgertest.Check(t, w.db)
}

func TestACodeThatWasRightNeedNotBeTypedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large, rest := w.mustCreate(w.wish("90")), w.mustCreate(w.wish("50"))
	restCode := w.code(w.anna).Code
	if _, err := w.codes.Find(t.Context(), large.Challenge.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.confirm(rest.Transfer.ID, restCode); err != nil {
		t.Fatal(err)
	}
	w.later(time.Minute)
	if _, err := w.codes.Resend(t.Context(), large.Challenge.ID); err != nil {
		t.Fatal(err)
	}
	code := w.code(w.anna).Code
	if _, err := w.confirm(large.Transfer.ID, code); !fault.Is(err, fault.InsufficientFunds) {
		t.Fatalf("without the money: %v", err)
	}
	w.issue(w.anna, "100")
	if _, err := w.confirm(large.Transfer.ID, ""); err != nil {
		t.Errorf("with the money: %v", err)
	}
	ledgertest.Check(t, w.db)
}

func TestCancelAndExpiryEndAWaitingTransferOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cancelled, expired, confirmed := w.mustCreate(w.wish("1")), w.mustCreate(w.wish("2")), w.mustCreate(w.wish("3"))
	code := w.code(w.anna).Code
	if _, err := w.confirm(confirmed.Transfer.ID, code); err != nil {
		t.Fatal(err)
	}
	anna := w.anna.account.ID

	for range 2 {
		if view, err := w.transfers.Cancel(t.Context(), anna, cancelled.Transfer.ID); err != nil || view.Status != models.TransferCancelled {
			t.Errorf("cancel: %+v, %v", view.Status, err)
		}
	}
	if _, err := w.transfers.Cancel(t.Context(), anna, confirmed.Transfer.ID); !fault.Is(err, fault.TransferState) {
		t.Errorf("cancel of a completed one: %v", err)
	}
	if _, err := w.transfers.Cancel(t.Context(), w.boris.account.ID, expired.Transfer.ID); !fault.Is(err, fault.TransferNotFound) {
		t.Errorf("cancel by the recipient: %v", err)
	}
	if _, err := w.confirm(cancelled.Transfer.ID, code); !fault.Is(err, fault.TransferState) {
		t.Errorf("confirm of a cancelled one: %v", err)
	}

	w.later(15 * time.Minute)
	if _, err := w.confirm(expired.Transfer.ID, code); !fault.Is(err, fault.TransferState) {
		t.Errorf("confirm after its time: %v", err)
	}
	var total atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			n, err := w.transfers.Expire(t.Context())
			if err != nil {
				t.Error(err)
			}
			total.Add(int32(n))
		})
	}
	all.Wait()
	view, _, err := w.transfers.Find(t.Context(), anna, expired.Transfer.ID)
	if total.Load() != 1 || err != nil || view.Status != models.TransferExpired {
		t.Errorf("%d expired; it is %s, %v", total.Load(), view.Status, err)
	}
	ledgertest.Check(t, w.db)
}

func TestCancelAgainstConfirmHasOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		asked := w.mustCreate(w.wish("1"))
		code := w.code(w.anna).Code
		var moved, taken atomic.Bool
		var both sync.WaitGroup
		both.Go(func() {
			_, err := w.confirm(asked.Transfer.ID, code)
			moved.Store(err == nil)
		})
		both.Go(func() {
			_, err := w.transfers.Cancel(t.Context(), w.anna.account.ID, asked.Transfer.ID)
			taken.Store(err == nil)
		})
		both.Wait()
		if moved.Load() == taken.Load() {
			t.Errorf("confirmed %t, cancelled %t", moved.Load(), taken.Load())
		}
	}
	ledgertest.Check(t, w.db)
}

func TestAPageOfTransfersEndsWhereTheNextBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.db.Pool.Exec(t.Context(), `INSERT INTO confirmation_policies (account_id, currency, without_code_upto) VALUES ($1, 'Z', 10000)`, w.anna.account.ID); err != nil {
		t.Fatal(err)
	}
	own := w.open(w.anna.account, "Z")
	var want []uuid.UUID
	for i := range 9 {
		r := w.wish("1")
		if i%3 == 0 {
			r.To = transfers.Recipient{WalletNumber: &own.Number} // both sides are hers: it is listed once
		}
		want = append([]uuid.UUID{w.mustCreate(r).Transfer.ID}, want...)
	}
	anna := w.anna.account.ID
	first, err := w.transfers.List(t.Context(), anna, transfers.Page{Limit: 100}, nil)
	if err != nil || len(first.Views) != 10 { // and the issue
		t.Fatalf("%d transfers, %v", len(first.Views), err)
	}

	var forward []uuid.UUID
	var cursor *uuid.UUID
	for {
		page, err := w.transfers.List(t.Context(), anna, transfers.Page{Limit: 4, Before: cursor}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Views) == 0 {
			break
		}
		for _, view := range page.Views {
			forward = append(forward, view.ID)
		}
		cursor = &page.Views[len(page.Views)-1].ID
	}
	if diff := cmp.Diff(want, forward[:9]); diff != "" {
		t.Errorf("forward (-want +got):\n%s", diff)
	}
	oldest, err := w.transfers.List(t.Context(), anna, transfers.Page{Limit: 3, Oldest: true, After: &forward[9]}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var backward []uuid.UUID
	for _, view := range oldest.Views {
		backward = append(backward, view.ID)
	}
	if diff := cmp.Diff(want[6:9], backward); diff != "" {
		t.Errorf("backward (-want +got):\n%s", diff)
	}
}
