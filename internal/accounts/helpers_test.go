package accounts_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

const (
	phone           = "+79001234567"
	password        = "tall ships at dawn"
	registrationTTL = 24 * time.Hour
	linkTTL         = 24 * time.Hour
)

// room is the service on a database of its own, with a clock that stands still.
type room struct {
	*accounts.Service
	db    *postgres.DB
	clock *pgtest.Clock
	codes *verification.Service
	inbox *delivery.Service
}

func newRoom(t *testing.T) room {
	t.Helper()
	return newRoomTraced(t, nil)
}

func newRoomTraced(t *testing.T, tracer pgx.QueryTracer) room {
	t.Helper()
	clock := pgtest.NewClock()
	db := pgtest.NewWith(t, postgres.Options{Clock: clock.Now, Tracer: tracer})
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	inbox := delivery.New(db, box)
	codes := verification.New(db, box, inbox, verification.Config{TTL: 5 * time.Minute, ResendAfter: time.Minute, PerDay: 20})
	hub := events.NewHub(db, slog.New(slog.DiscardHandler))
	config := accounts.Config{RegistrationTTL: registrationTTL, EmailLinkTTL: linkTTL, PublicURL: "https://pay.example/"}
	return room{accounts.New(db, box, codes, inbox, hub, config), db, clock, codes, inbox}
}

func profile(email string) accounts.Profile {
	return accounts.Profile{
		FirstName: "Anna", MiddleName: "", LastName: "Petrova", BirthDate: "1990-02-28", Email: email,
		SecurityQuestion: "First ship?", SecurityAnswer: "  Кru\u0301zenshtern ",
	}
}

func (r room) start(t *testing.T, phone string) accounts.Registration {
	t.Helper()
	begun, err := r.Start(t.Context(), phone, locale.EN)
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

func (r room) submit(t *testing.T, token, email string) accounts.Registration {
	t.Helper()
	submitted, err := r.SubmitProfile(t.Context(), token, profile(email))
	if err != nil {
		t.Fatal(err)
	}
	return submitted
}

// verified is a registration that waits for its password.
func (r room) verified(t *testing.T, phone, email string) accounts.Registration {
	t.Helper()
	begun := r.start(t, phone)
	r.submit(t, begun.Token, email)
	verified, err := r.VerifyPhone(t.Context(), begun.Token, r.newest(t, phone).Code)
	if err != nil {
		t.Fatal(err)
	}
	return verified
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

func (r room) link(t *testing.T, address string) (token string) {
	t.Helper()
	_, token, found := strings.Cut(r.newest(t, address).Link, "#token=")
	if !found {
		t.Fatalf("the letter has no token: %+v", r.newest(t, address))
	}
	return token
}

func completion(token string) accounts.CompleteRequest {
	return accounts.CompleteRequest{
		Token: token, Password: password, PasswordConfirmation: password,
		Agreements: []accounts.AgreementID{{Kind: "PERSONAL_DATA", Version: 1}, {Kind: "TERMS_OF_TRANSFER", Version: 1}},
	}
}

// account is one that is there already, made without hashing.
func (r room) account(t *testing.T, phone, email string) models.Account {
	t.Helper()
	account, err := postgres.InTx(t.Context(), r.db, func(tx *postgres.Tx) (models.Account, error) {
		return r.Create(tx, accounts.NewAccount{
			Role: models.RolePerson, CertificateLevel: models.CertificateAlias, Locale: locale.RU, Phone: phone, Email: email,
			FirstName: "Boris", LastName: "Ivanov", BirthDate: time.Date(1980, time.May, 1, 0, 0, 0, 0, time.UTC),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

func (r room) count(t *testing.T, sql string, args ...any) (n int) {
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

// wantFaults compares all refusals, in order, as "CODE reason field.path".
func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	faults, ok := fault.All(err)
	if !ok {
		t.Errorf("answered %v, want refusals", err)
	}
	got := make([]string, len(faults))
	for i, f := range faults {
		got[i] = strings.Join(strings.Fields(string(f.Code)+" "+f.Reason+" "+strings.Join(f.Field, ".")), " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}
