package recovery_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

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
	"purser/internal/recovery"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

const (
	phone    = "+79001234567"
	newPhone = "+79007654321"
	email    = "Anna@Example.com"
	password = "tall ships at dawn"
	fresh    = "low clouds over the bay"
	answer   = "Крузенштерн"

	ttl   = time.Hour
	hold  = 24 * time.Hour
	delay = 48 * time.Hour
	url   = "https://pay.example"
)

// hashes are made once: hashing is slow on purpose.
var hashes = sync.OnceValue(func() (both [2]string) {
	for i, text := range []string{password, strings.ToLower(answer)} {
		hash, err := accounts.HashPassword(context.Background(), text)
		if err != nil {
			panic(err)
		}
		both[i] = hash
	}
	return both
})

// room is the service on a database of its own, with a clock that stands still, and with one person.
type room struct {
	*recovery.Service
	db       *postgres.DB
	clock    *pgtest.Clock
	people   *accounts.Service
	factors  *factors.Service
	sessions *sessions.Service
	codes    *verification.Service
	inbox    *delivery.Service
	anna     models.Account
}

func newRoom(t *testing.T) room {
	t.Helper()
	clock := pgtest.NewClock()
	r := roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now}), clock)
	r.anna = r.person(t, phone, email, true)
	return r
}

// roomOn is another server on a database.
func roomOn(t *testing.T, db *postgres.DB, clock *pgtest.Clock) room {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	r := room{db: db, clock: clock}
	hub := events.NewHub(db, slog.New(slog.DiscardHandler))
	r.inbox = delivery.New(db, box)
	r.codes = verification.New(db, box, r.inbox, verification.Config{TTL: 5 * time.Minute, ResendAfter: time.Minute, PerDay: 20})
	r.people = accounts.New(db, box, r.codes, r.inbox, hub, accounts.Config{RegistrationTTL: time.Hour, EmailLinkTTL: time.Hour})
	keys, err := passkeys.New(db, box, r.people, r.codes, passkeys.Config{RPID: "pay.example", Origins: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	r.factors = factors.New(db, box, r.people, r.codes, keys, hub, factors.Config{})
	r.sessions, err = sessions.New(t.Context(), db, box, r.people, r.codes, hub,
		sessions.Config{AccessTTL: 15 * time.Minute, RefreshTTL: 720 * time.Hour, DeviceTrustTTL: 2160 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	r.Service = recovery.New(db, box, recovery.Rooms{
		Accounts: r.people, Factors: r.factors, Sessions: r.sessions, Verification: r.codes, Delivery: r.inbox, Hub: hub,
	}, recovery.Config{TTL: ttl, LinkTTL: 24 * time.Hour, Hold: hold, Delay: delay, PublicURL: url + "/"})
	return r
}

func (r room) person(t *testing.T, phone, email string, confirmed bool) models.Account {
	t.Helper()
	account, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (models.Account, error) {
		return r.people.Create(tx, accounts.NewAccount{
			Role: models.RolePerson, CertificateLevel: models.CertificateAlias, Locale: locale.EN, Phone: phone, Email: email, EmailVerified: confirmed,
			FirstName: "Anna", LastName: "Petrova", BirthDate: time.Date(1980, time.May, 1, 0, 0, 0, 0, time.UTC),
			PasswordHash: hashes()[0], SecurityQuestion: "First ship?", SecurityAnswerHash: hashes()[1],
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// from is a request from an address, in English.
func from(t *testing.T, ip string) context.Context {
	t.Helper()
	return request.With(t.Context(), request.Info{IP: ip, Locale: locale.EN})
}

func (r room) start(t *testing.T, login string) recovery.Begun {
	t.Helper()
	begun, err := r.Start(from(t, "203.0.113.7"), login)
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

// verified is a recovery whose code was right.
func (r room) verified(t *testing.T) (token string) {
	t.Helper()
	begun := r.start(t, phone)
	if _, err := r.VerifyCode(t.Context(), begun.Token, r.newest(t, phone).Code); err != nil {
		t.Fatal(err)
	}
	return begun.Token
}

func (r room) newest(t *testing.T, to string) delivery.Sent {
	t.Helper()
	inbox, err := r.inbox.Inbox(t.Context(), to)
	if err != nil || len(inbox) == 0 {
		t.Fatalf("the inbox of %s has %d messages, %v", to, len(inbox), err)
	}
	return inbox[0]
}

func (r room) complete(t *testing.T, token, answer, code string) (string, error) {
	t.Helper()
	return r.Complete(t.Context(), recovery.CompleteRequest{
		Token: token, Proof: proof(answer, code), NewPassword: fresh, PasswordConfirmation: fresh,
	})
}

// proof is an answer, and a code unless it is empty.
func proof(answer, code string) recovery.Proof {
	p := recovery.Proof{Answer: answer}
	if code != "" {
		p.Code = &code
	}
	return p
}

// enrol gives anna an authenticator app and returns its secret and backup codes.
func (r room) enrol(t *testing.T) (key string, backup []string) {
	t.Helper()
	e, err := r.factors.EnableTOTP(t.Context(), r.anna, password, factors.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(e.Secret, r.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if backup, err = r.factors.ConfirmTOTP(t.Context(), r.anna, code); err != nil {
		t.Fatal(err)
	}
	return e.Secret, backup
}

// opens tells whether a password is anna's.
func (r room) opens(t *testing.T, password string) bool {
	t.Helper()
	_, _, err := r.sessions.LogIn(from(t, "198.51.100.1"), sessions.LogInRequest{Login: r.anna.WMID, Password: password})
	if err != nil && !fault.Is(err, fault.CredentialsRejected) {
		t.Fatal(err)
	}
	return err == nil
}

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

// wrong is a code that differs from the right one.
func wrong(right string) string { return string('0'+(right[0]-'0'+1)%10) + right[1:] }

func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("answered %v, want %s", err, code)
	}
}
