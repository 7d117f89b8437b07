package transfers_test

import (
	"testing"
	"time"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/models"
)

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

// frozen is an account that is frozen, as a server reads it that asks now, until it is thawed.
func (w *world) frozen(account models.Account) (frozen models.Account, thaw func()) {
	w.t.Helper()
	account.Status = models.AccountFrozen
	w.exec(`UPDATE accounts SET status = 'FROZEN' WHERE id = $1`, account.ID)
	return account, func() { w.exec(`UPDATE accounts SET status = 'ACTIVE' WHERE id = $1`, account.ID) }
}

// allow lets anna send an amount without a code.
func (w *world) allow(amount string) error {
	_, err := w.transfers.SetPolicy(w.t.Context(), w.anna.account, "Z", amount, verification.Proof{})
	if err != nil {
		return err
	}
	code := w.code(w.anna).Code
	_, err = w.transfers.SetPolicy(w.t.Context(), w.anna.account, "Z", amount, verification.Code(code))
	return err
}

func TestNoMoneyLeavesForOthersBeforeANewVersionIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.allow("5"); err != nil {
		t.Fatal(err)
	}
	done, waiting := w.wish("1"), w.mustCreate(w.wish("10"))
	w.mustCreate(done)
	code := w.code(w.anna).Code
	own := w.open(w.anna.account, "Z")

	w.exec(`INSERT INTO agreements (kind, version, title_en, title_ru, text_en, text_ru, published_at) VALUES ('TERMS_OF_TRANSFER', 2, 'T', 'T', 'T', 'T', now())`)
	for what, amount := range map[string]string{"what needs no code": "1", "what needs one": "10"} {
		if _, err := w.create(w.wish(amount)); !fault.Is(err, fault.AgreementsNotAccepted) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.confirm(waiting.Transfer.ID, code); !fault.Is(err, fault.AgreementsNotAccepted) {
		t.Errorf("what waited: %v", err)
	}
	if again := w.mustCreate(done); !again.Replayed {
		t.Errorf("a repeat of what was done: %+v", again)
	}
	inside := w.wish("1")
	inside.To = transfers.Recipient{WalletNumber: &own.Number}
	if moved := w.mustCreate(inside); moved.Transfer.Status != models.TransferCompleted {
		t.Errorf("between own wallets: %+v", moved)
	}

	if _, err := w.people.AcceptAgreements(t.Context(), w.anna.account.ID, []accounts.AgreementID{{Kind: models.TermsOfTransfer, Version: 2}}); err != nil {
		t.Fatal(err)
	}
	// The code was right, and need not be so again.
	if moved, err := w.confirm(waiting.Transfer.ID, "000000"); err != nil || moved.Status != models.TransferCompleted {
		t.Errorf("what waited, afterwards: %+v, %v", moved, err)
	}
	if moved := w.mustCreate(w.wish("1")); moved.Transfer.Status != models.TransferCompleted {
		t.Errorf("afterwards: %+v", moved)
	}
	ledgertest.Check(t, w.db)
}

func TestAfterARecoveryWhatNeedsACodeWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.allow("5"); err != nil {
		t.Fatal(err)
	}
	waiting := w.mustCreate(w.wish("10"))
	code := w.code(w.anna).Code
	w.exec(`UPDATE accounts SET transfers_held_until = $2 WHERE id = $1`, w.anna.account.ID, w.db.Now().Add(time.Minute))

	_, err := w.create(w.wish("10"))
	faults, _ := fault.All(err)
	if len(faults) != 1 || faults[0].Code != fault.TransfersHeld {
		t.Fatalf("what needs a code: %v", err)
	}
	if facts := faults[0].Facts.(fault.HoldFacts); facts.Seconds() < 1 || facts.Seconds() > 60 || facts.Until.Before(w.db.Now()) {
		t.Errorf("it is said to end at %s, in %d seconds", facts.Until, facts.Seconds())
	}
	if _, err := w.confirm(waiting.Transfer.ID, code); !fault.Is(err, fault.TransfersHeld) {
		t.Errorf("what waited for its code: %v", err)
	}
	if err := w.allow("100"); !fault.Is(err, fault.TransfersHeld) {
		t.Errorf("to allow more: %v", err)
	}
	if small := w.mustCreate(w.wish("1")); small.Transfer.Status != models.TransferCompleted {
		t.Errorf("what needs no code: %+v", small)
	}
	lowered, err := w.transfers.SetPolicy(t.Context(), w.anna.account, "Z", "1", verification.Proof{})
	if err != nil || lowered.WithoutCodeUpTo != 100 {
		t.Errorf("to allow less: %+v, %v", lowered, err)
	}
	w.later(time.Minute)
	if moved, err := w.confirm(waiting.Transfer.ID, code); err != nil || moved.Status != models.TransferCompleted {
		t.Errorf("afterwards: %+v, %v", moved, err)
	}
	ledgertest.Check(t, w.db)
}
