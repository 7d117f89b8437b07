package transfers_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/number"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/models"
)

func TestCreateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	euros, closed := w.open(w.boris.account, "E"), w.open(w.boris.account, "Z")
	if _, err := w.wallets.Close(t.Context(), w.boris.account.ID, closed.Number); err != nil {
		t.Fatal(err)
	}
	mine := w.open(w.anna.account, "Z")
	if _, err := w.wallets.Close(t.Context(), w.anna.account.ID, mine.Number); err != nil {
		t.Fatal(err)
	}
	text := func(s string) *string { return &s }
	nobody, noone := number.NewWallet("Z"), number.NewWMID()

	for name, refused := range map[string]struct {
		change func(*transfers.Request)
		code   fault.Code
		field  string
	}{
		"a typing error in the sender":    {func(r *transfers.Request) { r.From = "Z123456789012" }, fault.InvalidWalletNumber, "from"},
		"someone else's wallet":           {func(r *transfers.Request) { r.From = w.boris.wallet.Number }, fault.WalletNotFound, "from"},
		"a wallet that is not there":      {func(r *transfers.Request) { r.From = nobody }, fault.WalletNotFound, "from"},
		"the issuer's wallet":             {func(r *transfers.Request) { r.From = "Z000000000019" }, fault.WalletNotFound, "from"},
		"a currency that is not there":    {func(r *transfers.Request) { r.From = number.NewWallet("Q") }, fault.InvalidWalletNumber, "from"},
		"a closed sender":                 {func(r *transfers.Request) { r.From = mine.Number }, fault.WalletClosed, "from"},
		"a typing error in the recipient": {func(r *transfers.Request) { r.To.WalletNumber = text("Z1") }, fault.InvalidWalletNumber, "to.walletNumber"},
		"a recipient that is not there":   {func(r *transfers.Request) { r.To.WalletNumber = &nobody }, fault.RecipientNotFound, "to.walletNumber"},
		"the system as recipient":         {func(r *transfers.Request) { r.To.WalletNumber = text("Z000000000027") }, fault.RecipientNotFound, "to.walletNumber"},
		"a closed recipient":              {func(r *transfers.Request) { r.To.WalletNumber = &closed.Number }, fault.WalletClosed, "to"},
		"another currency":                {func(r *transfers.Request) { r.To.WalletNumber = &euros.Number }, fault.CurrencyMismatch, "to"},
		"the same wallet":                 {func(r *transfers.Request) { r.To.WalletNumber = &r.From }, fault.SameWallet, "to"},
		"a typing error in the WMID":      {func(r *transfers.Request) { r.To = transfers.Recipient{WMID: text("123")} }, fault.InvalidWMID, "to.wmid"},
		"a WMID that is not there":        {func(r *transfers.Request) { r.To = transfers.Recipient{WMID: &noone} }, fault.RecipientNotFound, "to.wmid"},
		"the system's WMID":               {func(r *transfers.Request) { r.To = transfers.Recipient{WMID: text("000000000002")} }, fault.RecipientNotFound, "to.wmid"},
		"a person without such a wallet":  {func(r *transfers.Request) { r.To = transfers.Recipient{WMID: &w.operator.WMID} }, fault.RecipientHasNoWallet, "to.wmid"},
		"no phone":                        {func(r *transfers.Request) { r.To = transfers.Recipient{Phone: text("12")} }, fault.InvalidPhone, "to.phone"},
		"a phone that is not there":       {func(r *transfers.Request) { r.To = transfers.Recipient{Phone: text("+79009999999")} }, fault.RecipientNotFound, "to.phone"},
		"two recipients":                  {func(r *transfers.Request) { r.To.WMID = &noone }, fault.InvalidInput, "to"},
		"no recipient":                    {func(r *transfers.Request) { r.To = transfers.Recipient{} }, fault.InvalidInput, "to"},
		"nothing":                         {func(r *transfers.Request) { r.Amount = "0.00" }, fault.InvalidAmount, "amount"},
		"too precise":                     {func(r *transfers.Request) { r.Amount = "12.505" }, fault.InvalidAmount, "amount"},
		"not a number":                    {func(r *transfers.Request) { r.Amount = "NaN" }, fault.InvalidAmount, "amount"},
		"too large":                       {func(r *transfers.Request) { r.Amount = "92233720368547758.08" }, fault.InvalidAmount, "amount"},
		"more than there is with the fee": {func(r *transfers.Request) { r.Amount = "99.30" }, fault.InsufficientFunds, "amount"},
		"less than the fee it pays":       {func(r *transfers.Request) { r.Amount, r.FeePaidBy = "0.01", models.FeePaidByRecipient }, fault.InvalidAmount, "amount"},
		"a long memo":                     {func(r *transfers.Request) { r.Memo = strings.Repeat("ж", 256) }, fault.InvalidInput, "memo"},
		"a memo that cannot be shown":     {func(r *transfers.Request) { r.Memo = "a\x00b" }, fault.InvalidInput, "memo"},
	} {
		r := w.wish("1")
		refused.change(&r)
		_, err := w.create(r)
		faults, _ := fault.All(err)
		if len(faults) != 1 || faults[0].Code != refused.code || strings.Join(faults[0].Field, ".") != refused.field {
			t.Errorf("%s is refused with %v, want %s at %s", name, err, refused.code, refused.field)
		}
	}
	frozen, thaw := w.frozen(w.anna.account)
	if _, err := w.transfers.Create(t.Context(), frozen, w.wish("1")); !fault.Is(err, fault.AccountFrozen) {
		t.Errorf("a frozen account: %v", err)
	}
	thaw()
	if w.balance(w.anna) != 10_000 {
		t.Error("a refusal moved money")
	}
}

func TestRecipientsByWMIDAndPhoneGetItInTheirDefaultWallet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.open(w.boris.account, "Z")
	if _, err := w.wallets.SetDefault(t.Context(), w.boris.account.ID, other.Number); err != nil {
		t.Fatal(err)
	}
	phone := "+7 (900) 111-00-02"
	for _, to := range []transfers.Recipient{{WMID: &w.boris.account.WMID}, {Phone: &phone}} {
		r := w.wish("1")
		r.To = to
		if got := w.mustCreate(r).Transfer.ToNumber; got != other.Number {
			t.Errorf("it goes to %s, the default is %s", got, other.Number)
		}
	}
}

func TestTheFeeIsPaidByWhomItIsAgreedAndNotBetweenOwnWallets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.wish("10")
	r.FeePaidBy = models.FeePaidByRecipient
	asked := w.mustCreate(r)
	if _, err := w.confirm(asked.Transfer.ID, w.code(w.anna).Code); err != nil {
		t.Fatal(err)
	}
	if w.balance(w.anna) != 9000 || w.balance(w.boris) != 992 {
		t.Errorf("anna has %d, boris %d", w.balance(w.anna), w.balance(w.boris))
	}

	own := w.open(w.anna.account, "Z")
	r = w.wish("90")
	r.To = transfers.Recipient{WalletNumber: &own.Number}
	moved := w.mustCreate(r)
	if moved.Challenge != nil || moved.Transfer.Status != models.TransferCompleted || moved.Transfer.Fee != 0 || w.balance(w.anna) != 0 {
		t.Errorf("between own wallets: %+v", moved)
	}
	ledgertest.Check(t, w.db)
}

func TestARepeatGetsTheFirstResultWhateverHappenedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.wish("100")
	r.Key = uuid.New()
	r.FeePaidBy = models.FeePaidByRecipient
	asked := w.mustCreate(r)
	again := w.mustCreate(r)
	if !again.Replayed || again.Transfer.ID != asked.Transfer.ID || again.Challenge == nil || again.Challenge.ID != asked.Challenge.ID {
		t.Fatalf("while it waits: %+v", again)
	}
	if _, err := w.confirm(asked.Transfer.ID, w.code(w.anna).Code); err != nil {
		t.Fatal(err)
	}
	if _, err := w.wallets.Close(t.Context(), w.anna.account.ID, w.anna.wallet.Number); err != nil {
		t.Fatal(err)
	}
	respelled := r
	respelled.Amount, respelled.Memo = "100.00", "  "
	again = w.mustCreate(respelled)
	if !again.Replayed || again.Transfer.Status != models.TransferCompleted || again.Challenge != nil {
		t.Errorf("when the wallet is closed: %+v", again)
	}
	r.Amount = "99"
	if _, err := w.create(r); !fault.Is(err, fault.IdempotencyKeyReused) {
		t.Errorf("another request: %v", err)
	}
	// Keys belong to their account: boris may use the same one.
	theirs := transfers.Request{From: w.boris.wallet.Number, To: transfers.Recipient{WMID: &w.operator.WMID}, Amount: "1", FeePaidBy: models.FeePaidBySender, Key: r.Key}
	if _, err := w.transfers.Create(t.Context(), w.boris.account, theirs); !fault.Is(err, fault.RecipientHasNoWallet) {
		t.Errorf("boris's request with anna's key: %v", err)
	}
}

func TestThePolicyIsRaisedWithACodeAndLoweredWithout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := func(amount string, proof verification.Proof) (transfers.Policy, error) {
		return w.transfers.SetPolicy(t.Context(), w.anna.account, "Z", amount, proof)
	}
	if _, err := set("20", verification.Code("000000")); !fault.Is(err, fault.CodeExpired) {
		t.Errorf("a code before one was sent: %v", err)
	}
	asked, err := set("20", verification.Proof{})
	if err != nil || asked.Challenge == nil || asked.WithoutCodeUpTo != 0 {
		t.Fatalf("asked: %+v, %v", asked, err)
	}
	code := w.code(w.anna).Code
	if _, err := set("30", verification.Code(code)); !fault.Is(err, fault.CodeExpired) {
		t.Errorf("the code of another amount: %v", err)
	}
	if done, err := set("20", verification.Code(code)); err != nil || done.WithoutCodeUpTo != 2000 {
		t.Fatalf("raised: %+v, %v", done, err)
	}

	if small := w.mustCreate(w.wish("19.84")); small.Challenge != nil || small.Transfer.Status != models.TransferCompleted {
		t.Errorf("20.00 with the fee: %+v", small)
	}
	if large := w.mustCreate(w.wish("19.85")); large.Challenge == nil {
		t.Errorf("20.01 with the fee: %+v", large)
	}
	if lowered, err := set("0", verification.Proof{}); err != nil || lowered.WithoutCodeUpTo != 0 || lowered.Challenge != nil {
		t.Errorf("lowered: %+v, %v", lowered, err)
	}
	if again := w.mustCreate(w.wish("1")); again.Challenge == nil {
		t.Errorf("after lowering: %+v", again)
	}
	for _, bad := range []string{"-1", "x", "1e9", ""} {
		if _, err := set(bad, verification.Proof{}); !fault.Is(err, fault.InvalidAmount) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_, err = set("5.001", verification.Proof{})
	if faults, _ := fault.All(err); len(faults) != 1 || faults[0].Reason != fault.TooFine {
		t.Errorf("more digits than the currency has: %v", err)
	}
}
