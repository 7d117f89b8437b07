package factors_test

import (
	"bytes"
	"encoding/hex"
	"image/png"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/verification"
	"purser/models"
)

func TestAnAppIsOnOnlyWhenItHasShownACode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	enrolment, err := r.EnableTOTP(t.Context(), r.anna, password, factors.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(enrolment.URI)
	if err != nil || address.Scheme != "otpauth" || address.Host != "totp" || address.Query().Get("secret") != enrolment.Secret || !strings.Contains(address.Path, r.anna.WMID) {
		t.Errorf("the address is %s, %v", enrolment.URI, err)
	}
	if picture, err := png.Decode(bytes.NewReader(enrolment.QR)); err != nil || picture.Bounds().Dx() < 200 {
		t.Errorf("the picture: %v", err)
	}
	if status, err := r.Status(t.Context(), r.anna.ID); err != nil || status.TOTP {
		t.Errorf("before the first code: %+v, %v", status, err)
	}
	if c := r.begin(t, verification.LogIn); c.Method != "SMS" {
		t.Errorf("before the first code one is sent by %s", c.Method)
	}
	a := app{secret: enrolment.Secret, clock: r.clock}
	_, err = r.ConfirmTOTP(t.Context(), r.anna, a.wrong(t, 0))
	wantFault(t, err, fault.CodeRejected)
	codes, err := r.ConfirmTOTP(t.Context(), r.anna, " "+a.code(t, 0)[:3]+" "+a.code(t, 0)[3:])
	if err != nil || len(codes) != 10 {
		t.Fatalf("confirmed: %v, %v", codes, err)
	}
	if status, err := r.Status(t.Context(), r.anna.ID); err != nil || status != (factors.Status{TOTP: true, BackupCodesLeft: 10}) {
		t.Errorf("after it: %+v, %v", status, err)
	}
	if r.journal(t, journal.TOTPEnabled) != 1 {
		t.Error("the log does not tell")
	}
	for _, to := range []string{*r.anna.Phone, *r.anna.Email} {
		if inbox, err := r.inbox.Inbox(t.Context(), to); err != nil || len(inbox) == 0 || !strings.Contains(inbox[0].Text, "authenticator app") {
			t.Errorf("%s is not told: %v, %v", to, inbox, err)
		}
	}
	_, err = r.EnableTOTP(t.Context(), r.anna, password, factors.Proof{})
	wantFault(t, err, fault.StepOutOfOrder)
	_, err = r.ConfirmTOTP(t.Context(), r.anna, a.code(t, 1))
	wantFault(t, err, fault.StepOutOfOrder)
}

func TestEnrollingAgainVoidsTheFirstSecretAndWaitsAnHour(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, err := r.ConfirmTOTP(t.Context(), r.anna, "123456")
	wantFault(t, err, fault.StepOutOfOrder)
	first, err := r.EnableTOTP(t.Context(), r.anna, password, factors.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.EnableTOTP(t.Context(), r.anna, password, factors.Proof{})
	if err != nil || second.Secret == first.Secret {
		t.Fatalf("again: %v", err)
	}
	_, err = r.ConfirmTOTP(t.Context(), r.anna, app{secret: first.Secret, clock: r.clock}.code(t, 0))
	wantFault(t, err, fault.CodeRejected)
	r.clock.Advance(time.Hour + time.Second)
	_, err = r.ConfirmTOTP(t.Context(), r.anna, app{secret: second.Secret, clock: r.clock}.code(t, 0))
	wantFault(t, err, fault.StepOutOfOrder)
}

func TestRow16AnAppNeedsThePasswordAFewTimesAtMost(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for range 10 {
		_, err := r.EnableTOTP(t.Context(), r.anna, "tall ships at dusk", factors.Proof{})
		wantFault(t, err, fault.CredentialsRejected)
	}
	_, err := r.EnableTOTP(t.Context(), r.anna, password, factors.Proof{})
	wantFault(t, err, fault.RateLimited)
	r.clock.Advance(16 * time.Minute)
	if _, err := r.EnableTOTP(t.Context(), r.anna, password, factors.Proof{}); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestRow03AnAppsCodeWorksOnceAtTwoServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	a := one.enrol(t)
	two := roomOn(t, one.db, one.clock)
	two.anna = one.anna
	wantFault(t, one.try(a.code(t, 0)), fault.CodeRejected) // it has turned the app on

	for _, code := range []string{a.code(t, 1), a.backup[3]} {
		var won, refused atomic.Int32
		var running sync.WaitGroup
		for n := range 4 { // four wrong tries do not lock
			running.Go(func() {
				switch err := []room{one, two}[n%2].try(code); {
				case err == nil:
					won.Add(1)
				case fault.Is(err, fault.CodeRejected):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		running.Wait()
		if won.Load() != 1 || refused.Load() != 3 {
			t.Errorf("of four uses of %s %d won and %d were refused", code, won.Load(), refused.Load())
		}
		one.clock.Advance(10 * step)
		if err := one.try(a.code(t, 0)); err != nil { // ends the row of wrong ones
			t.Fatal(err)
		}
		one.clock.Advance(10 * step)
	}
	if one.journal(t, journal.BackupCodeUsed) != 1 {
		t.Error("the log does not tell of the backup code")
	}
	if status, err := one.Status(t.Context(), one.anna.ID); err != nil || status.BackupCodesLeft != 9 {
		t.Errorf("%+v are left, %v", status, err)
	}
}

func TestAPhonesClockMayBeOneStepOff(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.enrol(t)
	r.clock.Advance(100 * step)
	for _, off := range []int{-2, 2} {
		wantFault(t, r.try(a.code(t, off)), fault.CodeRejected)
	}
	for _, off := range []int{-1, 0, 1} {
		if err := r.try(a.code(t, off)); err != nil {
			t.Errorf("%d steps off: %v", off, err)
		}
	}
	for _, off := range []int{-1, 0, 1} { // all are used, and none older than the newest works
		wantFault(t, r.try(a.code(t, off)), fault.CodeRejected)
	}
}

func TestRow04And05FiveWrongCodesLockTheAppForAWhileWhateverTheyAreFor(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.enrol(t)
	r.clock.Advance(10 * step)
	logIn, payment := r.begin(t, verification.LogIn), r.begin(t, verification.Transfer)
	for n, try := range []func(string) error{
		func(code string) error { return r.check(logIn.ID, verification.LogIn, code) },
		func(code string) error { return r.check(payment.ID, verification.Transfer, code) },
		func(code string) error { return r.DisableTOTP(t.Context(), r.anna, factors.Code(code)) },
		func(code string) error {
			_, err := r.RenewBackupCodes(t.Context(), r.anna, factors.Code(code))
			return err
		},
		r.try,
	} {
		err := try(a.wrong(t, n))
		wantFault(t, err, fault.CodeRejected)
		if left := triesLeft(err); left != factors.Tries-1-n {
			t.Errorf("after %d wrong codes %d are said to be left", n+1, left)
		}
	}
	for _, right := range []string{a.code(t, 0), a.backup[0]} {
		wantFault(t, r.check(logIn.ID, verification.LogIn, right), fault.RateLimited)
	}
	r.clock.Advance(15*time.Minute + time.Second)
	if err := r.try(a.code(t, 0)); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestRow05AHundredWrongCodesInARowLockTheAppForADay(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.enrol(t)
	for n := range 100 {
		wantFault(t, r.try(a.wrong(t, n)), fault.CodeRejected)
		if n%factors.Tries == factors.Tries-1 && n < 99 {
			r.clock.Advance(15*time.Minute + time.Second)
		}
	}
	r.clock.Advance(23 * time.Hour)
	wantFault(t, r.try(a.code(t, 0)), fault.RateLimited)
	r.clock.Advance(time.Hour + time.Second)
	if err := r.try(a.backup[0]); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

func TestRow05TriesAtOnceAreCountedAtTwoServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	a := one.enrol(t)
	two := roomOn(t, one.db, one.clock)
	two.anna = one.anna
	var looked, locked atomic.Int32
	var running sync.WaitGroup
	for n := range 30 {
		code := a.wrong(t, n)
		running.Go(func() {
			switch err := []room{one, two}[n%2].try(code); {
			case fault.Is(err, fault.CodeRejected):
				looked.Add(1)
			case fault.Is(err, fault.RateLimited):
				locked.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	running.Wait()
	if looked.Load() != factors.Tries || locked.Load() != 30-factors.Tries {
		t.Errorf("of 30 tries at once %d were looked at", looked.Load())
	}
}

func TestAFactorIsRemovedOnlyWithAFactor(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	wantFault(t, r.DisableTOTP(t.Context(), r.anna, factors.Code("123456")), fault.StepOutOfOrder)
	a := r.enrol(t)
	wantFault(t, r.DisableTOTP(t.Context(), r.anna, factors.Code(a.wrong(t, 0))), fault.CodeRejected)
	pending := r.begin(t, verification.LogIn)
	if err := r.DisableTOTP(t.Context(), r.anna, factors.Code(strings.ToUpper(a.backup[9]))); err != nil {
		t.Fatal(err)
	}
	if status, err := r.Status(t.Context(), r.anna.ID); err != nil || status != (factors.Status{}) || r.journal(t, journal.TOTPDisabled) != 1 {
		t.Errorf("after it: %+v, %v", status, err)
	}
	for _, code := range []string{a.code(t, 1), a.backup[0]} {
		wantFault(t, r.check(pending.ID, verification.LogIn, code), fault.CodeExpired)
	}
	if c := r.begin(t, verification.LogIn); c.Method != "SMS" {
		t.Errorf("the next code comes by %s", c.Method)
	}
	// What was is over: the same account begins anew, with a lock of its own.
	if b := r.enrol(t); b.secret == a.secret {
		t.Error("the secret is the old one")
	}
}

func TestNewBackupCodesVoidTheOld(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.enrol(t)
	codes, err := r.RenewBackupCodes(t.Context(), r.anna, factors.Code(a.backup[0]))
	if err != nil || len(codes) != 10 || r.journal(t, journal.BackupCodesRenewed) != 1 {
		t.Fatalf("%v, %v", codes, err)
	}
	wantFault(t, r.try(a.backup[1]), fault.CodeRejected)
	if err := r.try(codes[1]); err != nil {
		t.Errorf("a new one: %v", err)
	}
	boris := r.person(t, "+79007654321", "boris@example.com")
	wantFault(t, r.tryOf(boris.ID, codes[2]), fault.CodeExpired) // he has no app
	seen := map[string]bool{}
	for _, code := range codes {
		seen[code] = true
	}
	if len(seen) != 10 {
		t.Errorf("some are the same: %v", codes)
	}
}

func TestWhatIsNoCodeCostsNoTry(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.enrol(t)
	challenge := r.begin(t, verification.LogIn)
	for _, typed := range []string{"", "12345", "1234567", "абвгде", "１２３４５６", "12345\x00", "aaaaa-aaa1", strings.Repeat("1", 1<<16)} {
		wantFault(t, r.try(typed), fault.InvalidInput)
		wantFault(t, r.check(challenge.ID, verification.LogIn, typed), fault.InvalidInput)
	}
	if err := r.try(a.code(t, 1)); err != nil {
		t.Error(err)
	}
	if kept, err := r.codes.Find(t.Context(), challenge.ID); err != nil || kept.AttemptsLeft != verification.Attempts {
		t.Errorf("%d attempts are left, %v", kept.AttemptsLeft, err)
	}
}

func TestACodeOfTheAppAnswersAChallengeAndNothingIsSent(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.enrol(t)
	before, err := r.inbox.Inbox(t.Context(), *r.anna.Phone)
	if err != nil {
		t.Fatal(err)
	}
	challenge := r.begin(t, verification.Transfer)
	if challenge.Method != models.ChallengeTOTP || challenge.MessageID != nil {
		t.Errorf("begun: %+v", challenge)
	}
	if after, err := r.inbox.Inbox(t.Context(), *r.anna.Phone); err != nil || len(after) != len(before) {
		t.Errorf("%d messages were sent, %v", len(after)-len(before), err)
	}
	wantFault(t, r.check(challenge.ID, verification.LogIn, a.code(t, 1)), fault.CodeExpired) // another purpose uses nothing up
	wantFault(t, r.check(challenge.ID, verification.Transfer, a.wrong(t, 0)), fault.CodeRejected)
	if err := r.check(challenge.ID, verification.Transfer, a.code(t, 1)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, r.check(challenge.ID, verification.Transfer, a.backup[0]), fault.CodeExpired)
	r.clock.Advance(2 * time.Minute)
	late := r.begin(t, verification.LogIn)
	r.clock.Advance(2 * time.Minute)
	if again, err := r.codes.Resend(t.Context(), late.ID); err != nil || !again.ExpiresAt.After(late.ExpiresAt) || again.MessageID != nil {
		t.Errorf("asked for again: %+v, %v", again, err)
	}
	r.clock.Advance(5 * time.Minute)
	wantFault(t, r.check(late.ID, verification.LogIn, a.code(t, 0)), fault.CodeExpired)
}

func TestRow08SecretsAndBackupCodesAreNotInTheDatabase(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.enrol(t)
	var dump string
	err := r.db.Pool.QueryRow(t.Context(), `SELECT (SELECT string_agg(f::text, ',') FROM totp_factors f) || (SELECT string_agg(b::text, ',') FROM backup_codes b)`).Scan(&dump)
	if err != nil || !strings.Contains(dump, r.anna.ID.String()) {
		t.Fatalf("the dump does not even show the account: %v", err)
	}
	for _, secret := range append([]string{a.secret}, a.backup...) {
		for _, trace := range []string{secret, strings.ReplaceAll(secret, "-", ""), hex.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(strings.ReplaceAll(secret, "-", "")))} {
			if strings.Contains(dump, trace) {
				t.Errorf("%s stands in the database", trace)
			}
		}
	}
}
