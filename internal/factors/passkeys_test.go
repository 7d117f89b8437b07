package factors_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/passkeys"
	"purser/internal/passkeys/passkeytest"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

// register gives somebody a passkey on a device.
func (r room) register(t *testing.T, who models.Account, d *passkeytest.Device, name string) factors.Added {
	t.Helper()
	return r.registerWith(t, who, d, name, factors.Proof{})
}

// registerWith is register for someone who has a factor.
func (r room) registerWith(t *testing.T, who models.Account, d *passkeytest.Device, name string, p factors.Proof) factors.Added {
	t.Helper()
	asked, err := r.StartPasskey(t.Context(), who, password, p)
	if err != nil {
		t.Fatal(err)
	}
	added, err := r.AddPasskey(t.Context(), who, asked.ID, name, d.Create(t, asked.Options))
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func (r room) options(t *testing.T, c models.Challenge) string {
	t.Helper()
	options, err := r.Options(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// answer checks what a passkey has signed, as a room does.
func (r room) answer(id uuid.UUID, purpose verification.Purpose, credential string) error {
	refusal, err := postgres.InTx(context.Background(), r.db, func(tx *postgres.Tx) (*fault.Fault, error) {
		return r.codes.CheckProof(tx, id, purpose, verification.Assertion(credential))
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return err
}

// signed is a proof for a change of factors.
func (r room) signed(t *testing.T, d *passkeytest.Device, subject string) factors.Proof {
	t.Helper()
	asked, err := r.StartAssertion(t.Context(), r.anna.ID, subject)
	if err != nil {
		t.Fatal(err)
	}
	return factors.Proof{Assertion: &factors.Assertion{Ceremony: asked.ID, Credential: d.Get(t, asked.Options)}}
}

func TestRow16And17APasskeyTakesThePlaceOfCodesAndIsTold(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, err := r.StartPasskey(t.Context(), r.anna, "tall ships at dusk", factors.Proof{})
	wantFault(t, err, fault.CredentialsRejected)
	if c := r.begin(t, verification.LogIn); c.Method != "SMS" || r.options(t, c) != "" {
		t.Errorf("before it, a code is sent by %s", c.Method)
	}
	d := passkeytest.New(origin)
	added := r.register(t, r.anna, d, " Pixel 9 ")
	if added.Passkey.Name != "Pixel 9" || len(added.BackupCodes) != 10 || added.Passkey.LastUsedAt != nil || !added.Passkey.BackupEligible ||
		added.Passkey.Transports != "internal,hybrid" {
		t.Errorf("added: %+v", added)
	}
	if r.journal(t, journal.PasskeyAdded) != 1 {
		t.Error("the log does not tell")
	}
	for _, to := range []string{*r.anna.Phone, *r.anna.Email} {
		if inbox, err := r.inbox.Inbox(t.Context(), to); err != nil || len(inbox) == 0 || !strings.Contains(inbox[0].Text, "Pixel 9") {
			t.Errorf("%s is not told: %v, %v", to, inbox, err)
		}
	}

	before, err := r.inbox.Inbox(t.Context(), *r.anna.Phone)
	if err != nil {
		t.Fatal(err)
	}
	c := r.begin(t, verification.Transfer)
	if c.Method != models.ChallengePasskey || c.MessageID != nil {
		t.Errorf("begun: %+v", c)
	}
	if err := r.answer(c.ID, verification.Transfer, d.Get(t, r.options(t, c))); err != nil {
		t.Fatal(err)
	}
	if after, err := r.inbox.Inbox(t.Context(), *r.anna.Phone); err != nil || len(after) != len(before) {
		t.Errorf("%d messages were sent, %v", len(after)-len(before), err)
	}
	keys, err := r.Passkeys(t.Context(), r.anna.ID)
	if err != nil || len(keys) != 1 || keys[0].LastUsedAt == nil || !keys[0].LastUsedAt.Equal(r.clock.Now()) || keys[0].SignCount != 1 {
		t.Errorf("after it: %+v, %v", keys, err)
	}
	for _, code := range []string{"000000", added.BackupCodes[0]} { // a backup code is the way out, and no app's code is right
		c := r.begin(t, verification.LogIn)
		if err := r.check(c.ID, verification.LogIn, code); (err == nil) != (code == added.BackupCodes[0]) {
			t.Errorf("%s: %v", code, err)
		}
	}
	if again := r.registerWith(t, r.anna, passkeytest.New(androidApp), "Phone", r.signed(t, d, factors.ToAdd)); len(again.BackupCodes) != 0 {
		t.Error("a second passkey makes backup codes")
	}
}

func TestRow07WhatAPasskeyHasSignedIsForItsChallengeAlone(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	d := passkeytest.New(origin)
	r.register(t, r.anna, d, "Pixel")
	logIn, payment := r.begin(t, verification.LogIn), r.begin(t, verification.Transfer)
	signed := d.Get(t, r.options(t, logIn))
	wantFault(t, r.answer(payment.ID, verification.Transfer, signed), fault.CodeRejected)
	wantFault(t, r.answer(logIn.ID, verification.Transfer, signed), fault.CodeExpired)
	if err := r.answer(logIn.ID, verification.LogIn, signed); err != nil {
		t.Errorf("for what it is for: %v", err)
	}
	wantFault(t, r.answer(logIn.ID, verification.LogIn, signed), fault.CodeExpired) // replayed

	r.clock.Advance(2 * time.Minute)
	old := d.Get(t, r.options(t, payment))
	renewed, err := r.codes.Resend(t.Context(), payment.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, r.answer(payment.ID, verification.Transfer, old), fault.CodeRejected) // row 6: asked for again, the first is void
	late := d.Get(t, r.options(t, renewed))
	r.clock.Advance(5*time.Minute + time.Second)
	wantFault(t, r.answer(payment.ID, verification.Transfer, late), fault.CodeExpired)

	boris, theirs := r.person(t, "+79007654321", "boris@example.com"), passkeytest.New(origin)
	r.register(t, boris, theirs, "Boris's")
	c := r.begin(t, verification.Transfer) // anna's
	var asked struct{ Challenge string }
	if err := json.Unmarshal([]byte(r.options(t, c)), &asked); err != nil || asked.Challenge == "" {
		t.Fatal(err)
	}
	wantFault(t, r.answer(c.ID, verification.Transfer, theirs.Sign(t, theirs.Newest(), "pay.example", asked.Challenge)), fault.CodeRejected)
}

func TestWhatIsWrongInOneWayIsRefused(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	d := passkeytest.New(origin)
	r.register(t, r.anna, d, "Pixel")
	for what, change := range map[string]func(*passkeytest.Device){
		"another origin":          func(d *passkeytest.Device) { d.Origin = "https://pay.example.evil.example" },
		"an origin in the clear":  func(d *passkeytest.Device) { d.Origin = "http://pay.example" },
		"another port":            func(d *passkeytest.Device) { d.Origin = "https://pay.example:8443" },
		"another app":             func(d *passkeytest.Device) { d.Origin = strings.ToLower(androidApp) },
		"another domain":          func(d *passkeytest.Device) { d.RPID = "evil.example" },
		"nobody was verified":     func(d *passkeytest.Device) { d.Unverified = true },
		"a signature by another":  func(d *passkeytest.Device) { d.Forged = true },
		"another person's handle": func(d *passkeytest.Device) { id := uuid.New(); d.Handle = id[:] },
		"another challenge":       func(d *passkeytest.Device) { d.Challenge = strings.Repeat("A", 43) },
		"an empty challenge":      func(d *passkeytest.Device) { d.Challenge = "=" },
	} {
		wrong := d.Copy()
		change(wrong)
		c := r.begin(t, verification.Transfer)
		err := r.answer(c.ID, verification.Transfer, wrong.Get(t, r.options(t, c)))
		wantFault(t, err, fault.CodeRejected)
		if left := triesLeft(err); left != verification.Attempts-1 {
			t.Errorf("%s: %d attempts are left, %v", what, left, err)
		}
		d.Count = wrong.Count
		if err := r.answer(c.ID, verification.Transfer, d.Get(t, r.options(t, c))); err != nil {
			t.Errorf("after %s, the right one: %v", what, err)
		}
	}
	c := r.begin(t, verification.Transfer)
	app := d.Copy()
	app.Origin = androidApp
	if err := r.answer(c.ID, verification.Transfer, app.Get(t, r.options(t, c))); err != nil {
		t.Errorf("in the app: %v", err)
	}

	sent := r.begin(t, verification.LogIn)
	for _, text := range []string{"", "{}", "null", "x\x00", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, strings.Repeat("[", 1<<16)} {
		wantFault(t, r.answer(sent.ID, verification.LogIn, text), fault.InvalidInput)
	}
	if kept, err := r.codes.Find(t.Context(), sent.ID); err != nil || kept.AttemptsLeft != verification.Attempts {
		t.Errorf("what is no answer costs: %d attempts are left, %v", kept.AttemptsLeft, err)
	}
}

func TestRow03WhatAPasskeyHasSignedWorksOnceAtTwoServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	two.anna = one.anna
	d := passkeytest.New(origin)
	added := one.register(t, one.anna, d, "Pixel")
	c := one.begin(t, verification.Transfer)
	signed := d.Get(t, one.options(t, c))
	proof := one.signed(t, d, factors.ToRenewBackupCodes)
	for _, way := range []struct { // in the order of signing: a counter that runs backwards is refused
		what string
		use  func(room) error
	}{
		{"a challenge", func(r room) error { return r.answer(c.ID, verification.Transfer, signed) }},
		{"a ceremony", func(r room) error { _, err := r.RenewBackupCodes(context.Background(), r.anna, proof); return err }},
	} {
		var won, late atomic.Int32
		var running sync.WaitGroup
		for n := range 6 {
			running.Go(func() {
				switch err := way.use([]room{one, two}[n%2]); {
				case err == nil:
					won.Add(1)
				case fault.Is(err, fault.CodeExpired):
					late.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		running.Wait()
		if won.Load() != 1 || late.Load() != 5 {
			t.Errorf("of six uses of %s %d won and %d were late", way.what, won.Load(), late.Load())
		}
	}
	wantFault(t, one.try(added.BackupCodes[0]), fault.CodeRejected) // renewed
}

func TestAPasskeyIsAddedByTheOneWhoAskedOnceAndInTime(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	boris := r.person(t, "+79007654321", "boris@example.com")
	start := func() passkeys.Ceremony {
		t.Helper()
		asked, err := r.StartPasskey(t.Context(), r.anna, password, factors.Proof{})
		if err != nil {
			t.Fatal(err)
		}
		return asked
	}
	asked := start()
	good := passkeytest.New(origin).Create(t, asked.Options)
	_, err := r.AddPasskey(t.Context(), boris, asked.ID, "Pixel", good)
	wantFault(t, err, fault.CodeExpired)
	_, err = r.AddPasskey(t.Context(), r.anna, uuid.New(), "Pixel", good)
	wantFault(t, err, fault.CodeExpired)
	for _, name := range []string{"", " ", "\u202e", strings.Repeat("x", 101)} {
		_, err = r.AddPasskey(t.Context(), r.anna, asked.ID, name, good)
		wantFault(t, err, fault.InvalidInput)
	}
	for _, text := range []string{"", "{}", `"x"`, strings.Repeat("x", 1<<15)} {
		_, err = r.AddPasskey(t.Context(), r.anna, asked.ID, "Pixel", text)
		wantFault(t, err, fault.InvalidInput)
	}
	start() // voids the first
	_, err = r.AddPasskey(t.Context(), r.anna, asked.ID, "Pixel", good)
	wantFault(t, err, fault.CodeExpired)

	for what, change := range map[string]func(*passkeytest.Device){
		"another origin":      func(d *passkeytest.Device) { d.Origin = "https://evil.example" },
		"another domain":      func(d *passkeytest.Device) { d.RPID = "evil.example" },
		"nobody was verified": func(d *passkeytest.Device) { d.Unverified = true },
		"another challenge":   func(d *passkeytest.Device) { d.Challenge = strings.Repeat("A", 43) },
	} {
		asked, d := start(), passkeytest.New(origin)
		change(d)
		if _, err := r.AddPasskey(t.Context(), r.anna, asked.ID, "Pixel", d.Create(t, asked.Options)); !fault.Is(err, fault.InvalidInput) {
			t.Errorf("%s: %v", what, err)
		}
		_, err := r.AddPasskey(t.Context(), r.anna, asked.ID, "Pixel", passkeytest.New(origin).Create(t, asked.Options))
		wantFault(t, err, fault.CodeExpired) // it is used up, whatever came of it
	}
	asked = start()
	good = passkeytest.New(origin).Create(t, asked.Options)
	r.clock.Advance(passkeys.TTL)
	_, err = r.AddPasskey(t.Context(), r.anna, asked.ID, "Pixel", good)
	wantFault(t, err, fault.CodeExpired)
	if status, err := r.Status(t.Context(), r.anna.ID); err != nil || status != (factors.Status{}) {
		t.Errorf("after all refusals: %+v, %v", status, err)
	}
	if c := r.begin(t, verification.LogIn); c.Method != "SMS" {
		t.Errorf("the next code comes by %s", c.Method)
	}
}

func TestAnAccountHasTwentyPasskeysAtMostAtTwoServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	d := passkeytest.New(origin)
	backup := one.register(t, one.anna, d, "first").BackupCodes
	for n := range passkeys.Most - 2 {
		one.registerWith(t, one.anna, passkeytest.New(origin), strings.Repeat("x", n+1), one.signed(t, d, factors.ToAdd))
	}
	asked, err := one.StartPasskey(t.Context(), one.anna, password, factors.Code(backup[0]))
	if err != nil {
		t.Fatal(err)
	}
	last := passkeytest.New(origin).Create(t, asked.Options)
	var won atomic.Int32
	var running sync.WaitGroup
	for n := range 4 {
		running.Go(func() {
			if _, err := []room{one, two}[n%2].AddPasskey(context.Background(), one.anna, asked.ID, "last", last); err == nil {
				won.Add(1)
			} else if !fault.Is(err, fault.CodeExpired) {
				t.Error(err)
			}
		})
	}
	running.Wait()
	keys, err := one.Passkeys(t.Context(), one.anna.ID)
	if err != nil || len(keys) != passkeys.Most || won.Load() != 1 {
		t.Errorf("%d passkeys, %d won, %v", len(keys), won.Load(), err)
	}
	_, err = one.StartPasskey(t.Context(), one.anna, password, factors.Code(backup[1]))
	wantFault(t, err, fault.TooManyPasskeys)
}

func TestACounterThatRunsBackwardsIsRefusedAndToldToTheOwner(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	d := passkeytest.New(origin)
	r.register(t, r.anna, d, "Pixel 9")
	twin := d.Copy()
	for range 2 {
		c := r.begin(t, verification.Transfer)
		if err := r.answer(c.ID, verification.Transfer, d.Get(t, r.options(t, c))); err != nil {
			t.Fatal(err)
		}
	}
	c := r.begin(t, verification.Transfer)
	wantFault(t, r.answer(c.ID, verification.Transfer, twin.Get(t, r.options(t, c))), fault.CodeRejected)
	if inbox, err := r.inbox.Inbox(t.Context(), *r.anna.Email); err != nil || !strings.Contains(inbox[0].Text, "copy") || !strings.Contains(inbox[0].Text, "Pixel 9") {
		t.Errorf("the owner is not told: %v, %v", inbox, err)
	}
	if r.journal(t, journal.PasskeyRefused) != 1 {
		t.Error("the log does not tell")
	}
	if keys, err := r.Passkeys(t.Context(), r.anna.ID); err != nil || keys[0].SignCount != 2 {
		t.Errorf("the counter is %+v, %v", keys, err)
	}

	synced := &passkeytest.Device{Origin: origin, Uncounted: true} // which counts nothing, so that nothing runs backwards
	boris := r.person(t, "+79007654321", "boris@example.com")
	r.register(t, boris, synced, "Cloud")
	r.anna = boris
	for range 2 {
		c := r.begin(t, verification.Transfer)
		if err := r.answer(c.ID, verification.Transfer, synced.Get(t, r.options(t, c))); err != nil {
			t.Errorf("a synced one: %v", err)
		}
	}
}
