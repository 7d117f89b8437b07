package transfers_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/locale"
	"purser/internal/operators"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// world is the rooms that transfers need, on a database and a clock of their own.
type world struct {
	t         *testing.T
	db        *postgres.DB
	clock     *atomic.Int64 // microseconds ahead of the wall clock
	people    *accounts.Service
	delivery  *delivery.Service
	codes     *verification.Service
	wallets   *wallets.Service
	transfers *transfers.Service
	twin      *transfers.Service // another server's
	operators *operators.Service
	operator  models.Account
	anna      person
	boris     person
}

type person struct {
	account models.Account
	wallet  models.Wallet
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: &atomic.Int64{}}
	w.db = pgtest.NewWith(t, postgres.Options{Clock: func() time.Time { return time.Now().Add(time.Duration(w.clock.Load()) * time.Microsecond) }})
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	hub := events.NewHub(w.db, log)
	w.delivery = delivery.New(w.db, box)
	w.codes = verification.New(w.db, box, w.delivery, verification.Config{TTL: 5 * time.Minute, ResendAfter: time.Minute, PerDay: 100})
	people := accounts.New(w.db, box, w.codes, w.delivery, hub, accounts.Config{RegistrationTTL: time.Hour, EmailLinkTTL: time.Hour})
	w.people = people
	books := ledger.New(w.db, hub, log)
	if w.wallets, err = wallets.New(t.Context(), w.db, hub); err != nil {
		t.Fatal(err)
	}
	rooms := transfers.Rooms{Ledger: books, Accounts: people, Wallets: w.wallets, Verification: w.codes, Hub: hub}
	w.transfers = transfers.New(w.db, box, rooms, 15*time.Minute)
	rooms.Ledger = ledger.New(w.db, hub, log)
	w.twin = transfers.New(w.db, box, rooms, 15*time.Minute)
	w.operators = operators.New(w.db, operators.Rooms{Ledger: books, Wallets: w.wallets}, operators.Limits{})

	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { books.Run(ctx) })
	running.Go(func() { rooms.Ledger.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })

	w.operator = w.account(people, models.RoleOperator, "+79001110000", "Olga", "Operator")
	w.anna = w.person(people, "+79001110001", "Anna", "Petrova")
	w.boris = w.person(people, "+79001110002", "Boris", "Ivanov")
	w.issue(w.anna, "100")
	return w
}

func (w *world) account(people *accounts.Service, role, phone, first, last string) models.Account {
	w.t.Helper()
	account, err := postgres.InTx(w.t.Context(), w.db, func(tx *postgres.Tx) (models.Account, error) {
		return people.Create(tx, accounts.NewAccount{Role: role, CertificateLevel: models.CertificatePersonal, Locale: locale.EN, Phone: phone,
			Email: phone + "@purser.test", FirstName: first, LastName: last, BirthDate: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return account
}

func (w *world) person(people *accounts.Service, phone, first, last string) person {
	w.t.Helper()
	account := w.account(people, models.RolePerson, phone, first, last)
	return person{account, w.open(account, "Z")}
}

func (w *world) open(account models.Account, letter string) models.Wallet {
	w.t.Helper()
	wallet, err := w.wallets.Open(w.t.Context(), account.ID, letter, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return wallet
}

func (w *world) issue(p person, amount string) {
	w.t.Helper()
	_, err := w.operators.Issue(w.t.Context(), w.operator, operators.FundsRequest{WalletNumber: p.wallet.Number, Amount: amount, Reference: "test", Key: uuid.New()})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) later(d time.Duration) { w.clock.Add(d.Microseconds()) }

func (w *world) balance(p person) int64 {
	w.t.Helper()
	wallet, err := w.wallets.Find(w.t.Context(), p.wallet.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	return wallet.Balance
}

// code is the newest one sent to a person.
func (w *world) code(p person) delivery.Sent {
	w.t.Helper()
	inbox, err := w.delivery.Inbox(w.t.Context(), *p.account.Phone)
	if err != nil || len(inbox) == 0 {
		w.t.Fatalf("nothing was sent: %v", err)
	}
	return inbox[0]
}

// wish is a transfer of an amount from anna to boris's wallet.
func (w *world) wish(amount string) transfers.Request {
	return transfers.Request{From: w.anna.wallet.Number, To: transfers.Recipient{WalletNumber: &w.boris.wallet.Number}, Amount: amount,
		FeePaidBy: models.FeePaidBySender, Key: uuid.New()}
}

func (w *world) create(r transfers.Request) (transfers.Result, error) {
	return w.transfers.Create(w.t.Context(), w.anna.account, r)
}

func (w *world) mustCreate(r transfers.Request) transfers.Result {
	w.t.Helper()
	result, err := w.create(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

func (w *world) confirm(id uuid.UUID, code string) (transfers.View, error) {
	return w.transfers.Confirm(w.t.Context(), w.anna.account, id, verification.Code(code))
}

// wantFault fails the test unless an error is a fault of a code, and returns it.
func wantFault(t *testing.T, err error, code fault.Code) *fault.Fault {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return f
}

// wantSound proves the ledger's invariants.
func (w *world) wantSound() {
	w.t.Helper()
	ledgertest.Check(w.t, w.db)
}
