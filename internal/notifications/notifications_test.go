package notifications_test

import (
	"context"
	"log/slog"
	"slices"
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
	"purser/internal/notifications"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// world is two servers' rooms on one database and one clock, and two people, one of whom has money.
type world struct {
	*notifications.Service
	twin        *notifications.Service
	t           *testing.T
	db          *postgres.DB
	clock       *atomic.Int64 // microseconds since 1970
	delivery    *delivery.Service
	transfers   *transfers.Service
	anna, boris models.Account
	from, to    models.Wallet
}

func newWorld(t *testing.T, now time.Time) *world {
	t.Helper()
	w := &world{t: t, clock: &atomic.Int64{}}
	w.clock.Store(now.UnixMicro())
	w.db = pgtest.NewWith(t, postgres.Options{Clock: func() time.Time { return time.UnixMicro(w.clock.Load()) }})
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	hub := events.NewHub(w.db, log)
	w.delivery = delivery.New(w.db, box)
	codes := verification.New(w.db, box, w.delivery, verification.Config{TTL: 5 * time.Minute, ResendAfter: time.Minute, PerDay: 100})
	people := accounts.New(w.db, box, codes, w.delivery, hub, accounts.Config{RegistrationTTL: time.Hour, EmailLinkTTL: time.Hour})
	books := ledger.New(w.db, hub, log)
	purses, err := wallets.New(t.Context(), w.db, hub)
	if err != nil {
		t.Fatal(err)
	}
	w.transfers = transfers.New(w.db, box, transfers.Rooms{Ledger: books, Accounts: people, Wallets: purses, Verification: codes, Hub: hub}, 15*time.Minute)
	rooms := notifications.Rooms{Accounts: people, Wallets: purses, Transfers: w.transfers, Verification: codes, Delivery: w.delivery, Hub: hub}
	c := notifications.Config{TransferID: uuid.UUID.String}
	w.Service, w.twin = notifications.New(w.db, rooms, c), notifications.New(w.db, rooms, c)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { books.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })

	person := func(phone, first, last string, l locale.Locale) (models.Account, models.Wallet) {
		account, err := postgres.InTx(t.Context(), w.db, func(tx *postgres.Tx) (models.Account, error) {
			return people.Create(tx, accounts.NewAccount{Role: models.RolePerson, CertificateLevel: models.CertificatePersonal, Locale: l, Phone: phone, EmailVerified: true,
				Email: phone + "@purser.test", FirstName: first, LastName: last, BirthDate: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)})
		})
		if err != nil {
			t.Fatal(err)
		}
		wallet, err := purses.Open(t.Context(), account.ID, "Z", "")
		if err != nil {
			t.Fatal(err)
		}
		return account, wallet
	}
	w.anna, w.from = person("+79001110001", "Anna", "Petrova", locale.EN)
	w.boris, w.to = person("+79001110002", "Boris", "Ivanov", locale.RU)
	w.exec(`INSERT INTO confirmation_policies (account_id, currency, without_code_upto) VALUES ($1, 'Z', 1000000)`, w.anna.ID)
	var issuer int64
	if err := w.db.Pool.QueryRow(t.Context(), `SELECT id FROM wallets WHERE number = 'Z000000000019'`).Scan(&issuer); err != nil {
		t.Fatal(err)
	}
	currency, _ := purses.Currency("Z")
	_, err = books.Post(t.Context(), ledger.Posting{Currency: currency, Transfer: models.Transfer{ID: uuid.New(), Kind: models.TransferIssue, AccountID: models.SystemAccountID,
		IdempotencyKey: uuid.New(), Fingerprint: []byte("x"), Currency: "Z", FromWalletID: issuer, ToWalletID: w.from.ID, FromAccountID: models.SystemAccountID, ToAccountID: w.anna.ID,
		Amount: 100_000, FeePaidBy: models.FeePaidBySender, CreatedAt: w.db.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) at(now time.Time) { w.clock.Store(now.UnixMicro()) }

// pay sends a dollar from anna to boris.
func (w *world) pay() {
	w.t.Helper()
	_, err := w.transfers.Create(w.t.Context(), w.anna, transfers.Request{From: w.from.Number, To: transfers.Recipient{WalletNumber: &w.to.Number}, Amount: "1",
		FeePaidBy: models.FeePaidBySender, Key: uuid.New()})
	if err != nil {
		w.t.Fatal(err)
	}
}

// tell lets both servers tell what is due, at once.
func (w *world) tell() {
	w.t.Helper()
	var running sync.WaitGroup
	for _, s := range []*notifications.Service{w.Service, w.twin} {
		running.Go(func() {
			if _, err := s.Tell(context.Background()); err != nil {
				w.t.Error(err)
			}
		})
	}
	running.Wait()
}

// told counts the messages to boris on a channel.
func (w *world) told(channel string) (count int) {
	w.t.Helper()
	to := *w.boris.Phone
	if channel == delivery.Email {
		to = *w.boris.Email
	}
	inbox, err := w.delivery.Inbox(w.t.Context(), to)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range inbox {
		if m.Channel == channel && strings.Contains(m.Text, "Вам пришло 1,00 WMZ (отправитель: Anna P.).") {
			count++
		}
	}
	return count
}

func (w *world) choose(event string, channels ...string) {
	w.t.Helper()
	if err := w.Set(w.t.Context(), w.boris.ID, event, channels); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) hush(from, to, zone string) {
	w.t.Helper()
	if err := w.SetQuiet(w.t.Context(), w.boris.ID, &notifications.Quiet{From: from, To: to, TimeZone: zone}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) want(what string, sms, letters int) {
	w.t.Helper()
	if gotSMS, gotLetters := w.told(delivery.SMS), w.told(delivery.Email); gotSMS != sms || gotLetters != letters {
		w.t.Errorf("%s: %d SMS and %d letters, want %d and %d", what, gotSMS, gotLetters, sms, letters)
	}
}

func TestTwoServersTellOfATransferOnceOnEachChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Date(2040, 6, 15, 12, 0, 0, 0, time.UTC))
	w.pay() // of which he wants to be told by push alone, and there is no device
	w.choose(models.MoneyReceived, delivery.SMS, delivery.Email)
	for range 5 {
		w.pay()
	}
	for range 3 {
		w.tell()
	}
	w.want("five transfers", 5, 5)
	w.choose(models.MoneyReceived)
	w.pay()
	w.tell()
	w.want("after he wanted nothing any more", 5, 5)
}

// TestQuietHoursEndWhenTheClockOnTheWallSaysSo has the two nights of a year in which clocks are put forward and back.
func TestQuietHoursEndWhenTheClockOnTheWallSaysSo(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, night := range map[string]struct{ sent, end time.Time }{
		"an ordinary night":      {time.Date(2040, 6, 15, 23, 30, 0, 0, berlin), time.Date(2040, 6, 16, 5, 0, 0, 0, time.UTC)},
		"after midnight":         {time.Date(2040, 6, 16, 0, 10, 0, 0, berlin), time.Date(2040, 6, 16, 5, 0, 0, 0, time.UTC)},
		"clocks are put forward": {time.Date(2040, 3, 24, 23, 30, 0, 0, berlin), time.Date(2040, 3, 25, 5, 0, 0, 0, time.UTC)},
		"clocks are put back":    {time.Date(2040, 10, 27, 23, 30, 0, 0, berlin), time.Date(2040, 10, 28, 6, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, night.sent)
			w.choose(models.MoneyReceived, delivery.SMS, delivery.Email)
			w.hush("22:00", "07:00", "Europe/Berlin")
			w.pay()
			w.tell()
			w.tell()
			w.want("at night", 0, 1)
			w.at(night.end.Add(-time.Second))
			w.tell()
			w.want("a second before", 0, 1)
			w.at(night.end)
			w.tell()
			w.tell()
			w.want("in the morning", 1, 1)
		})
	}
}

func TestOutsideOfQuietHoursNothingWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Date(2040, 6, 15, 12, 0, 0, 0, time.UTC))
	w.choose(models.MoneyReceived, delivery.SMS)
	w.hush("13:00", "14:00", "UTC")
	w.pay()
	w.tell()
	w.want("before", 1, 0)
	w.at(time.Date(2040, 6, 15, 14, 0, 0, 0, time.UTC))
	w.pay()
	w.tell()
	w.want("at their end", 2, 0)
	w.at(time.Date(2040, 6, 15, 13, 0, 0, 0, time.UTC))
	w.pay()
	w.tell()
	w.want("at their beginning", 2, 0)
	if err := w.SetQuiet(t.Context(), w.boris.ID, nil); err != nil {
		t.Fatal(err)
	}
	w.at(time.Date(2040, 6, 15, 14, 0, 0, 0, time.UTC))
	w.tell()
	w.want("what waited", 3, 0)
}

// TestSoManyMessagesADayAreEnough lets somebody else send as often as they like.
func TestSoManyMessagesADayAreEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Date(2040, 6, 15, 12, 0, 0, 0, time.UTC))
	w.choose(models.MoneyReceived, delivery.SMS, delivery.Email)
	for range 33 {
		w.pay()
	}
	w.tell()
	w.want("33 transfers", 30, 33)
	w.at(w.db.Now().Add(25 * time.Hour))
	w.pay()
	w.tell()
	w.want("a day later", 31, 34)
}

// TestStrangersSilenceNothingElse has a stranger use up what there is of small sums; then money goes out, and devices are told of a theft.
func TestStrangersSilenceNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Date(2040, 6, 15, 12, 0, 0, 0, time.UTC))
	w.choose(models.MoneyReceived, delivery.SMS)
	w.choose(models.MoneySent, delivery.SMS)
	for range 31 {
		w.pay()
	}
	w.tell()
	w.want("31 transfers", 30, 0)
	w.exec(`INSERT INTO confirmation_policies (account_id, currency, without_code_upto) VALUES ($1, 'Z', 1000000)`, w.boris.ID)
	_, err := w.transfers.Create(t.Context(), w.boris, transfers.Request{From: w.to.Number, To: transfers.Recipient{WalletNumber: &w.from.Number}, Amount: "20",
		FeePaidBy: models.FeePaidBySender, Key: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	w.tell()
	inbox, err := w.delivery.Inbox(t.Context(), *w.boris.Phone)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(inbox, func(m delivery.Sent) bool { return strings.Contains(m.Text, "20,16 WMZ") }) {
		t.Error("he is not told that his money has gone")
	}
}

// TestSecurityIsNotCounted pushes more of it than there may be of anything that is.
func TestSecurityIsNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Date(2040, 6, 15, 12, 0, 0, 0, time.UTC))
	w.exec(`INSERT INTO devices (id, account_id, name, platform, created_at) VALUES ($1, $1, 'x', 'WEB', $2)`, w.boris.ID, w.db.Now())
	w.exec(`INSERT INTO sessions (id, account_id, device_id, created_at, last_seen_at, expires_at, access_expires_at) VALUES ($1, $1, $1, $2, $2, $3, $3)`, w.boris.ID, w.db.Now(), w.db.Now().Add(time.Hour))
	w.exec(`INSERT INTO push_devices (id, account_id, session_id, kind, target_mac, name, created_at)
		SELECT gen_random_uuid(), $1, $1, 'FCM', decode(md5(i::text), 'hex'), 'x', $2 FROM generate_series(1, 20) AS i`, w.boris.ID, w.db.Now())
	w.exec(`INSERT INTO notices (id, account_id, event, subject, created_at, due_at)
		SELECT gen_random_uuid(), $1, 'SECURITY_CHANGE', 'FROZEN', $2, $2 FROM generate_series(1, 151)`, w.boris.ID, w.db.Now())
	for range 2 {
		if _, err := w.Tell(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var pushes int
	if err := w.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM messages WHERE channel = 'PUSH'`).Scan(&pushes); err != nil || pushes != 20*151 {
		t.Errorf("151 changes are %d pushes to 20 devices, %v", pushes, err)
	}
}

// TestAnEndIsTold has transfers that expire, and one whose notice nobody wants any more.
func TestAnEndIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Date(2040, 6, 15, 12, 0, 0, 0, time.UTC))
	w.exec(`UPDATE confirmation_policies SET without_code_upto = 0`)
	if err := w.Set(t.Context(), w.anna.ID, models.TransferEnded, []string{delivery.Email}); err != nil {
		t.Fatal(err)
	}
	w.pay()
	w.at(w.db.Now().Add(time.Hour))
	if n, err := w.transfers.Expire(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	w.tell()
	inbox, err := w.delivery.Inbox(t.Context(), *w.anna.Email)
	if err != nil || len(inbox) != 1 || inbox[0].Text != "The transfer of 1.01 WMZ to Boris I. was not confirmed in time and has expired." || inbox[0].Subject != "Transfer expired" {
		t.Errorf("%+v, %v", inbox, err)
	}
	w.exec(`UPDATE confirmation_policies SET without_code_upto = 100000`)
	w.choose(models.MoneyReceived, delivery.SMS)
	w.pay()
	w.at(w.db.Now().Add(25 * time.Hour)) // no server was there to tell it
	w.tell()
	w.want("a day too late", 0, 0)
}
