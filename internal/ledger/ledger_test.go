package ledger_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/money"
	"purser/internal/number"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/models"
)

var dollars = money.Currency{Letter: "Z", Code: "WMZ", Exponent: 2, Fee: money.FeeSchedule{RateBasisPoints: 80, MinMinor: 1, MaxMinor: 5000}}

// world is a running ledger on a database of its own.
type world struct {
	db     *postgres.DB
	log    *slog.Logger
	ledger *ledger.Ledger
	stop   func() // returns when what was queued is posted
	issuer models.Wallet
}

// start runs a new instance, as after a restart of the server.
func (w *world) start() {
	w.ledger = ledger.New(w.db, events.NewHub(w.db, w.log), w.log)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.ledger.Run(ctx) })
	w.stop = func() { cancel(); running.Wait() }
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOn(t, pgtest.New(t))
}

func worldOn(t *testing.T, db *postgres.DB) *world {
	t.Helper()
	return worldLogging(t, db, slog.DiscardHandler)
}

func worldLogging(t *testing.T, db *postgres.DB, handler slog.Handler) *world {
	t.Helper()
	w := &world{db: db, log: slog.New(handler)}
	ctx := context.Background()
	w.start()
	t.Cleanup(func() { w.stop() })
	if err := db.GORM(ctx).Take(&w.issuer, "kind = 'ISSUE' AND currency = 'Z'").Error; err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) person(t *testing.T) ledgertest.Person {
	t.Helper()
	return ledgertest.NewPerson(t, w.db, number.NewWMID(), number.NewWallet("Z"))
}

// funded is a person with money.
func (w *world) funded(t *testing.T, minor int64) ledgertest.Person {
	t.Helper()
	p := w.person(t)
	issue := transfer(ledgertest.Person{Account: models.SystemAccountID, Wallet: w.issuer}, p, minor, 0)
	issue.Kind = models.TransferIssue
	if _, err := w.post(issue); err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) post(t models.Transfer) (ledger.Outcome, error) {
	return w.ledger.Post(context.Background(), ledger.Posting{Transfer: t, Currency: dollars})
}

func (w *world) balance(t *testing.T, p ledgertest.Person) int64 {
	t.Helper()
	var minor int64
	if err := w.db.Pool.QueryRow(context.Background(), `SELECT balance FROM wallets WHERE id = $1`, p.Wallet.ID).Scan(&minor); err != nil {
		t.Fatal(err)
	}
	return minor
}

func transfer(from, to ledgertest.Person, minor, fee int64) models.Transfer {
	return models.Transfer{
		ID: uuid.Must(uuid.NewV7()), Kind: models.TransferPayment, AccountID: from.Account, IdempotencyKey: uuid.New(), Fingerprint: []byte("f"),
		Currency: "Z", FromWalletID: from.Wallet.ID, ToWalletID: to.Wallet.ID, FromAccountID: from.Account, ToAccountID: to.Account,
		Amount: minor, Fee: fee, FeePaidBy: models.FeePaidBySender, CreatedAt: time.Now(),
	}
}

func TestPostMovesMoneyAndItsFee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 10_000), w.person(t)

	outcome, err := w.post(transfer(anna, boris, 1000, 8))
	if err != nil || outcome.Replayed || outcome.Transfer.Status != models.TransferCompleted {
		t.Fatalf("Post = %+v, %v", outcome, err)
	}
	paid := transfer(anna, boris, 500, 4)
	paid.FeePaidBy = models.FeePaidByRecipient
	if _, err := w.post(paid); err != nil {
		t.Fatal(err)
	}
	if a, b := w.balance(t, anna), w.balance(t, boris); a != 10_000-1008-500 || b != 1000+496 {
		t.Errorf("balances are %d and %d", a, b)
	}
	ledgertest.Check(t, w.db)
}

func TestPostRefusesAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris, closed := w.funded(t, 1000), w.person(t), w.person(t)
	if _, err := w.db.Pool.Exec(context.Background(), `UPDATE wallets SET closed_at = now(), is_default = false WHERE id = $1`, closed.Wallet.ID); err != nil {
		t.Fatal(err)
	}
	euros := ledgertest.NewPerson(t, w.db, number.NewWMID(), number.NewWallet("E"))
	stranger := transfer(anna, boris, 100, 1)
	stranger.FromAccountID = boris.Account

	for name, refused := range map[string]struct {
		transfer models.Transfer
		code     fault.Code
	}{
		"more than there is":            {transfer(anna, boris, 1000, 1), fault.InsufficientFunds},
		"to a closed wallet":            {transfer(anna, closed, 100, 1), fault.WalletClosed},
		"from a closed wallet":          {transfer(closed, anna, 100, 1), fault.WalletClosed},
		"to itself":                     {transfer(anna, anna, 100, 1), fault.SameWallet},
		"to another currency":           {transfer(anna, euros, 100, 1), fault.CurrencyMismatch},
		"nothing":                       {transfer(anna, boris, 0, 1), fault.InvalidAmount},
		"less than nothing":             {transfer(anna, boris, -5, 0), fault.InvalidAmount},
		"more than can be":              {transfer(anna, boris, money.MaxMinor+1, 0), fault.InvalidAmount},
		"from someone else's wallet":    {stranger, fault.WalletNotFound},
		"to a wallet that is not there": {transfer(anna, ledgertest.Person{Wallet: models.Wallet{ID: 1 << 40}}, 100, 0), fault.RecipientNotFound},
	} {
		if _, err := w.post(refused.transfer); !fault.Is(err, refused.code) {
			t.Errorf("%s: %v, want %s", name, err, refused.code)
		}
	}

	// A refusal uses no key up: the same key goes through once the money is there.
	again := transfer(boris, anna, 50, 0)
	if _, err := w.post(again); !fault.Is(err, fault.InsufficientFunds) {
		t.Fatalf("a send from an empty wallet: %v", err)
	}
	if _, err := w.post(transfer(anna, boris, 50, 0)); err != nil {
		t.Fatal(err)
	}
	if outcome, err := w.post(again); err != nil || outcome.Replayed {
		t.Errorf("the key of a refusal: %+v, %v", outcome, err)
	}
	ledgertest.Check(t, w.db)
}

func TestOneKeyMovesMoneyOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	w, other := worldOn(t, db), worldOn(t, db)
	anna, boris := w.funded(t, 10_000), w.person(t)
	first := transfer(anna, boris, 100, 1)

	var fresh atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			repeat := first
			repeat.ID = uuid.Must(uuid.NewV7())
			outcome, err := []*world{w, other}[i%2].post(repeat)
			if err != nil {
				t.Errorf("a repeat: %v", err)
			}
			if !outcome.Replayed {
				fresh.Add(1)
			}
		})
	}
	all.Wait()
	if fresh.Load() != 1 || w.balance(t, boris) != 100 {
		t.Errorf("%d of 50 were the first; boris has %d", fresh.Load(), w.balance(t, boris))
	}

	changed := first
	changed.ID, changed.Fingerprint = uuid.Must(uuid.NewV7()), []byte("another request")
	if _, err := other.post(changed); !fault.Is(err, fault.IdempotencyKeyReused) {
		t.Errorf("another request with the key: %v", err)
	}
	ledgertest.Check(t, w.db)
}

func TestAHundredSendsFromAWalletThatCanPayForTen(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	servers := []*world{worldOn(t, db), worldOn(t, db)}
	anna, boris := servers[0].funded(t, 1010), servers[0].person(t)

	var paid, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			switch _, err := servers[i%2].post(transfer(anna, boris, 100, 1)); {
			case err == nil:
				paid.Add(1)
			case fault.Is(err, fault.InsufficientFunds):
				refused.Add(1)
			default:
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	all.Wait()
	if paid.Load() != 10 || refused.Load() != 90 {
		t.Errorf("%d were paid and %d refused", paid.Load(), refused.Load())
	}
	ledgertest.Check(t, db)
}

func TestCrossingTransfersOnTwoServersNeitherDeadlockNorLoseMoney(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	servers := []*world{worldOn(t, db), worldOn(t, db)}
	people := make([]ledgertest.Person, 6)
	for i := range people {
		people[i] = servers[0].funded(t, 100_000)
	}
	var all sync.WaitGroup
	for client := range ledgertest.Size(32, 64) {
		all.Go(func() {
			for range ledgertest.Size(10, 100) {
				from, to := rand.IntN(len(people)), rand.IntN(len(people)-1)
				if to >= from {
					to++
				}
				if _, err := servers[client%2].post(transfer(people[from], people[to], 100, 1)); err != nil {
					t.Errorf("a transfer: %v", err)
				}
			}
		})
	}
	all.Wait()
	ledgertest.Check(t, db)
}

func TestAStoredTransferIsPostedOnlyWhenConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 1000), w.person(t)
	stored := transfer(anna, boris, 100, 1)
	stored.Status = models.TransferAwaitingConfirmation
	if err := w.db.GORM(context.Background()).Create(&stored).Error; err != nil {
		t.Fatal(err)
	}
	post := func() error {
		_, err := w.ledger.Post(context.Background(), ledger.Posting{Transfer: stored, Currency: dollars, Stored: true})
		return err
	}
	if err := post(); !fault.Is(err, fault.TransferState) {
		t.Fatalf("unconfirmed: %v", err)
	}
	if _, err := w.db.Pool.Exec(context.Background(), `UPDATE transfers SET confirmed_at = now() WHERE id = $1`, stored.ID); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := post(); err != nil {
				t.Errorf("confirmed: %v", err)
			}
		})
	}
	all.Wait()
	if w.balance(t, boris) != 100 {
		t.Errorf("boris has %d", w.balance(t, boris))
	}
	ledgertest.Check(t, w.db)
}

func TestEntriesRefuseToChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.funded(t, 1000)
	for _, sql := range []string{`UPDATE entries SET amount = amount + 1`, `DELETE FROM entries`, `TRUNCATE entries`} {
		if _, err := w.db.Pool.Exec(context.Background(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestCheckFindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.funded(t, 1000)
	ctx := context.Background()
	if _, err := w.db.Pool.Exec(ctx, `UPDATE wallets SET balance = balance + 1 WHERE id = $1`, anna.Wallet.ID); err != nil {
		t.Fatal(err)
	}
	seen := &recorder{TB: t}
	ledgertest.Check(seen, w.db)
	if seen.errors == 0 {
		t.Error("a changed balance was not found")
	}
}

// recorder counts failures instead of failing.
type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Errorf(string, ...any) { r.errors++ }
