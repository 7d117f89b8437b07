package sessions_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

const (
	phone    = "+79001234567"
	email    = "Anna@Example.com"
	password = "tall ships at dawn"

	accessTTL  = 15 * time.Minute
	refreshTTL = 30 * 24 * time.Hour
	trustTTL   = 90 * 24 * time.Hour
	grace      = time.Minute
)

// passwordHash is made once: hashing is slow on purpose.
var passwordHash = sync.OnceValues(func() (string, error) { return accounts.HashPassword(context.Background(), password) })

// room is the service on a database of its own, with a clock that stands still.
type room struct {
	*sessions.Service
	db     *postgres.DB
	clock  *pgtest.Clock
	box    *secret.Box
	people *accounts.Service
	codes  *verification.Service
	inbox  *delivery.Service
}

func newRoom(t *testing.T) room {
	t.Helper()
	clock := pgtest.NewClock()
	return roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now}), clock)
}

// roomOn is another server on a database.
func roomOn(t *testing.T, db *postgres.DB, clock *pgtest.Clock) room {
	t.Helper()
	r, err := tryRoom(t, db, clock, 7)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryRoom(t *testing.T, db *postgres.DB, clock *pgtest.Clock, key byte) (room, error) {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		return room{}, err
	}
	inbox, hub := delivery.New(db, box), events.NewHub(db, slog.New(slog.DiscardHandler))
	codes := verification.New(db, box, inbox, verification.Config{TTL: 5 * time.Minute, ResendAfter: time.Minute, PerDay: 20})
	people := accounts.New(db, box, codes, inbox, hub, accounts.Config{RegistrationTTL: time.Hour, EmailLinkTTL: time.Hour})
	config := sessions.Config{AccessTTL: accessTTL, RefreshTTL: refreshTTL, DeviceTrustTTL: trustTTL}
	service, err := sessions.New(context.Background(), db, box, people, codes, hub, config)
	return room{service, db, clock, box, people, codes, inbox}, err
}

// anna is someone with an account and the password.
func (r room) anna(t *testing.T) models.Account {
	t.Helper()
	return r.person(t, phone, email)
}

func (r room) person(t *testing.T, phone, email string) models.Account {
	t.Helper()
	hash, err := passwordHash()
	if err != nil {
		t.Fatal(err)
	}
	account, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (models.Account, error) {
		return r.people.Create(tx, accounts.NewAccount{
			Role: models.RolePerson, CertificateLevel: models.CertificateAlias, Locale: locale.RU, Phone: phone, Email: email,
			FirstName: "Anna", LastName: "Petrova", BirthDate: time.Date(1980, time.May, 1, 0, 0, 0, 0, time.UTC), PasswordHash: hash,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// from is a request from an address, by someone who reads Russian.
func from(t *testing.T, ip string) context.Context {
	t.Helper()
	return request.With(t.Context(), request.Info{IP: ip, Locale: locale.RU})
}

func (r room) logIn(t *testing.T, login, password string) (*sessions.Tokens, *models.Challenge, error) {
	t.Helper()
	return r.LogIn(from(t, "203.0.113.7"), sessions.LogInRequest{Login: login, Password: password, Device: sessions.Device{Name: " Pixel 9 ", Platform: "ANDROID"}})
}

func (r room) logInTrusted(t *testing.T, login, trustToken string) (*sessions.Tokens, *models.Challenge) {
	t.Helper()
	tokens, challenge, err := r.LogIn(from(t, "203.0.113.7"), sessions.LogInRequest{Login: login, Password: password, TrustToken: trustToken})
	if err != nil {
		t.Fatal(err)
	}
	return tokens, challenge
}

// open starts a session without the password and the code.
func (r room) open(t *testing.T, account models.Account, trust bool) sessions.Tokens {
	t.Helper()
	tokens, err := r.Open(t.Context(), account, sessions.Device{Name: "Pixel 9", Platform: "ANDROID"}, trust)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func (r room) code(t *testing.T) string {
	t.Helper()
	inbox, err := r.inbox.Inbox(t.Context(), phone)
	if err != nil || len(inbox) == 0 {
		t.Fatalf("the inbox has %d messages, %v", len(inbox), err)
	}
	return inbox[0].Code
}

// alive tells whether an access token opens the door, a second later.
func (r room) alive(t *testing.T, access string) bool {
	t.Helper()
	r.AgeSessions()
	return r.aliveNow(t, access)
}

// aliveNow is alive at once, while what was known a moment ago is still trusted.
func (r room) aliveNow(t *testing.T, access string) bool {
	t.Helper()
	_, err := r.Authenticate(t.Context(), access)
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		t.Fatal(err)
	}
	return err == nil
}

func (r room) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := r.db.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("answered %v, want %s", err, code)
	}
}
