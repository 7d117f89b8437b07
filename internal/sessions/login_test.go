package sessions_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

func TestLogInTakesEverySpellingOfALogin(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	for _, login := range []string{anna.WMID, " " + anna.WMID[:6] + " " + anna.WMID[6:], phone, "8 (900) 123-45-67", "anna@example.com", " ANNA@EXAMPLE.COM "} {
		tokens, challenge, err := r.logIn(t, login, password)
		if err != nil || tokens != nil || challenge == nil || challenge.Target != phone {
			t.Errorf("%q: %v, %+v, %v; want a code to the phone", login, tokens, challenge, err)
		}
	}
}

func TestRow09LogInDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	closed := r.person(t, "+79007654321", "closed@example.com")
	r.exec(t, `UPDATE accounts SET status = 'CLOSED' WHERE id = $1`, closed.ID)
	want := &fault.Fault{Code: fault.CredentialsRejected}
	for what, login := range map[string][2]string{
		"a wrong password":    {anna.WMID, "tall ships at dusk"},
		"another's case":      {anna.WMID, strings.ToUpper(password)},
		"an unknown WMID":     {number.NewWMID(), password},
		"an unknown phone":    {"+79000000009", password},
		"an unknown address":  {"nobody@example.com", password},
		"nonsense":            {"' OR true --\x00", password},
		"nothing":             {"", ""},
		"a closed account":    {closed.WMID, password},
		"the system's own":    {"000000000002", ""},
		"an overlong secret":  {anna.WMID, strings.Repeat("x", 1<<20)},
		"a password with NUL": {anna.WMID, password + "\x00"},
	} {
		tokens, challenge, err := r.logIn(t, login[0], login[1])
		faults, _ := fault.All(err)
		if len(faults) != 1 || tokens != nil || challenge != nil {
			t.Fatalf("%s: %v, %v, %v", what, tokens, challenge, err)
		}
		if diff := cmp.Diff(want, faults[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		r.clock.Advance(time.Hour) // out of every window
	}
}

func TestRow13AHashOfLessWorkIsRenewedAtLogIn(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	old, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	r.exec(t, `UPDATE accounts SET password_hash = $2 WHERE id = $1`, anna.ID, old)
	kept := func() string {
		account, err := r.people.Find(t.Context(), anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		return account.PasswordHash
	}
	_, _, err = r.logIn(t, phone, "a wrong password")
	wantFault(t, err, fault.CredentialsRejected)
	if kept() != old {
		t.Error("a wrong password changed the hash")
	}
	for range 2 { // the second finds nothing to renew
		if _, _, err := r.logIn(t, phone, password); err != nil {
			t.Fatal(err)
		}
		renewed := kept()
		if !strings.HasPrefix(renewed, "$argon2id$v=19$m=47104,t=1,p=1$") {
			t.Errorf("the hash is %.40s", renewed)
		}
		if old = renewed; renewed != kept() {
			t.Error("the hash changes by itself")
		}
	}
}

// asked are the statements of all requests, each without its values.
type asked struct {
	mu  sync.Mutex
	sql []string
}

func (a *asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, start pgx.TraceQueryStartData) context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sql = append(a.sql, start.SQL)
	return ctx
}

func (*asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (a *asked) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	taken := a.sql
	a.sql = nil
	return taken
}

func TestRow09AnUnknownLoginAsksTheDatabaseForTheSameAsAWrongPassword(t *testing.T) {
	t.Parallel()
	clock, seen := pgtest.NewClock(), &asked{}
	r := roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now, Tracer: seen}), clock)
	anna := r.anna(t)
	for known, unknown := range map[string]string{anna.WMID: number.NewWMID(), phone: "+79007654321", email: "nobody@example.com"} {
		var statements [2][]string
		for i, login := range []string{known, unknown} {
			seen.take()
			_, _, err := r.logIn(t, login, "a wrong password")
			wantFault(t, err, fault.CredentialsRejected)
			statements[i] = seen.take()
			if strings.HasPrefix(login, "+") || strings.Contains(login, "@") {
				continue
			}
			// Twelve digits may be a phone number, too, and then one more is looked for, whoever has it.
			statements[i] = slices.DeleteFunc(statements[i], func(sql string) bool { return strings.Contains(sql, "phone_mac = ") })
		}
		if diff := cmp.Diff(statements[0], statements[1]); diff != "" || len(statements[0]) < 6 {
			t.Errorf("%s (known) and %s (unknown) differ:\n%s", known, unknown, diff)
		}
	}
	if got := r.logged(t, anna); strings.Count(got, "SIGN_IN_FAILED") != 3 {
		t.Errorf("the log says %s", got)
	}
}

func TestANewDeviceProvesItselfByACode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	_, challenge, err := r.logIn(t, phone, password)
	if err != nil {
		t.Fatal(err)
	}
	inbox, err := r.inbox.Inbox(t.Context(), phone)
	if err != nil || len(inbox) != 1 || !strings.Contains(inbox[0].Text, "Pixel 9") || !strings.Contains(inbox[0].Text, "ваш код") {
		t.Fatalf("sent: %+v, %v", inbox, err)
	}
	code := inbox[0].Code
	wrong := string('0'+(code[0]-'0'+1)%10) + code[1:]
	_, err = r.ConfirmLogIn(t.Context(), challenge.ID, verification.Code(wrong), false)
	wantFault(t, err, fault.CodeRejected)

	tokens, err := r.ConfirmLogIn(t.Context(), challenge.ID, verification.Code(code), false)
	if err != nil {
		t.Fatal(err)
	}
	if tokens.Account.ID != anna.ID || tokens.Device.Name != "Pixel 9" || tokens.Device.Platform != "ANDROID" || tokens.DeviceTrust != "" {
		t.Errorf("opened for %+v, trust %q", tokens.Device, tokens.DeviceTrust)
	}
	identity, err := r.Authenticate(t.Context(), tokens.Access)
	if err != nil || identity.Account.ID != anna.ID || identity.SessionID != tokens.Session.ID || !identity.ExpiresAt.Equal(r.clock.Now().Add(accessTTL)) {
		t.Errorf("the access token speaks for %+v, %v", identity, err)
	}
	for _, again := range []string{code, wrong} {
		_, err = r.ConfirmLogIn(t.Context(), challenge.ID, verification.Code(again), false)
		wantFault(t, err, fault.CodeExpired)
	}
}

func TestRow07OnlyALogInsCodeOpensASession(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.anna(t)
	payment, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (models.Challenge, error) {
		return r.codes.Begin(tx, verification.Request{Purpose: verification.Transfer, Phone: phone, Template: "registration_code"})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{payment.ID, uuid.New(), uuid.Nil} {
		_, err = r.ConfirmLogIn(t.Context(), id, verification.Code(r.code(t)), true)
		wantFault(t, err, fault.CodeExpired)
	}
}

func TestRow03TwentyConfirmationsOpenOneSession(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	_, challenge, err := r.logIn(t, phone, password)
	if err != nil {
		t.Fatal(err)
	}
	code := r.code(t)
	var opened atomic.Int64
	var running sync.WaitGroup
	for range 20 {
		running.Go(func() {
			if _, err := r.ConfirmLogIn(t.Context(), challenge.ID, verification.Code(code), true); err == nil {
				opened.Add(1)
			} else {
				wantFault(t, err, fault.CodeExpired)
			}
		})
	}
	running.Wait()
	var kept int64
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM sessions WHERE account_id = $1`, anna.ID).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if opened.Load() != 1 || kept != 1 {
		t.Errorf("%d confirmations won and %d sessions are open, want 1 and 1", opened.Load(), kept)
	}
}

func TestATrustedDeviceNeedsNoCode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	boris := r.person(t, "+79007654321", "boris@example.com")
	trusted, theirs := r.open(t, anna, true), r.open(t, boris, true)

	tokens, challenge := r.logInTrusted(t, anna.WMID, trusted.DeviceTrust)
	if tokens == nil || challenge != nil || tokens.Device.ID != trusted.Device.ID || tokens.Session.ID == trusted.Session.ID || !r.alive(t, tokens.Access) {
		t.Errorf("a trusted device got %+v and %+v", tokens, challenge)
	}
	for what, token := range map[string]string{
		"somebody else's": theirs.DeviceTrust, "an invented one": "x", "a refresh token": trusted.Refresh, "an access token": trusted.Access, "none": "",
	} {
		if tokens, challenge := r.logInTrusted(t, anna.WMID, token); tokens != nil || challenge == nil {
			t.Errorf("with %s trust token it went without a code", what)
		}
	}
	wrong := sessions.LogInRequest{Login: anna.WMID, Password: "tall ships at dusk", TrustToken: trusted.DeviceTrust}
	_, _, err := r.LogIn(from(t, "203.0.113.9"), wrong)
	wantFault(t, err, fault.CredentialsRejected)

	r.clock.Advance(trustTTL - time.Second)
	if tokens, _ := r.logInTrusted(t, anna.WMID, trusted.DeviceTrust); tokens == nil {
		t.Error("a second before its end the trust is not honoured")
	}
	r.clock.Advance(time.Second)
	if tokens, challenge := r.logInTrusted(t, anna.WMID, trusted.DeviceTrust); tokens != nil || challenge == nil {
		t.Error("the trust goes on after its end")
	}
}

func TestRow15FailuresFromOnePlaceDoNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	try := func(ip, login, password string) error {
		_, _, err := r.LogIn(from(t, ip), sessions.LogInRequest{Login: login, Password: password})
		return err
	}
	for range 10 {
		wantFault(t, try("203.0.113.7", "8 900 123-45-67", "guess number one"), fault.CredentialsRejected)
	}
	for _, spelling := range []string{phone, "79001234567"} { // right, and too late
		wantFault(t, try("203.0.113.7", spelling, password), fault.RateLimited)
	}
	if err := try("203.0.113.8", phone, password); err != nil {
		t.Errorf("the owner elsewhere: %v", err)
	}
	if err := try("203.0.113.7", "nobody@example.com", password); !fault.Is(err, fault.CredentialsRejected) {
		t.Errorf("another login from there: %v", err)
	}
	r.clock.Advance(15 * time.Minute)
	if err := try("203.0.113.7", anna.WMID, password); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}

func TestRow15OnePlaceCannotTryManyLogins(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.anna(t)
	for range 200 { // as that many failures would be counted
		if err := r.codes.Spend(t.Context(), verification.Limit{Name: "log-in from", Subject: "203.0.113.7", Most: 200, Window: 15 * time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := r.logIn(t, phone, password)
	wantFault(t, err, fault.RateLimited)
}

func TestRow15ManyGuessesAtOnceGainNothing(t *testing.T) { // not parallel: it keeps every hasher of the process busy
	r := newRoom(t)
	r.anna(t)
	var judged atomic.Int64
	var running sync.WaitGroup
	for range 20 + 12*runtime.NumCPU() {
		running.Go(func() {
			_, _, err := r.logIn(t, phone, "guess number one")
			switch {
			case fault.Is(err, fault.CredentialsRejected):
				judged.Add(1)
			case !fault.Is(err, fault.RateLimited) && !fault.Is(err, fault.Overloaded):
				t.Error(err)
			}
		})
	}
	running.Wait()
	if judged.Load() > 10 || judged.Load() < 1 {
		t.Errorf("%d guesses were judged, want 10 at most", judged.Load())
	}
}

func TestAClosedAccountIsShutOutAtEveryStep(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	open := r.open(t, anna, false)
	_, challenge, err := r.logIn(t, phone, password)
	if err != nil {
		t.Fatal(err)
	}
	r.exec(t, `UPDATE accounts SET status = 'FROZEN'`)
	if !r.alive(t, open.Access) {
		t.Error("a frozen account cannot even look")
	}
	r.exec(t, `UPDATE accounts SET status = 'CLOSED'`)
	if r.alive(t, open.Access) {
		t.Error("its open session goes on")
	}
	_, err = r.ConfirmLogIn(t.Context(), challenge.ID, verification.Code(r.code(t)), true)
	wantFault(t, err, fault.CredentialsRejected)
	_, err = r.Refresh(t.Context(), open.Refresh)
	wantFault(t, err, fault.SessionExpired)
}

func TestADeviceDescribesItselfInLimits(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{strings.Repeat("я", 101), "a\x00b", "pay \u202eevil"} {
		_, err := sessions.Device{Name: bad}.Check()
		wantFault(t, err, fault.InvalidInput)
	}
	got, err := sessions.Device{Name: " Телефон "}.Check()
	if want := (sessions.Device{Name: "Телефон", Platform: "OTHER"}); err != nil || got != want {
		t.Errorf("checked: %+v, %v; want %+v", got, err, want)
	}
}
