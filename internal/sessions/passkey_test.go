package sessions_test

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/events"
	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/passkeys"
	"purser/internal/passkeys/passkeytest"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

const origin = "https://pay.example"

var device, longNamed = sessions.Device{Name: "Pixel 9", Platform: "ANDROID"}, sessions.Device{Name: strings.Repeat("x", 101)}

// withFactors lets the room ask for passkeys, as the servers do.
func (r room) withFactors(t *testing.T) *factors.Service {
	t.Helper()
	return r.withFactorsAs(t, factors.Config{})
}

func (r room) withFactorsAs(t *testing.T, c factors.Config) *factors.Service {
	t.Helper()
	keys, err := passkeys.New(r.db, r.box, r.people, r.codes, passkeys.Config{RPID: "pay.example", Origins: []string{origin}})
	if err != nil {
		t.Fatal(err)
	}
	f := factors.New(r.db, r.box, r.people, r.codes, keys, events.NewHub(r.db, slog.New(slog.DiscardHandler)), c)
	r.AskFactors(f)
	return f
}

// passkey gives an account one.
func passkey(t *testing.T, f *factors.Service, account models.Account) *passkeytest.Device {
	t.Helper()
	asked, err := f.StartPasskey(t.Context(), account, password, factors.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	d := passkeytest.New(origin)
	if _, err := f.AddPasskey(t.Context(), account, asked.ID, "Pixel", d.Create(t, asked.Options)); err != nil {
		t.Fatal(err)
	}
	return d
}

func start(t *testing.T, f *factors.Service) passkeys.Ceremony {
	t.Helper()
	asked, err := f.StartLogIn(from(t, "203.0.113.7"))
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

func (r room) openWith(t *testing.T, asked passkeys.Ceremony, credential string) (string, error) {
	t.Helper()
	tokens, err := r.LogInWithPasskey(from(t, "203.0.113.7"), asked.ID, credential, device)
	return tokens.Access, err
}

func TestRow03APasskeyOpensOneSessionAtTwoServers(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	anna, f := one.anna(t), one.withFactors(t)
	two := roomOn(t, one.db, one.clock)
	two.withFactors(t)
	d := passkey(t, f, anna)
	asked := start(t, f)
	credential := d.Get(t, asked.Options)
	var won, late atomic.Int32
	var running sync.WaitGroup
	for n := range 6 {
		running.Go(func() {
			switch _, err := []room{one, two}[n%2].openWith(t, asked, credential); {
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
	if live, err := one.List(t.Context(), anna.ID, anna.ID); err != nil || len(live) != 1 || won.Load() != 1 || late.Load() != 5 {
		t.Errorf("%d sessions, %d won, %d were late, %v", len(live), won.Load(), late.Load(), err)
	}
}

func TestAPasskeyOpensWhatStandsAndInTime(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, f := r.anna(t), r.withFactors(t)
	d := passkey(t, f, anna)

	asked := start(t, f)
	late := d.Get(t, asked.Options)
	r.clock.Advance(passkeys.TTL)
	_, err := r.openWith(t, asked, late)
	wantFault(t, err, fault.CodeExpired)

	asked = start(t, f)
	twin := d.Copy()
	if access, err := r.openWith(t, asked, d.Get(t, asked.Options)); err != nil || !r.alive(t, access) {
		t.Fatalf("in time: %v", err)
	}
	asked = start(t, f)
	_, err = r.openWith(t, asked, twin.Get(t, asked.Options)) // its counter runs backwards
	wantFault(t, err, fault.CredentialsRejected)
	if inbox, err := r.inbox.Inbox(t.Context(), phone); err != nil || len(inbox) == 0 || !strings.Contains(inbox[0].Text, "копия") {
		t.Errorf("the owner is not told: %v, %v", inbox, err)
	}
	asked = start(t, f)
	_, err = r.openWith(t, asked, "{}")
	wantFault(t, err, fault.InvalidInput)
	_, err = r.LogInWithPasskey(t.Context(), asked.ID, d.Get(t, asked.Options), longNamed)
	wantFault(t, err, fault.InvalidInput)

	r.exec(t, `UPDATE accounts SET status = 'FROZEN' WHERE id = $1`, anna.ID)
	asked = start(t, f)
	if _, err := r.openWith(t, asked, d.Get(t, asked.Options)); err != nil {
		t.Errorf("who is frozen signs in all the same: %v", err)
	}
	r.exec(t, `UPDATE accounts SET status = 'CLOSED' WHERE id = $1`, anna.ID)
	asked = start(t, f)
	_, err = r.openWith(t, asked, d.Get(t, asked.Options))
	wantFault(t, err, fault.CredentialsRejected)
}

// TestACodeBySMSOpensNoOperatorsAccount has a person become an operator while a code is on its way, by a hand that ends no log-ins.
func TestACodeBySMSOpensNoOperatorsAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	f := r.withFactorsAs(t, factors.Config{OperatorsNeedOne: true})
	_, pending, err := r.logIn(t, phone, password)
	if err != nil || !pending.IsSent() {
		t.Fatalf("%+v, %v", pending, err)
	}
	d := passkey(t, f, anna)
	r.exec(t, `UPDATE accounts SET role = 'OPERATOR' WHERE id = $1`, anna.ID)
	inbox, err := r.inbox.Inbox(t.Context(), phone)
	if err != nil || len(inbox) < 2 {
		t.Fatal(inbox, err)
	}
	_, err = r.ConfirmLogIn(t.Context(), pending.ID, verification.Code(inbox[1].Code), true) // behind the alert of the passkey
	wantFault(t, err, fault.SecondFactorRequired)

	_, challenge, err := r.logIn(t, phone, password)
	if err != nil || challenge.Method != models.ChallengePasskey {
		t.Fatalf("%+v, %v", challenge, err)
	}
	options, err := f.Options(t.Context(), *challenge)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := r.ConfirmLogIn(t.Context(), challenge.ID, verification.Assertion(d.Get(t, options)), true)
	if err != nil || tokens.DeviceTrust != "" {
		t.Errorf("with the passkey: trusted %t, %v", tokens.DeviceTrust != "", err)
	}
}

// TestASessionOfAnOperatorWithoutAFactorEndsAtItsRefresh is of one that a version opened which did not ask for a factor.
func TestASessionOfAnOperatorWithoutAFactorEndsAtItsRefresh(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	weak, other := r.open(t, anna, false), r.open(t, anna, false)
	f := r.withFactorsAs(t, factors.Config{OperatorsNeedOne: true})
	person, err := r.Refresh(t.Context(), other.Refresh)
	if err != nil {
		t.Fatalf("a person needs no factor: %v", err)
	}
	r.exec(t, `UPDATE accounts SET role = 'OPERATOR' WHERE id = $1`, anna.ID)
	for range 2 {
		_, err = r.Refresh(t.Context(), weak.Refresh)
		wantFault(t, err, fault.SessionExpired)
	}
	_, err = r.Authenticate(t.Context(), weak.Access)
	wantFault(t, err, fault.Unauthenticated)
	if got := r.logged(t, anna); strings.Count(got, "SESSION_ENDED") != 1 {
		t.Errorf("the log says %s", got)
	}
	passkey(t, f, anna)
	if _, err := r.Refresh(t.Context(), person.Refresh); err != nil {
		t.Errorf("an operator with a passkey: %v", err)
	}
}

func TestCeremoniesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, f := r.anna(t), r.withFactors(t)
	passkey(t, f, anna)
	for range 200 {
		start(t, f)
	}
	_, err := f.StartLogIn(from(t, "203.0.113.7"))
	wantFault(t, err, fault.RateLimited)
	if _, err := f.StartLogIn(from(t, "203.0.113.8")); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	for range 59 { // and one to make it
		if _, err := f.StartAssertion(t.Context(), anna.ID, factors.ToAdd); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.StartAssertion(t.Context(), anna.ID, factors.ToAdd)
	wantFault(t, err, fault.RateLimited)
	r.clock.Advance(16 * time.Minute)
	if _, err := f.StartAssertion(t.Context(), anna.ID, factors.ToAdd); err != nil {
		t.Errorf("later: %v", err)
	}
	var live int
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM passkey_ceremonies WHERE account_id = $1 AND used_at IS NULL`, anna.ID).Scan(&live); err != nil || live != 1 {
		t.Errorf("%d ceremonies of the account are live, %v", live, err)
	}
}
