package statements_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/ledger"
	"purser/internal/locale"
	"purser/internal/money"
	"purser/internal/operators"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/statements"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// world is the rooms that statements tell of, on a database and a clock of their own.
type world struct {
	t         *testing.T
	db        *postgres.DB
	clock     *atomic.Int64 // microseconds ahead of the wall clock
	people    *accounts.Service
	delivery  *delivery.Service
	codes     *verification.Service
	wallets   *wallets.Service
	transfers *transfers.Service
	operators *operators.Service
	history   *statements.Service
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
	w.transfers = transfers.New(w.db, box, transfers.Rooms{Ledger: books, Accounts: people, Wallets: w.wallets, Verification: w.codes, Hub: hub}, 15*time.Minute)
	w.operators = operators.New(w.db, operators.Rooms{Ledger: books, Wallets: w.wallets}, operators.Limits{})
	w.history = statements.New(w.db, w.wallets, w.transfers, "https://purser.test")

	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { books.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })

	w.operator = w.account(people, models.RoleOperator, "+79001110000", "Olga", "Operator")
	w.anna = w.person(people, "+79001110001", "Anna", "Petrova")
	w.boris = w.person(people, "+79001110002", "Boris", "Ivanov")
	w.issue(w.anna, "10000")
	w.issue(w.boris, "10000")
	for _, p := range []person{w.anna, w.boris} {
		if _, err := w.db.Pool.Exec(t.Context(), `INSERT INTO confirmation_policies (account_id, currency, without_code_upto) VALUES ($1, 'Z', 1000000000)`, p.account.ID); err != nil {
			t.Fatal(err)
		}
	}
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

// pay sends from one person's wallet to another wallet, without a code.
func (w *world) pay(from person, r transfers.Request) transfers.View {
	w.t.Helper()
	if r.From == "" {
		r.From = from.wallet.Number
	}
	if r.FeePaidBy == "" {
		r.FeePaidBy = models.FeePaidBySender
	}
	r.Key = uuid.New()
	result, err := w.transfers.Create(w.t.Context(), from.account, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return result.Transfer
}

func to(number string) transfers.Recipient { return transfers.Recipient{WalletNumber: &number} }

// cents reads an amount with two digits behind the point, which may be negative.
func cents(t *testing.T, text string) int64 {
	t.Helper()
	digits, negative := strings.CutPrefix(text, "-")
	minor, err := money.Parse(digits, 2)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if negative {
		return -minor
	}
	return minor
}
