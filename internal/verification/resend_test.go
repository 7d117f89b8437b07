package verification_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/verification"
	"purser/models"
)

func TestRow06ResendHasACooldownAndVoidsTheOldCode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	old := r.code(t, phone)
	wantFault(t, r.check(challenge.ID, verification.LogIn, wrong(old, 0)), fault.CodeRejected)

	r.clock.Advance(cool - time.Second)
	_, err := r.Resend(t.Context(), challenge.ID)
	wantFault(t, err, fault.RateLimited)
	if faults, _ := fault.All(err); faults[0].Facts.(fault.RetryFacts).Seconds() != 1 {
		t.Errorf("a second before it may be sent again, one is told to wait %v", faults[0].Facts)
	}
	r.clock.Advance(time.Second)
	again, err := r.Resend(t.Context(), challenge.ID)
	if err != nil {
		t.Fatal(err)
	}
	if again.AttemptsLeft != verification.Attempts || !again.ExpiresAt.Equal(r.clock.Now().Add(ttl)) {
		t.Errorf("the new code has %d attempts until %s", again.AttemptsLeft, again.ExpiresAt)
	}
	fresh := r.code(t, phone)
	if fresh != old {
		wantFault(t, r.check(challenge.ID, verification.LogIn, old), fault.CodeRejected)
	}
	if err := r.check(challenge.ID, verification.LogIn, fresh); err != nil {
		t.Errorf("the new code: %v", err)
	}
}

// TestAResendWithdrawsTheMessageOfTheOldCode: it would be delivered dead.
func TestAResendWithdrawsTheMessageOfTheOldCode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	r.clock.Advance(cool)
	again, err := r.Resend(t.Context(), challenge.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := r.Find(t.Context(), challenge.ID)
	if err != nil || kept.MessageID == nil || *kept.MessageID != *again.MessageID || *kept.MessageID == *challenge.MessageID {
		t.Fatalf("the challenge is %+v, %v; the resend answered %v", kept, err, again.MessageID)
	}
	states, err := r.inbox.States(t.Context(), []uuid.UUID{*challenge.MessageID, *again.MessageID})
	if err != nil || states[*challenge.MessageID] != models.MessageAbandoned || states[*again.MessageID] != models.MessageQueued {
		t.Errorf("the old and the new message are %v, %v", states, err)
	}
}

func TestRow06ABurstOfResendsSendsOne(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	r.clock.Advance(cool)
	var sent atomic.Int64
	var running sync.WaitGroup
	for range 20 {
		running.Go(func() {
			_, err := r.Resend(t.Context(), challenge.ID)
			if err == nil {
				sent.Add(1)
			} else {
				wantFault(t, err, fault.RateLimited)
			}
		})
	}
	running.Wait()
	if sent.Load() != 1 {
		t.Errorf("%d codes were sent, want 1", sent.Load())
	}
}

func TestRow06OnePhoneGetsSoManyCodesADay(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for range perDay - 1 {
		r.begin(t, verification.LogIn, phone)
	}
	last := r.begin(t, verification.LogIn, phone)
	r.clock.Advance(cool)
	for what, ask := range map[string]func() error{
		"another log-in": func() error { _, err := r.tryBegin(verification.LogIn, phone); return err },
		"a resend":       func() error { _, err := r.Resend(t.Context(), last.ID); return err },
	} {
		if err := ask(); !fault.Is(err, fault.RateLimited) {
			t.Errorf("%s was answered %v", what, err)
		}
	}
	inbox, err := r.inbox.Inbox(t.Context(), phone)
	if err != nil || len(inbox) != perDay {
		t.Errorf("%d messages were sent, %v; want %d", len(inbox), err, perDay)
	}

	r.begin(t, verification.LogIn, phone2)
	r.begin(t, verification.Transfer, phone) // what a signed-in person does is counted apart
	r.clock.Advance(24 * time.Hour)
	r.begin(t, verification.LogIn, phone)
}

func TestResendIsRefusedWhereNothingIsAwaited(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	used, tired, old := r.begin(t, verification.LogIn, phone), r.begin(t, verification.LogIn, phone2), r.begin(t, verification.LogIn, "+79000000009")
	if err := r.check(used.ID, verification.LogIn, r.code(t, phone)); err != nil {
		t.Fatal(err)
	}
	for range 4 { // with the first that makes five
		r.clock.Advance(cool)
		if _, err := r.Resend(t.Context(), tired.ID); err != nil {
			t.Fatal(err)
		}
	}
	r.clock.Advance(cool)
	_, err := r.Resend(t.Context(), tired.ID)
	if faults, ok := fault.All(err); !ok || faults[0].Code != fault.CodeExpired || faults[0].Reason != "no_more_sends" {
		t.Errorf("a sixth code: %v; the fifth is good still, which is told", err)
	}
	for n := range verification.Attempts {
		err := r.check(tired.ID, verification.LogIn, wrong(r.code(t, phone2), n))
		if faults, _ := fault.All(err); n == verification.Attempts-1 && faults[0].Reason != "last_code" {
			t.Errorf("the last try of the last code: %v", err)
		}
	}
	if _, err := r.Resend(t.Context(), tired.ID); err == nil {
		t.Error("a sixth code was sent")
	} else if faults, _ := fault.All(err); faults[0].Reason != "no_more_codes" {
		t.Errorf("when the fifth is dead as well: %v", err)
	}
	r.clock.Advance(24 * time.Hour)
	for what, id := range map[string]uuid.UUID{
		"a code that was used": used.ID, "one that was sent five times": tired.ID, "one of yesterday": old.ID, "one that never was": uuid.New(),
	} {
		if _, err := r.Resend(t.Context(), id); !fault.Is(err, fault.CodeExpired) {
			t.Errorf("%s was sent again: %v", what, err)
		}
	}
}

func TestResendBringsADeadChallengeBack(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	for n := range verification.Attempts {
		wantFault(t, r.check(challenge.ID, verification.LogIn, wrong(r.code(t, phone), n)), fault.CodeRejected)
	}
	r.clock.Advance(2 * ttl)
	if _, err := r.Resend(t.Context(), challenge.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.check(challenge.ID, verification.LogIn, r.code(t, phone)); err != nil {
		t.Errorf("the new code: %v", err)
	}
}

func TestTwoServersAgreeOnAChallenge(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	challenge := one.begin(t, verification.LogIn, phone)
	code := two.code(t, phone)
	for n := range verification.Attempts - 1 {
		server := []room{one, two}[n%2]
		wantFault(t, server.check(challenge.ID, verification.LogIn, wrong(code, n)), fault.CodeRejected)
	}
	if err := two.check(challenge.ID, verification.LogIn, code); err != nil {
		t.Errorf("the last attempt, at the other server: %v", err)
	}
	wantFault(t, one.check(challenge.ID, verification.LogIn, code), fault.CodeExpired)
}
