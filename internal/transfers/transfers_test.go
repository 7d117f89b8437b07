package transfers_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
	w.transfers = transfers.New(w.db, box, transfers.Rooms{Ledger: books, Accounts: people, Wallets: w.wallets, Verification: w.codes, Hub: hub}, 15*time.Minute)
	w.operators = operators.New(w.db, operators.Rooms{Ledger: books, Wallets: w.wallets}, operators.Limits{})

	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { books.Run(ctx) })
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

func TestATransferWaitsForItsCodeAndThenMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := w.mustCreate(w.wish("10"))
	if asked.Challenge == nil || asked.Transfer.Status != models.TransferAwaitingConfirmation || w.balance(w.anna) != 10_000 {
		t.Fatalf("created: %+v", asked)
	}
	if name := asked.Transfer.ToName(w.anna.account.ID); name != "Boris I." {
		t.Errorf("a stranger is called %q", name)
	}
	sms := w.code(w.anna)
	if want := sms.Code + " confirms sending 10.00 WMZ to Boris I. (" + w.boris.wallet.Number + "), 10.08 WMZ with the fee. Not you? Tell the code to nobody."; sms.Text != want {
		t.Errorf("the message says %q", sms.Text)
	}
	if seen, ok, err := w.transfers.Find(t.Context(), w.boris.account.ID, asked.Transfer.ID); ok || err != nil {
		t.Errorf("the recipient sees what is not confirmed: %+v, %v", seen, err)
	}

	done, err := w.confirm(asked.Transfer.ID, sms.Code)
	if err != nil || done.Status != models.TransferCompleted || w.balance(w.anna) != 10_000-1008 || w.balance(w.boris) != 1000 {
		t.Fatalf("confirmed: %+v, %v", done, err)
	}
	if name := done.ToName(w.anna.account.ID); name != "Boris Ivanov" {
		t.Errorf("an acquaintance is called %q", name)
	}
	if again, err := w.confirm(asked.Transfer.ID, "000000"); err != nil || again.Status != models.TransferCompleted || w.balance(w.boris) != 1000 {
		t.Errorf("confirmed again: %+v, %v", again, err)
	}
	ledgertest.Check(t, w.db)
}

func TestConfirmRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.mustCreate(w.wish("1")), w.mustCreate(w.wish("2"))
	secondCode := w.code(w.anna).Code

	if _, err := w.confirm(uuid.New(), secondCode); !fault.Is(err, fault.TransferNotFound) {
		t.Errorf("no such transfer: %v", err)
	}
	if _, err := w.transfers.Confirm(t.Context(), w.boris.account, second.Transfer.ID, verification.Code(secondCode)); !fault.Is(err, fault.TransferNotFound) {
		t.Errorf("someone else's: %v", err)
	}
	frozen := w.anna.account
	frozen.Status = models.AccountFrozen
	if _, err := w.transfers.Confirm(t.Context(), frozen, second.Transfer.ID, verification.Code(secondCode)); !fault.Is(err, fault.AccountFrozen) {
		t.Errorf("a frozen account: %v", err)
	}
	if _, err := w.confirm(first.Transfer.ID, secondCode); !fault.Is(err, fault.CodeRejected) {
		t.Errorf("the code of another transfer: %v", err)
	}
	for _, malformed := range []string{"", "12345", "1234567", "12345a", "１２３４５６"} {
		if _, err := w.confirm(first.Transfer.ID, malformed); !fault.Is(err, fault.InvalidInput) {
			t.Errorf("%q: %v", malformed, err)
		}
	}

	w.later(5 * time.Minute)
	if _, err := w.confirm(second.Transfer.ID, secondCode); !fault.Is(err, fault.CodeExpired) {
		t.Errorf("an old code: %v", err)
	}
	if _, err := w.codes.Resend(t.Context(), second.Challenge.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.confirm(second.Transfer.ID, w.code(w.anna).Code); err != nil {
		t.Errorf("the code that was sent again: %v", err)
	}
}

func TestFiftyConfirmationsWithTheRightCodeMoveMoneyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := w.mustCreate(w.wish("3"))
	code := w.code(w.anna).Code
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if view, err := w.confirm(asked.Transfer.ID, code); err != nil || view.Status != models.TransferCompleted {
				t.Errorf("%+v, %v", view.Status, err)
			}
		})
	}
	all.Wait()
	if w.balance(w.boris) != 300 {
		t.Errorf("boris has %d", w.balance(w.boris))
	}
	ledgertest.Check(t, w.db)
}

func TestACodeThatWasRightNeedNotBeTypedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large, rest := w.mustCreate(w.wish("90")), w.mustCreate(w.wish("50"))
	restCode := w.code(w.anna).Code
	if _, err := w.codes.Find(t.Context(), large.Challenge.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.confirm(rest.Transfer.ID, restCode); err != nil {
		t.Fatal(err)
	}
	w.later(time.Minute)
	if _, err := w.codes.Resend(t.Context(), large.Challenge.ID); err != nil {
		t.Fatal(err)
	}
	code := w.code(w.anna).Code
	if _, err := w.confirm(large.Transfer.ID, code); !fault.Is(err, fault.InsufficientFunds) {
		t.Fatalf("without the money: %v", err)
	}
	w.issue(w.anna, "100")
	if _, err := w.confirm(large.Transfer.ID, ""); err != nil {
		t.Errorf("with the money: %v", err)
	}
	ledgertest.Check(t, w.db)
}

func TestCancelAndExpiryEndAWaitingTransferOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cancelled, expired, confirmed := w.mustCreate(w.wish("1")), w.mustCreate(w.wish("2")), w.mustCreate(w.wish("3"))
	code := w.code(w.anna).Code
	if _, err := w.confirm(confirmed.Transfer.ID, code); err != nil {
		t.Fatal(err)
	}
	anna := w.anna.account.ID

	for range 2 {
		if view, err := w.transfers.Cancel(t.Context(), anna, cancelled.Transfer.ID); err != nil || view.Status != models.TransferCancelled {
			t.Errorf("cancel: %+v, %v", view.Status, err)
		}
	}
	if _, err := w.transfers.Cancel(t.Context(), anna, confirmed.Transfer.ID); !fault.Is(err, fault.TransferState) {
		t.Errorf("cancel of a completed one: %v", err)
	}
	if _, err := w.transfers.Cancel(t.Context(), w.boris.account.ID, expired.Transfer.ID); !fault.Is(err, fault.TransferNotFound) {
		t.Errorf("cancel by the recipient: %v", err)
	}
	if _, err := w.confirm(cancelled.Transfer.ID, code); !fault.Is(err, fault.TransferState) {
		t.Errorf("confirm of a cancelled one: %v", err)
	}

	w.later(15 * time.Minute)
	if _, err := w.confirm(expired.Transfer.ID, code); !fault.Is(err, fault.TransferState) {
		t.Errorf("confirm after its time: %v", err)
	}
	var total atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			n, err := w.transfers.Expire(t.Context())
			if err != nil {
				t.Error(err)
			}
			total.Add(int32(n))
		})
	}
	all.Wait()
	view, _, err := w.transfers.Find(t.Context(), anna, expired.Transfer.ID)
	if total.Load() != 1 || err != nil || view.Status != models.TransferExpired {
		t.Errorf("%d expired; it is %s, %v", total.Load(), view.Status, err)
	}
	ledgertest.Check(t, w.db)
}

func TestCancelAgainstConfirmHasOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		asked := w.mustCreate(w.wish("1"))
		code := w.code(w.anna).Code
		var moved, taken atomic.Bool
		var both sync.WaitGroup
		both.Go(func() {
			_, err := w.confirm(asked.Transfer.ID, code)
			moved.Store(err == nil)
		})
		both.Go(func() {
			_, err := w.transfers.Cancel(t.Context(), w.anna.account.ID, asked.Transfer.ID)
			taken.Store(err == nil)
		})
		both.Wait()
		if moved.Load() == taken.Load() {
			t.Errorf("confirmed %t, cancelled %t", moved.Load(), taken.Load())
		}
	}
	ledgertest.Check(t, w.db)
}

func TestAPageOfTransfersEndsWhereTheNextBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.db.Pool.Exec(t.Context(), `INSERT INTO confirmation_policies (account_id, currency, without_code_upto) VALUES ($1, 'Z', 10000)`, w.anna.account.ID); err != nil {
		t.Fatal(err)
	}
	own := w.open(w.anna.account, "Z")
	var want []uuid.UUID
	for i := range 9 {
		r := w.wish("1")
		if i%3 == 0 {
			r.To = transfers.Recipient{WalletNumber: &own.Number} // both sides are hers: it is listed once
		}
		want = append([]uuid.UUID{w.mustCreate(r).Transfer.ID}, want...)
	}
	anna := w.anna.account.ID
	first, err := w.transfers.List(t.Context(), anna, transfers.Page{Limit: 100})
	if err != nil || len(first) != 10 { // and the issue
		t.Fatalf("%d transfers, %v", len(first), err)
	}

	var forward []uuid.UUID
	var cursor *uuid.UUID
	for {
		page, err := w.transfers.List(t.Context(), anna, transfers.Page{Limit: 4, Before: cursor})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, view := range page {
			forward = append(forward, view.ID)
		}
		cursor = &page[len(page)-1].ID
	}
	if diff := cmp.Diff(want, forward[:9]); diff != "" {
		t.Errorf("forward (-want +got):\n%s", diff)
	}
	oldest, err := w.transfers.List(t.Context(), anna, transfers.Page{Limit: 3, Oldest: true, After: &forward[9]})
	if err != nil {
		t.Fatal(err)
	}
	var backward []uuid.UUID
	for _, view := range oldest {
		backward = append(backward, view.ID)
	}
	if diff := cmp.Diff(want[6:9], backward); diff != "" {
		t.Errorf("backward (-want +got):\n%s", diff)
	}
}
