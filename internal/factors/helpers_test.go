package factors_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/passkeys"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

const (
	password = "tall ships at dawn"
	step     = 30 * time.Second

	origin     = "https://pay.example"
	androidApp = "android:apk-key-hash:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
)

// passwordHash is made once: hashing is slow on purpose.
var passwordHash = sync.OnceValues(func() (string, error) { return accounts.HashPassword(context.Background(), password) })

// room is the service on a database of its own, with a clock that stands still, and with one person.
type room struct {
	*factors.Service
	db    *postgres.DB
	clock *pgtest.Clock
	codes *verification.Service
	inbox *delivery.Service
	anna  models.Account
}

func newRoom(t *testing.T) room {
	t.Helper()
	clock := pgtest.NewClock()
	r := roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now}), clock)
	r.anna = r.person(t, "+79001234567", "anna@example.com")
	return r
}

// roomOn is another server on a database.
func roomOn(t *testing.T, db *postgres.DB, clock *pgtest.Clock) room {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	inbox, hub := delivery.New(db, box), events.NewHub(db, slog.New(slog.DiscardHandler))
	codes := verification.New(db, box, inbox, verification.Config{TTL: 5 * time.Minute, ResendAfter: time.Minute, PerDay: 20})
	people := accounts.New(db, box, codes, inbox, hub, accounts.Config{RegistrationTTL: time.Hour, EmailLinkTTL: time.Hour})
	keys, err := passkeys.New(db, box, people, codes, passkeys.Config{RPID: "pay.example", Origins: []string{origin}, Apps: []string{androidApp}})
	if err != nil {
		t.Fatal(err)
	}
	return room{Service: factors.New(db, box, people, codes, keys, hub, factors.Config{OperatorsNeedOne: true}), db: db, clock: clock, codes: codes, inbox: inbox}
}

func (r room) person(t *testing.T, phone, email string) models.Account {
	t.Helper()
	hash, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	people := accounts.New(r.db, box, r.codes, r.inbox, events.NewHub(r.db, slog.New(slog.DiscardHandler)), accounts.Config{})
	account, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (models.Account, error) {
		return people.Create(tx, accounts.NewAccount{
			Role: models.RolePerson, CertificateLevel: models.CertificateAlias, Locale: locale.EN, Phone: phone, Email: email, EmailVerified: true,
			FirstName: "Anna", LastName: "Petrova", BirthDate: time.Date(1980, time.May, 1, 0, 0, 0, 0, time.UTC), PasswordHash: hash,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// app is an authenticator app with its backup codes on paper.
type app struct {
	secret string
	backup []string
	clock  *pgtest.Clock
}

// code is what the app shows, some steps from now.
func (a app) code(t *testing.T, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, a.clock.Now().Add(time.Duration(steps)*step))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// wrong is a code that none of the next minutes has.
func (a app) wrong(t *testing.T, n int) string {
	t.Helper()
	taken := map[string]bool{}
	for steps := -2; steps <= 2; steps++ {
		taken[a.code(t, steps)] = true
	}
	for guess := n; ; guess++ {
		code := string([]byte{'0' + byte(guess/100000%10), '0' + byte(guess/10000%10), '0' + byte(guess/1000%10), '0' + byte(guess/100%10), '0' + byte(guess/10%10), '0' + byte(guess%10)})
		if !taken[code] {
			return code
		}
	}
}

// enrol gives anna an app, whose code of the step now is used.
func (r room) enrol(t *testing.T) app {
	t.Helper()
	return r.enrolWith(t, factors.Proof{})
}

// enrolWith is enrol for someone who has a factor.
func (r room) enrolWith(t *testing.T, p factors.Proof) app {
	t.Helper()
	enrolment, err := r.EnableTOTP(t.Context(), r.anna, password, p)
	if err != nil {
		t.Fatal(err)
	}
	a := app{secret: enrolment.Secret, clock: r.clock}
	if a.backup, err = r.ConfirmTOTP(t.Context(), r.anna, a.code(t, 0)); err != nil {
		t.Fatal(err)
	}
	return a
}

// try uses a code as a room does: a refusal is committed.
func (r room) try(code string) error { return r.tryOf(r.anna.ID, code) }

func (r room) tryOf(account uuid.UUID, code string) error {
	refusal, err := postgres.InTx(context.Background(), r.db, func(tx *postgres.Tx) (*fault.Fault, error) {
		return r.TryCode(tx, account, code)
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return err
}

func (r room) begin(t *testing.T, purpose verification.Purpose) models.Challenge {
	t.Helper()
	challenge, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (models.Challenge, error) {
		return r.codes.Begin(tx, verification.Request{Purpose: purpose, Account: r.anna.ID, Phone: *r.anna.Phone, Locale: locale.EN, Template: "registration_code"})
	})
	if err != nil {
		t.Fatal(err)
	}
	return challenge
}

func (r room) check(id uuid.UUID, purpose verification.Purpose, code string) error {
	refusal, err := postgres.InTx(context.Background(), r.db, func(tx *postgres.Tx) (*fault.Fault, error) {
		return r.codes.Check(tx, id, purpose, code)
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return err
}

// journal counts what an account's log says of a kind.
func (r room) journal(t *testing.T, kind journal.Kind) (count int) {
	t.Helper()
	rows, err := journal.List(t.Context(), r.db, r.anna.ID, journal.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Kind == string(kind) {
			count++
		}
	}
	return count
}

func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("answered %v, want %s", err, code)
	}
}

// triesLeft is what a refusal says of the tries that are left.
func triesLeft(err error) int {
	var f *fault.Fault
	if errors.As(err, &f) {
		if facts, ok := f.Facts.(fault.AttemptsFacts); ok {
			return facts.Left
		}
	}
	return -1
}
