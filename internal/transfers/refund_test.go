package transfers_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/transfers"
	"purser/models"
)

// paid is a payment from anna to boris that has arrived.
func (w *world) paid(amount string) transfers.View {
	w.t.Helper()
	asked := w.mustCreate(w.wish(amount))
	view, err := w.confirm(asked.Transfer.ID, w.code(w.anna).Code)
	if err != nil {
		w.t.Fatal(err)
	}
	return view
}

func (w *world) refund(id uuid.UUID, amount string) (transfers.Result, error) {
	var part *string
	if amount != "" {
		part = &amount
	}
	return w.transfers.Refund(w.t.Context(), w.boris.account, id, part, uuid.New())
}

func TestAPaymentIsSentBackInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	payment := w.paid("50")
	part, err := w.refund(payment.ID, "20.50")
	if err != nil || part.Transfer.Status != models.TransferCompleted || part.Transfer.Kind != models.TransferRefund || part.Transfer.Fee != 0 || *part.Transfer.RefundOf != payment.ID {
		t.Fatalf("%+v, %v", part.Transfer.Transfer, err)
	}
	w.wantBalances(4960+2050, 2950)
	_, err = w.refund(payment.ID, "29.51")
	if f := wantFault(t, err, fault.InvalidAmount); fmt.Sprint(f.Values["Most"]) != "29.50 WMZ" {
		t.Errorf("%+v", f.Values)
	}
	if _, err := w.refund(payment.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = w.refund(payment.ID, "")
	wantFault(t, err, fault.TransferState)
	w.wantBalances(9960, 0)
	if view := w.wantStatus(payment.ID, models.TransferCompleted); view.Refunded != 5000 {
		t.Errorf("%d was sent back", view.Refunded)
	}
}

func TestARefundIsRepeatedByItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	payment, key := w.paid("50"), uuid.New()
	for i := range 3 { // what is left changes with the first, and the repeats mean the same all the same
		again, err := w.transfers.Refund(t.Context(), w.boris.account, payment.ID, nil, key)
		if err != nil || again.Replayed != (i > 0) || again.Transfer.Amount != 5000 {
			t.Fatalf("%d: %+v, %v", i, again, err)
		}
	}
	one := "1"
	_, err := w.transfers.Refund(t.Context(), w.boris.account, payment.ID, &one, key)
	wantFault(t, err, fault.IdempotencyKeyReused)
	w.wantBalances(9960, 0)
}

func TestRefundsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	payment := w.paid("50")
	_, err := w.transfers.Refund(t.Context(), w.anna.account, payment.ID, nil, uuid.New())
	wantFault(t, err, fault.TransferNotFound) // the sender cannot take it back
	_, err = w.transfers.Refund(t.Context(), w.operator, payment.ID, nil, uuid.New())
	wantFault(t, err, fault.TransferNotFound)
	_, err = w.refund(uuid.New(), "1")
	wantFault(t, err, fault.TransferNotFound)
	for _, amount := range []string{"0", "-1", "x", "1.001"} {
		_, err = w.refund(payment.ID, amount)
		wantFault(t, err, fault.InvalidAmount)
	}
	part, err := w.refund(payment.ID, "1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.transfers.Refund(t.Context(), w.anna.account, part.Transfer.ID, nil, uuid.New())
	wantFault(t, err, fault.TransferState) // a refund is not sent back in turn

	w.exec(`UPDATE accounts SET status = 'FROZEN' WHERE id = $1`, w.boris.account.ID)
	_, err = w.refund(payment.ID, "1")
	wantFault(t, err, fault.AccountFrozen) // though this server read the account before
	w.exec(`UPDATE accounts SET status = 'ACTIVE' WHERE id = $1`, w.boris.account.ID)

	protected := w.protected("10", models.ProtectedByTime, 1)
	_, err = w.refund(protected.ID, "1")
	wantFault(t, err, fault.TransferState)

	w.later(time.Until(payment.CompletedAt.Add(90*24*time.Hour - time.Minute)))
	if _, err := w.refund(payment.ID, "1"); err != nil {
		t.Errorf("a minute before: %v", err)
	}
	w.later(time.Minute)
	_, err = w.refund(payment.ID, "1")
	wantFault(t, err, fault.TransferState)
}

func TestRefundsAtOnceNeverPassThePayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	payment := w.paid("10")
	w.issue(w.boris, "100")
	var all sync.WaitGroup
	for i := range 40 {
		server, part := []*transfers.Service{w.transfers, w.twin}[i%2], "3"
		all.Go(func() {
			_, err := server.Refund(t.Context(), w.boris.account, payment.ID, &part, uuid.New())
			if err != nil && !fault.Is(err, fault.InvalidAmount) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if view := w.wantStatus(payment.ID, models.TransferCompleted); view.Refunded != 900 {
		t.Errorf("%d was sent back", view.Refunded)
	}
	w.wantBalances(10000-1000-8+900, 10000+1000-900)
}

func TestTheRestIsSentBackBesideOtherRefunds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	payment := w.paid("10")
	w.issue(w.boris, "100")
	part := "0.70"
	var all sync.WaitGroup
	for i := range 12 {
		amount := &part
		if i > 7 {
			amount = nil
		}
		server := []*transfers.Service{w.transfers, w.twin}[i%2]
		all.Go(func() {
			_, err := server.Refund(t.Context(), w.boris.account, payment.ID, amount, uuid.New())
			if err != nil && (amount == nil || !fault.Is(err, fault.InvalidAmount)) && !fault.Is(err, fault.TransferState) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if view := w.wantStatus(payment.ID, models.TransferCompleted); view.Refunded != view.Amount {
		t.Errorf("%d of %d was sent back", view.Refunded, view.Amount)
	}
}

func TestARefundWaitsForTheHoldAfterARecovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	payment := w.paid("10")
	w.exec(`UPDATE accounts SET transfers_held_until = $2 WHERE id = $1`, w.boris.account.ID, w.db.Now().Add(time.Hour))
	_, err := w.refund(payment.ID, "1")
	wantFault(t, err, fault.TransfersHeld)
	w.later(time.Hour)
	if _, err := w.refund(payment.ID, "1"); err != nil {
		t.Error(err)
	}
}
