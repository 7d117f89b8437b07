package changes_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"purser/internal/accounts"
	"purser/internal/changes"
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
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

const (
	phone    = "+79001234567"
	email    = "Anna@Example.com"
	password = "tall ships at dawn"

	accessTTL  = 15 * time.Minute
	refreshTTL = 30 * 24 * time.Hour
	trustTTL   = 90 * 24 * time.Hour
)

// passwordHash is made once: hashing is slow on purpose.
var passwordHash = sync.OnceValues(func() (string, error) { return accounts.HashPassword(context.Background(), password) })

// room is the service on a database of its own, with a clock that stands still.
type room struct {
	*changes.Service
	sessions *sessions.Service
	db       *postgres.DB
	clock    *pgtest.Clock
	people   *accounts.Service
	codes    *verification.Service
	inbox    *delivery.Service
	purses   *wallets.Service
	hub      *events.Hub
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
	keys, err := passkeys.New(db, box, people, codes, passkeys.Config{RPID: "pay.example", Origins: []string{"https://pay.example"}})
	if err != nil {
		return room{}, err
	}
	second := factors.New(db, box, people, codes, keys, hub, factors.Config{})
	service, err := sessions.New(context.Background(), db, box, people, codes, hub, config)
	if err != nil {
		return room{}, err
	}
	purses, err := wallets.New(context.Background(), db, hub)
	rooms := changes.Rooms{Accounts: people, Sessions: service, Wallets: purses, Factors: second, Verification: codes, Hub: hub}
	return room{changes.New(db, rooms), service, db, clock, people, codes, inbox, purses, hub}, err
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

// me is someone with two sessions, who asks from the first.
type me struct {
	models.Account
	who   changes.Who
	mine  sessions.Tokens
	other sessions.Tokens
}

func (r room) me(t *testing.T) me {
	t.Helper()
	account := r.anna(t)
	r.exec(t, `UPDATE accounts SET email_verified_at = now() WHERE id = $1`, account.ID)
	m := me{Account: account, mine: r.open(t, account), other: r.open(t, account)}
	m.who = changes.Who{Account: account.ID, Session: m.mine.Session.ID}
	return m
}

func (r room) open(t *testing.T, account models.Account) sessions.Tokens {
	t.Helper()
	tokens, err := r.sessions.Open(t.Context(), account, sessions.Device{Name: "Pixel 9", Platform: "ANDROID"}, true)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func (r room) alive(t *testing.T, tokens sessions.Tokens) bool {
	t.Helper()
	_, err := r.sessions.Authenticate(t.Context(), tokens.Access)
	return err == nil
}

// endsOthers fails unless exactly the other session is over.
func (r room) endsOthers(t *testing.T, m me) {
	t.Helper()
	if !r.alive(t, m.mine) || r.alive(t, m.other) {
		t.Error("not exactly the other session is over")
	}
}

// newest is the last message to a phone or an address.
func (r room) newest(t *testing.T, to string) delivery.Sent {
	t.Helper()
	inbox, err := r.inbox.Inbox(t.Context(), to)
	if err != nil || len(inbox) == 0 {
		t.Fatalf("the inbox of %s has %d messages, %v", to, len(inbox), err)
	}
	return inbox[0]
}

func (r room) lastLogged(t *testing.T, m me) string {
	t.Helper()
	rows, err := journal.List(t.Context(), r.db, m.ID, journal.Page{Limit: 1})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	return rows[0].Kind
}

func (r room) account(t *testing.T, m me) models.Account {
	t.Helper()
	account, err := r.people.Find(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	return account
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
