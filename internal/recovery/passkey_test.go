package recovery_test

import (
	"testing"
	"time"

	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/passkeys"
	"purser/internal/passkeys/passkeytest"
	"purser/internal/recovery"
	"purser/models"
)

// passkey gives somebody a passkey on a device, and returns their backup codes.
func (r room) passkey(t *testing.T, who models.Account) (*passkeytest.Device, []string) {
	t.Helper()
	asked, err := r.factors.StartPasskey(t.Context(), who, password, factors.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	d := passkeytest.New(url)
	added, err := r.factors.AddPasskey(t.Context(), who, asked.ID, "Pixel", d.Create(t, asked.Options))
	if err != nil {
		t.Fatal(err)
	}
	return d, added.BackupCodes
}

// signed is an answer with what a passkey has signed for a recovery.
func (r room) signed(t *testing.T, d *passkeytest.Device, token string) recovery.Proof {
	t.Helper()
	asked, err := r.StartAssertion(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, d, asked)
}

func sign(t *testing.T, d *passkeytest.Device, asked passkeys.Ceremony) recovery.Proof {
	return recovery.Proof{Answer: answer, Proof: factors.Proof{Assertion: &factors.Assertion{Ceremony: asked.ID, Credential: d.Get(t, asked.Options)}}}
}

func (r room) completeWith(t *testing.T, token string, p recovery.Proof) error {
	t.Helper()
	_, err := r.Complete(t.Context(), recovery.CompleteRequest{Token: token, Proof: p, NewPassword: fresh, PasswordConfirmation: fresh})
	return err
}

func wantAt(t *testing.T, err error, code fault.Code, field string) {
	t.Helper()
	faults, _ := fault.All(err)
	if len(faults) != 1 || faults[0].Code != code || len(faults[0].Field) != 1 || faults[0].Field[0] != field {
		t.Errorf("answered %v, want %s at %s", err, code, field)
	}
}

func TestRow20ARecoveryAsksForAPasskeyWhereThereIsNoApp(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	d, backup := r.passkey(t, r.anna)
	begun := r.start(t, phone)
	if begun.Challenge.Method != "SMS" {
		t.Errorf("the code comes by %s: the passkey is asked for beside the phone", begun.Challenge.Method)
	}
	_, err := r.StartAssertion(t.Context(), begun.Token)
	wantFault(t, err, fault.StepOutOfOrder) // who has only the token is not told whether there is a passkey
	verified, err := r.VerifyCode(t.Context(), begun.Token, r.newest(t, phone).Code)
	if err != nil || verified.Factors.App || !verified.Factors.Passkey {
		t.Fatalf("verified: %+v, %v", verified, err)
	}
	token := begun.Token
	wantAt(t, r.completeWith(t, token, proof(answer, "")), fault.InvalidInput, "totpCode")
	both := r.signed(t, d, token)
	both.Code = &backup[0]
	wantAt(t, r.completeWith(t, token, both), fault.InvalidInput, "assertion")

	own, err := r.factors.StartAssertion(t.Context(), r.anna.ID, factors.ToRenewBackupCodes)
	if err != nil {
		t.Fatal(err)
	}
	wantAt(t, r.completeWith(t, token, sign(t, d, own)), fault.CodeExpired, "assertion") // signed for something else
	forged := d.Copy()
	forged.Forged = true
	p := r.signed(t, forged, token)
	wantAt(t, r.completeWith(t, token, p), fault.CodeRejected, "assertion")
	late := r.signed(t, d, token)
	r.clock.Advance(passkeys.TTL + time.Second)
	wantAt(t, r.completeWith(t, token, late), fault.CodeExpired, "assertion")
	if r.opens(t, fresh) {
		t.Error("the password was changed without the passkey")
	}
	if err := r.completeWith(t, token, r.signed(t, d, token)); err != nil {
		t.Fatal(err)
	}
	if keys, err := r.factors.Passkeys(t.Context(), r.anna.ID); err != nil || len(keys) != 1 || !r.opens(t, fresh) {
		t.Errorf("after it there are %d passkeys, %v", len(keys), err)
	}

	if _, err := r.complete(t, r.verified(t), answer, backup[1]); err != nil { // the way out
		t.Errorf("with a backup code: %v", err)
	}
}

func TestRow20ALostPhoneAsksForAPasskeyOfThisRecovery(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	d, _ := r.passkey(t, r.anna)
	first, second := r.lost(t), r.lost(t)
	if seen, err := r.FindLost(t.Context(), first); err != nil || !seen.Factors.Passkey {
		t.Fatalf("seen: %+v, %v", seen, err)
	}
	_, err := r.AnswerLost(t.Context(), first, r.signed(t, d, second))
	wantAt(t, err, fault.CodeExpired, "assertion")

	boris := r.person(t, "+79007654321", "boris@example.com", true)
	theirs, _ := r.passkey(t, boris)
	asked, err := r.factors.StartAssertion(t.Context(), boris.ID, "x")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.AnswerLost(t.Context(), first, sign(t, theirs, asked))
	wantAt(t, err, fault.CodeExpired, "assertion") // another account's ceremony
	if answered, err := r.AnswerLost(t.Context(), first, r.signed(t, d, first)); err != nil || answered.ReadyAt == nil {
		t.Errorf("with its passkey: %+v, %v", answered, err)
	}
	_, err = r.StartAssertion(t.Context(), "nonsense")
	wantFault(t, err, fault.CodeExpired)
}
