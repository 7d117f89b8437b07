package exports_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/exports"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/locale"
	"purser/internal/notifications"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

const (
	phone = "+79001234567"
	email = "anna@example.com"
)

// room is the service on a database of its own, with a clock that stands still, and Anna.
type room struct {
	*exports.Service
	db    *postgres.DB
	clock *pgtest.Clock
	rooms exports.Rooms
	anna  models.Account
}

func newRoom(t *testing.T) room {
	t.Helper()
	clock := pgtest.NewClock()
	r := roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now}), clock)
	anna, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (models.Account, error) {
		return r.rooms.Accounts.Create(tx, accounts.NewAccount{
			Role: models.RolePerson, CertificateLevel: models.CertificateFormal, Locale: locale.RU, Phone: phone, Email: email, EmailVerified: true,
			FirstName: "Anna", MiddleName: "Sergeevna", LastName: "Petrova", BirthDate: time.Date(1980, time.May, 1, 0, 0, 0, 0, time.UTC), SecurityQuestion: "First ship?",
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	r.anna = anna
	return r
}

// roomOn is another server on a database.
func roomOn(t *testing.T, db *postgres.DB, clock *pgtest.Clock) room {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	inbox, hub := delivery.New(db, box), events.NewHub(db, log)
	codes := verification.New(db, box, inbox, verification.Config{TTL: 5 * time.Minute, ResendAfter: time.Minute, PerDay: 20})
	people := accounts.New(db, box, codes, inbox, hub, accounts.Config{RegistrationTTL: time.Hour, EmailLinkTTL: time.Hour})
	signedIn, err := sessions.New(t.Context(), db, box, people, codes, hub, sessions.Config{AccessTTL: time.Minute, RefreshTTL: 90 * 24 * time.Hour, DeviceTrustTTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	purses, err := wallets.New(t.Context(), db, hub)
	if err != nil {
		t.Fatal(err)
	}
	payments := transfers.New(db, box, transfers.Rooms{Ledger: ledger.New(db, hub, log), Accounts: people, Wallets: purses, Verification: codes, Hub: hub}, time.Hour)
	rooms := exports.Rooms{Accounts: people, Sessions: signedIn, Wallets: purses, Transfers: payments, Verification: codes, Delivery: inbox, Hub: hub,
		Notifications: notifications.New(db, notifications.Rooms{}, notifications.Config{})}
	return room{Service: exports.New(db, box, log, rooms, "https://pay.example/"), db: db, clock: clock, rooms: rooms}
}

// ready is an archive that was asked for and made, and the token of its letter.
func (r room) ready(t *testing.T) (export models.DataExport, token string) {
	t.Helper()
	export, err := r.Request(t.Context(), r.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Build(t.Context(), export.ID); err != nil {
		t.Fatal(err)
	}
	return export, r.token(t)
}

func (r room) token(t *testing.T) string {
	t.Helper()
	inbox, err := r.rooms.Delivery.Inbox(t.Context(), email)
	if err != nil || len(inbox) != 1 {
		t.Fatalf("%d letters, %v", len(inbox), err)
	}
	token, found := strings.CutPrefix(inbox[0].Link, "https://pay.example/data-export#token=")
	if !found || !strings.Contains(inbox[0].Text, inbox[0].Link) {
		t.Fatalf("the letter says %+v", inbox[0])
	}
	return token
}

// fetch is the archive behind a token, unpacked.
func (r room) fetch(t *testing.T, token string) map[string][]byte {
	t.Helper()
	export, err := r.Find(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	if err := r.Copy(context.WithoutCancel(t.Context()), &whole, export); err != nil {
		t.Fatal(err)
	}
	if int64(whole.Len()) != export.Bytes {
		t.Errorf("%d bytes of %d", whole.Len(), export.Bytes)
	}
	archive, err := zip.NewReader(bytes.NewReader(whole.Bytes()), int64(whole.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, file := range archive.File {
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[file.Name], err = io.ReadAll(content); err != nil { // which checks the sum
			t.Fatal(err)
		}
	}
	return files
}

func read[T any](t *testing.T, files map[string][]byte, name string) (content T) {
	t.Helper()
	if err := json.Unmarshal(files[name], &content); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return content
}

func (r room) status(t *testing.T) string {
	t.Helper()
	last, err := r.Latest(t.Context(), r.anna.ID)
	if err != nil || last == nil {
		t.Fatal(last, err)
	}
	return last.Status
}

// remember gives anna a contact.
func (r room) remember(t *testing.T) {
	t.Helper()
	_, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (struct{}, error) {
		row := models.Contact{ID: uuid.New(), AccountID: r.anna.ID, Name: "The plumber", CreatedAt: tx.Now}
		err := tx.GORM().Raw(`SELECT id FROM accounts WHERE id <> ? LIMIT 1`, r.anna.ID).Row().Scan(&row.ContactID)
		return struct{}{}, errors.Join(err, tx.GORM().Create(&row).Error)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r room) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := r.db.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (r room) number(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := r.db.Pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("answered %v, want %s", err, code)
	}
}
