package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"

	"purser/internal/config"
	"purser/internal/localpg"
	"purser/internal/money"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/models"
)

const (
	walletsEach = 2
	eachHolds   = 1_000_000_000 // minor units in each wallet
)

var dollars = money.Currency{Letter: "Z", Code: "WMZ", Exponent: 2, Fee: money.FeeSchedule{RateBasisPoints: 80, MinMinor: 1, MaxMinor: 5000}}

// world is a database of people with funded wallets, on a Postgres of its own with durable commits.
type world struct {
	server  *localpg.Server
	dsn     string
	db      *postgres.DB
	people  []person
	wallets []models.Wallet
	hot     int // index of the wallet that everybody pays
}

type person struct {
	account models.Account
	wallets []int // indexes
}

func newWorld(ctx context.Context, dir string, wallets int) (*world, error) {
	server, err := localpg.Start(ctx, localpg.Options{
		DataDir: dir, Log: slog.New(slog.DiscardHandler), Settings: map[string]string{"max_connections": "400"}, // (a) has one for each client
	})
	if err != nil {
		return nil, err
	}
	w := &world{server: server, dsn: server.DSN("purser")}
	if err := w.fill(ctx, wallets); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) fill(ctx context.Context, wallets int) error {
	if err := w.server.EnsureDatabase(ctx, "purser"); err != nil {
		return err
	}
	ring, err := config.Config{}.Ring()
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, w.dsn, ring, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, w.dsn, postgres.Options{MaxConns: 20, Ring: ring})
	if err != nil {
		return err
	}
	w.db = db
	if err := w.addPeople(ctx, max(wallets/walletsEach, 2)); err != nil {
		return err
	}
	w.hot = w.people[0].wallets[0]
	w.people[0].wallets = w.people[0].wallets[1:] // it only receives
	return w.settle(ctx)
}

// addPeople writes accounts and wallets, and lets the ledger's own rules see them funded: by an issue for each.
func (w *world) addPeople(ctx context.Context, people int) error {
	born := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	var accounts []models.Account
	var policies []models.ConfirmationPolicy
	for i := range people {
		phone, email := fmt.Sprintf("+7910%07d", i), fmt.Sprintf("p%d@bench.test", i)
		account := models.Account{ID: uuid.Must(uuid.NewV7()), WMID: number.NewWMID(), Role: models.RolePerson, Status: models.AccountActive,
			CertificateLevel: models.CertificatePersonal, Locale: "EN", Phone: &phone, Email: &email, PhoneMAC: w.db.Lookup("phone", phone), EmailMAC: w.db.Lookup("email", email), FirstName: "P", LastName: "N",
			BirthDate: &born, CreatedAt: time.Now(), AcceptedTerms: 1, AcceptedData: 1, IncomingPolicy: models.FromEveryone}
		accounts = append(accounts, account)
		policies = append(policies, models.ConfirmationPolicy{AccountID: account.ID, Currency: "Z", WithoutCodeUpTo: eachHolds})
		p := person{account: account}
		for j := range walletsEach {
			p.wallets = append(p.wallets, len(w.wallets))
			w.wallets = append(w.wallets, models.Wallet{Number: number.NewWallet("Z"), AccountID: account.ID, Kind: models.WalletUser, Currency: "Z",
				Name: "Bench", IsDefault: j == 0, OpenedAt: time.Now()})
		}
		w.people = append(w.people, p)
	}
	for _, rows := range []any{accounts, policies, w.wallets} {
		if err := w.db.GORM(ctx).CreateInBatches(rows, 1000).Error; err != nil {
			return err
		}
	}
	return w.fund(ctx)
}

// settle brings the database to rest, so that one measurement does not pay for another. Warm up after it: each page that is changed
// for the first time since is written to the log whole.
func (w *world) settle(ctx context.Context) error {
	_, err := w.db.Pool.Exec(ctx, `CHECKPOINT`)
	return err
}

func (w *world) close() {
	if w.db != nil {
		w.db.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = w.server.Stop(ctx)
	_ = os.RemoveAll(w.server.Dir()) // which may be elsewhere than it was asked to be
}
