package transfers_test

import (
	"testing"

	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/models"
)

func TestAQuoteIsWhatATransferWouldBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	quote := func(r transfers.Request) (*transfers.Quote, error) {
		return w.transfers.Quote(t.Context(), w.anna.account, r)
	}
	q, err := quote(w.wish("50"))
	if err != nil || q.Amount != 5000 || q.Fee != 40 || q.Total != 5040 || !q.NeedsCode || q.To != (transfers.Somebody{Name: "Boris I.", Level: "PERSONAL"}) || len(q.Limits) != 3 {
		t.Fatalf("%+v, %v", q, err)
	}
	if err := w.allow("10"); err != nil {
		t.Fatal(err)
	}
	if q, err = quote(w.wish("5")); err != nil || q.NeedsCode {
		t.Errorf("%+v, %v", q, err)
	}
	w.mustCreate(w.wish("5"))
	if q, err = quote(w.wish("50")); err != nil || q.To.Name != "Boris Ivanov" {
		t.Errorf("when money has moved: %+v, %v", q, err)
	}
	q, err = quote(w.wish("1000"))
	wantFault(t, err, fault.InsufficientFunds)
	if q == nil || q.Fee != 800 {
		t.Errorf("a refusal keeps the quote: %+v", q)
	}
	if q, err = quote(w.wish("x")); q != nil || !fault.Is(err, fault.InvalidAmount) {
		t.Errorf("%+v, %v", q, err)
	}
	w.anna.account, _ = w.frozen(w.anna.account)
	_, err = quote(w.wish("5"))
	wantFault(t, err, fault.AccountFrozen)
	w.wantBalances(10000-504, 500)
	var left int
	if err := w.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM transfers WHERE kind = 'PAYMENT'`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d transfers, %v", left, err)
	}
}

// TestAQuoteAndATransferAgree asks both for all kinds of wishes: whatever is refused is refused alike.
func TestAQuoteAndATransferAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, euros := w.open(w.anna.account, "Z"), w.open(w.boris.account, "E")
	if err := w.allow("10"); err != nil {
		t.Fatal(err)
	}
	code := "short"
	for name, change := range map[string]func(*transfers.Request){
		"small":             func(*transfers.Request) {},
		"large":             func(r *transfers.Request) { r.Amount = "11" },
		"too large":         func(r *transfers.Request) { r.Amount = "100" },
		"own":               func(r *transfers.Request) { r.To.WalletNumber = &own.Number },
		"same":              func(r *transfers.Request) { r.To.WalletNumber = &w.anna.wallet.Number },
		"currency":          func(r *transfers.Request) { r.To.WalletNumber = &euros.Number },
		"wmid":              func(r *transfers.Request) { r.To = transfers.Recipient{WMID: &w.boris.account.WMID} },
		"nobody":            func(r *transfers.Request) { r.To = transfers.Recipient{Phone: ptr("+79990000000")} },
		"their wallet":      func(r *transfers.Request) { r.From = w.boris.wallet.Number },
		"recipient pays":    func(r *transfers.Request) { r.FeePaidBy = models.FeePaidByRecipient },
		"fee of everything": func(r *transfers.Request) { r.Amount, r.FeePaidBy = "0.01", models.FeePaidByRecipient },
		"protected":         func(r *transfers.Request) { r.Protection = &transfers.Protection{Kind: "CODE", Code: &code, Days: 5} },
	} {
		r := w.wish("3")
		change(&r)
		q, asked := w.transfers.Quote(t.Context(), w.anna.account, r)
		result, done := w.create(r)
		if (asked == nil) != (done == nil) || (asked != nil && asked.Error() != done.Error()) {
			t.Errorf("%s: the quote says %v, the transfer %v", name, asked, done)
		}
		if done == nil && (q.NeedsCode != (result.Challenge != nil) || q.Total != result.Transfer.Debit() || q.Fee != result.Transfer.Fee) {
			t.Errorf("%s: %+v became %+v", name, q, result.Transfer.Transfer)
		}
	}
}

func TestRecipientsAreShownAndBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	find := func(to transfers.Recipient, letter string) (transfers.Somebody, bool, error) {
		return w.transfers.Recipient(t.Context(), w.anna.account, to, letter)
	}
	for what, to := range map[string]transfers.Recipient{"wallet": {WalletNumber: &w.boris.wallet.Number}, "WMID": {WMID: &w.boris.account.WMID}, "phone": {Phone: w.boris.account.Phone}} {
		if who, ok, err := find(to, "Z"); err != nil || !ok || who.Name != "Boris I." {
			t.Errorf("by %s: %+v, %v, %v", what, who, ok, err)
		}
		if _, ok, err := find(to, "E"); err != nil || ok {
			t.Errorf("by %s, without a wallet: %v, %v", what, ok, err)
		}
		if _, ok, err := find(to, "?"); err != nil || ok {
			t.Errorf("by %s, of no currency: %v, %v", what, ok, err)
		}
	}
	_, _, err := find(transfers.Recipient{WMID: ptr("123456789012")}, "Z")
	wantFault(t, err, fault.InvalidWMID)
	for range 600 {
		_ = w.codes.Spend(t.Context(), verification.Limit{Name: "recipients", Subject: w.anna.account.ID.String(), Most: 600, Window: 3600e9})
	}
	_, _, err = find(transfers.Recipient{WMID: &w.boris.account.WMID}, "Z")
	wantFault(t, err, fault.RateLimited)
	_, err = w.transfers.Quote(t.Context(), w.anna.account, w.wish("1"))
	wantFault(t, err, fault.RateLimited)
}

func TestANameIsNotHadForNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.protected("1", models.ProtectedByCode, 1)
	if name := sent.ToName(w.anna.account.ID); name != "Boris I." {
		t.Errorf("while it is protected: %q", name)
	}
	if _, err := w.transfers.Cancel(t.Context(), w.anna.account.ID, sent.ID); err != nil {
		t.Fatal(err)
	}
	if q, err := w.transfers.Quote(t.Context(), w.anna.account, w.wish("1")); err != nil || q.To.Name != "Boris I." {
		t.Errorf("when it has come back: %+v, %v", q, err)
	}
}

func TestNobodyGoesThroughAListOfNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 600 {
		_ = w.codes.Spend(t.Context(), verification.Limit{Name: "recipients", Subject: w.anna.account.ID.String(), Most: 600, Window: 3600e9})
	}
	r := w.wish("1")
	r.To = transfers.Recipient{WMID: ptr(number.NewWMID())}
	_, err := w.create(r)
	wantFault(t, err, fault.RateLimited)
	_, err = w.create(w.wish("1000000")) // somebody whom it would find is refused alike
	wantFault(t, err, fault.RateLimited)
	_, err = w.create(w.wish("1")) // and so is what would tell by asking for a code
	wantFault(t, err, fault.RateLimited)
	if err := w.allow("10"); err != nil {
		t.Fatal(err)
	}
	w.mustCreate(w.wish("1")) // who pays is not bounded
}

func ptr[T any](v T) *T { return &v }
