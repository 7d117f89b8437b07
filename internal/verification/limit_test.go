package verification_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/verification"
)

var three = verification.Limit{Name: "knocks", Subject: "203.0.113.7", Most: 3, Window: time.Hour}

func (r room) take(l verification.Limit) error {
	_, err := postgres.InTx(context.Background(), r.db, func(tx *postgres.Tx) (int, error) { return 0, r.Take(tx, l) })
	return err
}

func TestALimitHoldsForItsWindow(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for range three.Most {
		if err := r.take(three); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(10 * time.Minute)
	}
	for range 2 { // being refused does not make it worse
		err := r.take(three)
		wantFault(t, err, fault.RateLimited)
		if faults, _ := fault.All(err); faults[0].Facts != (fault.RetryFacts{After: 30 * time.Minute}) {
			t.Errorf("one is told to wait %v, want the half hour that is left", faults[0].Facts)
		}
	}
	for what, other := range map[string]verification.Limit{
		"another subject": {Name: three.Name, Subject: "203.0.113.8", Most: 3, Window: time.Hour},
		"another name":    {Name: "rings", Subject: three.Subject, Most: 3, Window: time.Hour},
		"a shifted seam":  {Name: three.Name + three.Subject[:3], Subject: three.Subject[3:], Most: 3, Window: time.Hour},
	} {
		if err := r.take(other); err != nil {
			t.Errorf("%s is counted together with the first: %v", what, err)
		}
	}

	r.clock.Advance(30 * time.Minute)
	for range three.Most {
		if err := r.take(three); err != nil {
			t.Errorf("in the next window: %v", err)
		}
	}
	wantFault(t, r.take(three), fault.RateLimited)
}

func TestWhatFailsIsNotTakenButWhatIsCountedStays(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	failed := errors.New("failed")
	for range 5 {
		_, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (int, error) {
			return 0, errors.Join(r.Take(tx, three), failed)
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
	}
	for range three.Most {
		if err := r.Exhausted(t.Context(), three); err != nil {
			t.Errorf("before it is used up: %v", err)
		}
		if err := r.Spend(t.Context(), three); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 { // looking does not count
		wantFault(t, r.Exhausted(t.Context(), three), fault.RateLimited)
	}
	r.clock.Advance(time.Hour)
	if err := r.Exhausted(t.Context(), three); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestALimitHoldsUnderConcurrencyAtTwoServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	ten := verification.Limit{Name: "knocks", Subject: "x", Most: 10, Window: time.Hour}
	var passed atomic.Int64
	var running sync.WaitGroup
	for n := range 50 {
		running.Go(func() {
			err := []room{one, two}[n%2].take(ten)
			if err == nil {
				passed.Add(1)
			} else {
				wantFault(t, err, fault.RateLimited)
			}
		})
	}
	running.Wait()
	if passed.Load() != 10 {
		t.Errorf("%d of 50 passed, want 10", passed.Load())
	}
}

func TestCountersNameNobody(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	if err := r.take(verification.Limit{Name: "codes", Subject: phone, Most: 3, Window: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if dump := dumpOf(t, r); strings.Contains(dump, phone[1:]) || strings.Contains(dump, hex.EncodeToString([]byte(phone[1:]))) {
		t.Error("the counters' table tells whom it counts")
	}
}

func TestRow05WrongCodesInARowStopAtAHundred(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for range 20 { // five wrong codes for each challenge
		challenge := r.begin(t, verification.Transfer, phone)
		code := r.code(t, phone)
		for range verification.Attempts {
			wantFault(t, r.check(challenge.ID, verification.Transfer, wrong(code, 0)), fault.CodeRejected)
		}
	}
	challenge := r.begin(t, verification.Transfer, phone)
	wantFault(t, r.check(challenge.ID, verification.Transfer, r.code(t, phone)), fault.RateLimited)

	r.clock.Advance(24 * time.Hour)
	challenge = r.begin(t, verification.Transfer, phone)
	if err := r.check(challenge.ID, verification.Transfer, r.code(t, phone)); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

func TestRow06APhoneIsNotFloodedByRegistrations(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for range 3 {
		r.begin(t, verification.Registration, phone)
	}
	_, err := r.tryBegin(verification.Registration, phone)
	wantFault(t, err, fault.RateLimited)
	r.clock.Advance(5 * time.Minute)
	r.begin(t, verification.Registration, phone)
}
