package factors_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"

	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/passkeys/passkeytest"
	"purser/internal/verification"
	"purser/models"
)

func TestRow16APasskeyIsRemovedOnlyWithAFactor(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	wantFault(t, r.RemovePasskey(t.Context(), r.anna, uuid.New(), factors.Code("123456")), fault.StepOutOfOrder)
	_, err := r.StartAssertion(t.Context(), r.anna.ID, factors.ToDisableTOTP)
	wantFault(t, err, fault.StepOutOfOrder)

	phone, key := passkeytest.New(origin), passkeytest.New(origin)
	first := r.register(t, r.anna, phone, "Phone")
	// Who has a factor adds another with it: the password and the session alone, which can be stolen together, bring none.
	_, err = r.StartPasskey(t.Context(), r.anna, password, factors.Proof{})
	wantFault(t, err, fault.InvalidInput)
	_, err = r.EnableTOTP(t.Context(), r.anna, password, factors.Proof{})
	wantFault(t, err, fault.InvalidInput)
	_, err = r.StartPasskey(t.Context(), r.anna, password, r.signed(t, phone, factors.ToRenewBackupCodes))
	wantFault(t, err, fault.CodeExpired)
	_, err = r.EnableTOTP(t.Context(), r.anna, password, factors.Code("aaaaa-aaaaa"))
	wantFault(t, err, fault.CodeRejected)
	second := r.registerWith(t, r.anna, key, "Key", r.signed(t, phone, factors.ToAdd))
	id, other := first.Passkey.ID, second.Passkey.ID
	wantFault(t, r.RemovePasskey(t.Context(), r.anna, id, factors.Proof{}), fault.InvalidInput)
	both := r.signed(t, key, factors.ToRemove(id))
	both.Code = &first.BackupCodes[0]
	wantFault(t, r.RemovePasskey(t.Context(), r.anna, id, both), fault.InvalidInput)
	wantFault(t, r.RemovePasskey(t.Context(), r.anna, id, factors.Code("aaaaa-aaaaa")), fault.CodeRejected)
	wantFault(t, r.RemovePasskey(t.Context(), r.anna, id, r.signed(t, key, factors.ToRemove(other))), fault.CodeExpired) // for another one
	wantFault(t, r.RemovePasskey(t.Context(), r.anna, id, r.signed(t, key, factors.ToRenewBackupCodes)), fault.CodeExpired)
	boris := r.person(t, "+79007654321", "boris@example.com")
	r.register(t, boris, passkeytest.New(origin), "Boris's")
	wantFault(t, r.RemovePasskey(t.Context(), boris, id, r.signed(t, key, factors.ToRemove(id))), fault.CodeExpired) // anna's ceremony
	wantFault(t, r.RemovePasskey(t.Context(), r.anna, uuid.New(), factors.Code(first.BackupCodes[1])), fault.PasskeyNotFound)
	_, err = r.RenamePasskey(t.Context(), boris.ID, id, "Mine")
	wantFault(t, err, fault.PasskeyNotFound)
	if renamed, err := r.RenamePasskey(t.Context(), r.anna.ID, id, "Old phone"); err != nil || renamed.Name != "Old phone" {
		t.Errorf("renamed: %+v, %v", renamed, err)
	}

	pending := r.begin(t, verification.LogIn)
	late := phone.Get(t, r.options(t, pending))
	if err := r.RemovePasskey(t.Context(), r.anna, id, r.signed(t, key, factors.ToRemove(id))); err != nil {
		t.Fatal(err)
	}
	wantFault(t, r.answer(pending.ID, verification.LogIn, late), fault.CodeRejected) // it is removed
	if r.journal(t, journal.PasskeyRemoved) != 1 {
		t.Error("the log does not tell")
	}
	// The last signs for its own end; the backup codes go with it.
	if err := r.RemovePasskey(t.Context(), r.anna, other, r.signed(t, key, factors.ToRemove(other))); err != nil {
		t.Fatal(err)
	}
	if status, err := r.Status(t.Context(), r.anna.ID); err != nil || status != (factors.Status{}) {
		t.Errorf("after it: %+v, %v", status, err)
	}
	wantFault(t, r.check(pending.ID, verification.LogIn, first.BackupCodes[2]), fault.CodeExpired)
	if c := r.begin(t, verification.LogIn); c.Method != "SMS" {
		t.Errorf("the next code comes by %s", c.Method)
	}
}

func TestAnAppAndPasskeysStandSideBySide(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	d := passkeytest.New(origin)
	first := r.register(t, r.anna, d, "Pixel")
	_, err := r.ConfirmTOTP(t.Context(), r.anna, "123456")
	wantFault(t, err, fault.StepOutOfOrder) // none was begun
	a := r.enrolWith(t, r.signed(t, d, factors.ToAdd))
	wantFault(t, r.try(first.BackupCodes[0]), fault.CodeRejected) // confirmTotp has shown new ones

	r.clock.Advance(10 * step)
	for _, how := range []string{"the app", "the passkey", "a backup code"} {
		c := r.begin(t, verification.LogIn)
		if c.Method != models.ChallengeTOTP {
			t.Errorf("the method is %s", c.Method)
		}
		switch how {
		case "the app":
			err = r.check(c.ID, verification.LogIn, a.code(t, 0))
		case "the passkey":
			err = r.answer(c.ID, verification.LogIn, d.Get(t, r.options(t, c)))
		default:
			err = r.check(c.ID, verification.LogIn, a.backup[0])
		}
		if err != nil {
			t.Errorf("with %s: %v", how, err)
		}
	}

	// Wrong codes lock codes, and not the passkey: a stranger who guesses does not lock the owner out.
	for n := range factors.Tries {
		wantFault(t, r.try(a.wrong(t, n)), fault.CodeRejected)
	}
	wantFault(t, r.try(a.backup[1]), fault.RateLimited)
	if err := r.DisableTOTP(t.Context(), r.anna, r.signed(t, d, factors.ToDisableTOTP)); err != nil {
		t.Fatal(err)
	}
	status, err := r.Status(t.Context(), r.anna.ID)
	if err != nil || status.TOTP || status.BackupCodesLeft != 9 {
		t.Errorf("without the app: %+v, %v", status, err)
	}
	wantFault(t, r.try(a.backup[1]), fault.RateLimited) // the lock stays
	if c := r.begin(t, verification.LogIn); c.Method != models.ChallengePasskey {
		t.Errorf("without the app the method is %s", c.Method)
	}
	r.clock.Advance(10 * step * 30)
	wantFault(t, r.try(a.code(t, 0)), fault.CodeRejected)
	if err := r.try(a.backup[1]); err != nil {
		t.Errorf("a backup code: %v", err)
	}
	enrolment, err := r.EnableTOTP(t.Context(), r.anna, password, r.signed(t, d, factors.ToAdd)) // which counts for nothing before its first code
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, r.try(app{secret: enrolment.Secret, clock: r.clock}.code(t, 0)), fault.CodeRejected)
}

func TestAnOperatorKeepsAFactorAtTwoServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	d := passkeytest.New(origin)
	added := one.register(t, one.anna, d, "Pixel")
	a := one.enrolWith(t, factors.Code(added.BackupCodes[0]))
	if _, err := one.db.Pool.Exec(t.Context(), `UPDATE accounts SET role = 'OPERATOR' WHERE id = $1`, one.anna.ID); err != nil {
		t.Fatal(err)
	}
	// Both requests began before: they know a person.
	var errs [2]error
	var running sync.WaitGroup
	running.Go(func() { errs[0] = one.DisableTOTP(context.Background(), one.anna, factors.Code(a.backup[0])) })
	running.Go(func() {
		errs[1] = two.RemovePasskey(context.Background(), one.anna, added.Passkey.ID, factors.Code(a.backup[1]))
	})
	running.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || (!fault.Is(errs[0], fault.SecondFactorRequired) && !fault.Is(errs[1], fault.SecondFactorRequired)) {
		t.Errorf("of two removals at once: %v", errs)
	}
	status, err := one.Status(t.Context(), one.anna.ID)
	if keys, _ := one.Passkeys(t.Context(), one.anna.ID); err != nil || (len(keys) == 1) == status.TOTP || status.BackupCodesLeft != 9 {
		t.Errorf("%d passkeys and %+v are left, %v", len(keys), status, err)
	}
}
