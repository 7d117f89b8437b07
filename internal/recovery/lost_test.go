package recovery_test

import (
	"strings"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/recovery"
)

// lost begins the recovery of a lost phone and returns the token of the letter's link.
func (r room) lost(t *testing.T) string {
	t.Helper()
	if _, err := r.StartLost(from(t, "203.0.113.7"), r.anna.WMID); err != nil {
		t.Fatal(err)
	}
	token, ok := strings.CutPrefix(r.newest(t, email).Link, url+"/recover#token=")
	if !ok {
		t.Fatalf("the link is %q", r.newest(t, email).Link)
	}
	return token
}

func (r room) completeLost(t *testing.T, token, code string) (string, error) {
	t.Helper()
	return r.CompleteLost(t.Context(), recovery.CompleteLostRequest{Token: token, Code: code, NewPassword: fresh, PasswordConfirmation: fresh})
}

func TestALostPhoneIsReplacedAfterTimeToObject(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.lost(t)
	for range 3 { // a scanner follows the link
		if seen, err := r.FindLost(t.Context(), token); err != nil || seen.Question != "First ship?" || seen.ReadyAt != nil {
			t.Fatalf("seen: %+v, %v", seen, err)
		}
	}
	_, err := r.SetNewPhone(t.Context(), token, newPhone)
	wantFault(t, err, fault.StepOutOfOrder)
	_, err = r.AnswerLost(t.Context(), token, proof("Седов", ""))
	wantFault(t, err, fault.CodeRejected)
	answered, err := r.AnswerLost(t.Context(), token, proof(answer, ""))
	if err != nil || answered.ReadyAt == nil || !answered.ReadyAt.Equal(r.clock.Now().Add(delay)) {
		t.Fatalf("answered: %+v, %v", answered, err)
	}
	_, err = r.AnswerLost(t.Context(), token, proof(answer, ""))
	wantFault(t, err, fault.StepOutOfOrder)
	for _, to := range []string{phone, email} {
		if told := r.newest(t, to); !strings.Contains(told.Text, told.Link) || !strings.HasPrefix(told.Link, url+"/cancel-recovery#token=") {
			t.Errorf("%s was told %+v", to, told)
		}
	}

	r.clock.Advance(delay - time.Second)
	_, err = r.SetNewPhone(t.Context(), token, newPhone)
	wantFault(t, err, fault.StepOutOfOrder)
	_, err = r.completeLost(t, token, "123456")
	wantFault(t, err, fault.StepOutOfOrder)
	r.clock.Advance(time.Second)
	_, err = r.completeLost(t, token, "123456")
	wantFault(t, err, fault.StepOutOfOrder)
	_, err = r.SetNewPhone(t.Context(), token, "12")
	wantFault(t, err, fault.InvalidPhone)
	if _, err := r.SetNewPhone(t.Context(), token, newPhone); err != nil {
		t.Fatal(err)
	}
	code := r.newest(t, newPhone).Code
	_, err = r.completeLost(t, token, wrong(code))
	wantFault(t, err, fault.CodeRejected)
	if wmid, err := r.completeLost(t, token, code); err != nil || wmid != r.anna.WMID {
		t.Fatalf("completed: %s, %v", wmid, err)
	}
	account, err := r.people.Find(t.Context(), r.anna.ID)
	if err != nil || *account.Phone != newPhone || account.TransfersHeldUntil == nil || !r.opens(t, fresh) || r.opens(t, password) {
		t.Errorf("afterwards: %+v, %v", account, err)
	}
	if r.journal(t, journal.Recovered) != 1 || r.journal(t, journal.PhoneChanged) != 1 || r.journal(t, journal.RecoveryStarted) != 1 {
		t.Error("the log does not tell")
	}
	if told := r.newest(t, phone); !strings.Contains(told.Text, "new password") {
		t.Errorf("the old phone was told %q", told.Text)
	}
	_, err = r.completeLost(t, token, code)
	wantFault(t, err, fault.CodeExpired)
}

func TestRow18WhoeverIsToldCanStopIt(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.lost(t)
	if _, err := r.AnswerLost(t.Context(), token, proof(answer, "")); err != nil {
		t.Fatal(err)
	}
	_, cancel, _ := strings.Cut(r.newest(t, phone).Link, "#token=")
	wantFault(t, r.Cancel(t.Context(), token), fault.CodeExpired) // the one link is not the other
	_, err := r.FindLost(t.Context(), cancel)
	wantFault(t, err, fault.CodeExpired)
	if err := r.Cancel(t.Context(), cancel); err != nil {
		t.Fatal(err)
	}
	wantFault(t, r.Cancel(t.Context(), cancel), fault.CodeExpired)
	r.clock.Advance(delay)
	_, err = r.SetNewPhone(t.Context(), token, newPhone)
	wantFault(t, err, fault.CodeExpired)
	if r.journal(t, journal.RecoveryCancelled) != 1 || r.opens(t, fresh) {
		t.Error("it was not stopped")
	}
}

func TestRow09ALostPhoneDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	unconfirmed := r.person(t, "+79000000005", "later@example.com", false)
	ends, err := r.StartLost(from(t, "203.0.113.7"), email)
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"+79000000009", "nobody@example.com", unconfirmed.WMID, ""} {
		if other, err := r.StartLost(from(t, "203.0.113.7"), login); err != nil || !other.Equal(ends) {
			t.Errorf("%q: %s, %v", login, other, err)
		}
	}
	if inbox, err := r.inbox.Inbox(t.Context(), "later@example.com"); err != nil || len(inbox) != 0 {
		t.Errorf("an address that is not confirmed got %v, %v", inbox, err)
	}
	if inbox, err := r.inbox.Inbox(t.Context(), ""); err != nil || len(inbox) != 1 {
		t.Errorf("%d letters can be read, %v", len(inbox), err)
	}
}

func TestRow20ALostPhoneAsksForTheAppTooAndABackupCodeWillDo(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, backup := r.enrol(t)
	token := r.lost(t)
	if seen, err := r.FindLost(t.Context(), token); err != nil || !seen.Factors.App {
		t.Fatalf("seen: %+v, %v", seen, err)
	}
	_, err := r.AnswerLost(t.Context(), token, proof(answer, ""))
	wantFault(t, err, fault.InvalidInput)
	_, err = r.AnswerLost(t.Context(), token, proof(answer, "aaaaa-aaaaa"))
	wantFault(t, err, fault.CodeRejected)
	if answered, err := r.AnswerLost(t.Context(), token, proof(answer, backup[4])); err != nil || answered.ReadyAt == nil {
		t.Errorf("with a backup code: %+v, %v", answered, err)
	}
}

func TestALostPhonesSuccessorMustBeNobodysAndAnsweringOneEndsTheOthers(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.person(t, newPhone, "boris@example.com", true)
	first, second := r.lost(t), ""
	r.clock.Advance(time.Minute)
	second = r.lost(t)
	for _, token := range []string{first, second} {
		_, err := r.AnswerLost(t.Context(), token, proof(answer, ""))
		if token == first && err != nil {
			t.Fatal(err)
		}
		if token == second {
			wantFault(t, err, fault.CodeExpired) // answering the first has ended it
		}
	}
	r.clock.Advance(delay)
	if _, err := r.SetNewPhone(t.Context(), first, newPhone); err != nil {
		t.Fatal(err)
	}
	_, err := r.completeLost(t, first, r.newest(t, newPhone).Code)
	wantFault(t, err, fault.PhoneTaken)
	if !r.opens(t, password) {
		t.Error("the password was changed")
	}
	if _, err := r.SetNewPhone(t.Context(), first, "+79000000006"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.completeLost(t, first, r.newest(t, "+79000000006").Code); err != nil {
		t.Error(err)
	}
	r.clock.Advance(8 * 24 * time.Hour)
	_, err = r.FindLost(t.Context(), first)
	wantFault(t, err, fault.CodeExpired)
}
