package recovery_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/number"
	"purser/internal/recovery"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

func TestRow20ARecoverySetsThePasswordEndsEverySessionAndSignsNobodyIn(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	trusted, err := r.sessions.Open(t.Context(), r.anna, sessions.Device{Name: "Pixel 9", Platform: "ANDROID"}, true)
	if err != nil {
		t.Fatal(err)
	}
	_, waiting, err := r.sessions.LogIn(from(t, "203.0.113.9"), sessions.LogInRequest{Login: phone, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	logInCode := r.newest(t, phone).Code

	begun := r.start(t, r.anna.WMID)
	if begun.Question != "" || !begun.ExpiresAt.Equal(r.clock.Now().Add(ttl)) {
		t.Errorf("begun: %+v", begun)
	}
	_, err = r.complete(t, begun.Token, answer, "")
	wantFault(t, err, fault.StepOutOfOrder)
	code := r.newest(t, phone).Code
	_, err = r.VerifyCode(t.Context(), begun.Token, wrong(code))
	wantFault(t, err, fault.CodeRejected)
	for range 2 { // the second is for a client whose answer was lost
		verified, err := r.VerifyCode(t.Context(), begun.Token, code)
		if err != nil || verified.Question != "First ship?" || verified.Factors.App {
			t.Fatalf("verified: %+v, %v", verified, err)
		}
	}

	_, err = r.Complete(t.Context(), recovery.CompleteRequest{Token: begun.Token, Proof: proof(answer, ""), NewPassword: fresh, PasswordConfirmation: "x"})
	wantFault(t, err, fault.PasswordMismatch)
	_, err = r.Complete(t.Context(), recovery.CompleteRequest{Token: begun.Token, Proof: proof(answer, ""), NewPassword: "password", PasswordConfirmation: "password"})
	wantFault(t, err, fault.PasswordTooWeak)
	wmid, err := r.complete(t, begun.Token, "  КРУЗЕНШТЕРН ", "")
	if err != nil || wmid != r.anna.WMID {
		t.Fatalf("completed: %s, %v", wmid, err)
	}

	for range 2 {
		_, err = r.complete(t, begun.Token, answer, "")
		wantFault(t, err, fault.CodeExpired)
	}
	if _, err := r.sessions.Refresh(t.Context(), trusted.Refresh); !fault.Is(err, fault.SessionExpired) {
		t.Errorf("the session that was open: %v", err)
	}
	if _, err := r.sessions.ConfirmLogIn(t.Context(), waiting.ID, verification.Code(logInCode), false); !fault.Is(err, fault.CodeExpired) {
		t.Errorf("a log-in with the old password: %v", err)
	}
	tokens, challenge, err := r.sessions.LogIn(from(t, "203.0.113.9"), sessions.LogInRequest{Login: phone, Password: fresh, TrustToken: trusted.DeviceTrust})
	if err != nil || tokens != nil || challenge == nil {
		t.Errorf("the device that was trusted gets %v, %v", tokens, err)
	}
	if r.opens(t, password) || !r.opens(t, fresh) {
		t.Error("the password is not the new one")
	}
	account, err := r.people.Find(t.Context(), r.anna.ID)
	if err != nil || account.TransfersHeldUntil == nil || !account.TransfersHeldUntil.Equal(r.clock.Now().Add(hold)) {
		t.Errorf("transfers are held until %v, %v", account.TransfersHeldUntil, err)
	}
	if r.journal(t, journal.RecoveryStarted) != 1 || r.journal(t, journal.Recovered) != 1 {
		t.Error("the log does not tell")
	}
	for _, to := range []string{phone, email} {
		inbox, err := r.inbox.Inbox(t.Context(), to)
		if err != nil || !strings.Contains(fmt.Sprint(inbox), "new password") {
			t.Errorf("%s was told %v, %v", to, inbox, err)
		}
	}
}

func TestRow09ARecoveryDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	closed := r.person(t, "+79000000005", "closed@example.com", true)
	if _, err := r.db.Pool.Exec(t.Context(), `UPDATE accounts SET status = 'CLOSED' WHERE id = $1`, closed.ID); err != nil {
		t.Fatal(err)
	}
	known := r.start(t, phone)
	if known.Challenge.Target != phone {
		t.Fatalf("the code goes to %q", known.Challenge.Target)
	}
	for what, login := range map[string]string{
		"an unknown phone": "+79000000009", "an unknown WMID": number.NewWMID(), "an unknown address": "nobody@example.com",
		"nonsense": "' OR true --\x00", "nothing": "", "a closed account": closed.WMID, "the system": "000000000002",
	} {
		begun := r.start(t, login)
		c, k := begun.Challenge, known.Challenge
		if len(begun.Token) != len(known.Token) || !begun.ExpiresAt.Equal(known.ExpiresAt) || c.Method != k.Method || c.AttemptsLeft != k.AttemptsLeft ||
			!c.ExpiresAt.Equal(k.ExpiresAt) || !c.ResendAt.Equal(k.ResendAt) || c.MessageID == nil || c.Purpose != k.Purpose {
			t.Errorf("%s: %+v, %+v", what, begun, c)
		}
		for n := range verification.Attempts {
			_, err := r.VerifyCode(t.Context(), begun.Token, fmt.Sprintf("%06d", n))
			wantFault(t, err, fault.CodeRejected)
		}
		_, err := r.VerifyCode(t.Context(), begun.Token, "123456")
		wantFault(t, err, fault.CodeExpired)
		_, err = r.complete(t, begun.Token, answer, "")
		wantFault(t, err, fault.StepOutOfOrder)
		r.clock.Advance(time.Minute)
		if again, err := r.codes.Resend(t.Context(), c.ID); err != nil || again.AttemptsLeft != verification.Attempts {
			t.Errorf("%s, sent again: %+v, %v", what, again, err)
		}
		r.clock.Advance(2 * time.Hour)
		known = r.start(t, phone)
	}
	if inbox, err := r.inbox.Inbox(t.Context(), *closed.Phone); err != nil || len(inbox) != 0 {
		t.Errorf("the closed account got %v, %v", inbox, err)
	}
	var queued, nowhere int
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE state = 'QUEUED' AND recipient_mac IS NULL), count(*) FILTER (WHERE recipient_mac IS NULL) FROM messages`).Scan(&queued, &nowhere); err != nil {
		t.Fatal(err)
	}
	if queued != 0 || nowhere != 14 {
		t.Errorf("%d messages to nobody are queued of %d, want none of 14", queued, nowhere)
	}
}

func TestRow09AFloodedPhoneDoesNotTellThatTwoLoginsAreOneAccounts(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for n := range 6 {
		begun, err := r.Start(from(t, fmt.Sprintf("203.0.113.%d", n)), []string{phone, r.anna.WMID, email}[n%3])
		if err != nil || begun.Challenge == nil {
			t.Errorf("start %d: %v", n, err)
		}
	}
	if inbox, err := r.inbox.Inbox(t.Context(), phone); err != nil || len(inbox) != 3 {
		t.Errorf("the phone got %d codes in a burst, %v", len(inbox), err)
	}
	for n := range 5 {
		if _, err := r.Start(from(t, "198.51.100.9"), "nobody@example.com"); err != nil {
			t.Errorf("start %d: %v", n, err)
		}
	}
	for _, login := range []string{"nobody@example.com"} {
		_, err := r.Start(from(t, "198.51.100.9"), login)
		wantFault(t, err, fault.RateLimited)
	}
}

func TestRow21AnswersAreCountedAndNeverEnough(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, err := r.complete(t, "no token", answer, "")
	wantFault(t, err, fault.CodeExpired)
	token := r.verified(t)
	for n := range recovery.Answers {
		_, err := r.complete(t, token, "Седов", "")
		wantFault(t, err, fault.CodeRejected)
		faults, _ := fault.All(err)
		if left := faults[0].Facts.(fault.AttemptsFacts).Left; left != recovery.Answers-1-n || faults[0].Field[0] != "securityAnswer" {
			t.Errorf("after %d wrong answers: %+v", n+1, faults[0])
		}
	}
	_, err = r.complete(t, token, answer, "")
	wantFault(t, err, fault.CodeExpired)

	// Another recovery brings other answers, but not more than ten a day.
	r.clock.Advance(10 * time.Minute)
	token = r.verified(t)
	var looked, refused atomic.Int32
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			switch _, err := r.complete(t, token, "Седов", ""); {
			case fault.Is(err, fault.CodeRejected):
				looked.Add(1)
			case fault.Is(err, fault.CodeExpired), fault.Is(err, fault.RateLimited):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if looked.Load() != recovery.Answers || refused.Load() != 12-recovery.Answers {
		t.Errorf("of 12 answers at once %d were looked at", looked.Load())
	}
	r.clock.Advance(10 * time.Minute)
	_, err = r.complete(t, r.verified(t), answer, "")
	wantFault(t, err, fault.RateLimited)
	if r.opens(t, fresh) {
		t.Error("the password was changed")
	}
}

func TestRow20ARecoveryAsksForTheAppToo(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, backup := r.enrol(t)
	begun := r.start(t, phone)
	if begun.Challenge.Method != "SMS" {
		t.Errorf("the code comes by %s: the app is asked for beside the phone", begun.Challenge.Method)
	}
	verified, err := r.VerifyCode(t.Context(), begun.Token, r.newest(t, phone).Code)
	if err != nil || !verified.Factors.App {
		t.Fatalf("verified: %+v, %v", verified, err)
	}
	_, err = r.complete(t, begun.Token, answer, "")
	wantFault(t, err, fault.InvalidInput)
	_, err = r.complete(t, begun.Token, answer, "aaaaa-aaaaa")
	faults, _ := fault.All(err)
	if len(faults) != 1 || faults[0].Code != fault.CodeRejected || faults[0].Field[0] != "totpCode" {
		t.Errorf("a wrong code: %v", err)
	}
	if r.opens(t, fresh) {
		t.Error("the password was changed without the app")
	}
	if _, err := r.complete(t, begun.Token, answer, backup[0]); err != nil {
		t.Errorf("with a backup code: %v", err)
	}
	if status, err := r.factors.Status(t.Context(), r.anna.ID); err != nil || !status.TOTP {
		t.Errorf("the app is %+v, %v", status, err)
	}
}

func TestARecoveryWorksOnceAtTwoServersAndEndsTheOthers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	tokens := []string{one.verified(t), one.verified(t)}
	var done atomic.Int32
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			switch _, err := []room{one, two}[n%2].complete(t, tokens[n/4], answer, ""); {
			case err == nil:
				done.Add(1)
			case fault.Is(err, fault.CodeExpired), fault.Is(err, fault.RateLimited):
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 || one.journal(t, journal.Recovered) != 1 {
		t.Errorf("%d of 8 completions of two recoveries were done", done.Load())
	}
}

func TestARecoveryRunsOutAndItsTokenIsHashed(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.verified(t)
	var dump string
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT string_agg(x::text, '') FROM recoveries x`).Scan(&dump); err != nil || strings.Contains(dump, token) {
		t.Errorf("the token stands in the database: %v", err)
	}
	r.clock.Advance(ttl)
	_, err := r.complete(t, token, answer, "")
	wantFault(t, err, fault.CodeExpired)
	_, err = r.VerifyCode(t.Context(), token, "123456")
	wantFault(t, err, fault.CodeExpired)
	// A recovery of one kind is none of the other.
	_, err = r.FindLost(t.Context(), r.start(t, phone).Token)
	wantFault(t, err, fault.CodeExpired)
}

func TestAFrozenAccountStaysFrozen(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	if _, err := r.db.Pool.Exec(t.Context(), `UPDATE accounts SET status = 'FROZEN' WHERE id = $1`, r.anna.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.complete(t, r.verified(t), answer, ""); err != nil {
		t.Fatal(err)
	}
	if account, err := r.people.Find(t.Context(), r.anna.ID); err != nil || account.Status != models.AccountFrozen {
		t.Errorf("it is %s, %v", account.Status, err)
	}
}
