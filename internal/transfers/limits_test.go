package transfers_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/transfers"
	"purser/models"
)

// level gives anna another certificate, as a review does.
func (w *world) level(level string) {
	w.t.Helper()
	w.anna.account.CertificateLevel = level
	w.exec(`UPDATE accounts SET certificate_level = $2 WHERE id = $1`, w.anna.account.ID, level)
}

func (w *world) limits() []ledger.Limit {
	w.t.Helper()
	_, limits, err := w.transfers.Limits(w.t.Context(), w.anna.account, "Z")
	if err != nil || len(limits) != 3 {
		w.t.Fatalf("%+v, %v", limits, err)
	}
	return limits
}

// at sets the clock to a time of January 2030, which begins on a Tuesday.
func (w *world) at(day, hour int) {
	w.clock.Store(time.Until(time.Date(2030, 1, day, hour, 0, 0, 0, time.UTC)).Microseconds())
}

func TestWhatACertificateAllowsADayAWeekAMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.issue(w.anna, "10000")
	if err := w.allow("1000000"); err != nil {
		t.Fatal(err)
	}
	w.level(models.CertificateAlias) // 100 a day, 300 a week, 500 a month
	pay := func(amount string) error { _, err := w.create(w.wish(amount)); return err }
	wantLimit := func(err error, limit, remaining string, resets time.Time) {
		t.Helper()
		facts := wantFault(t, err, fault.LimitExceeded).Facts.(fault.LimitFacts)
		if facts.Limit.Decimal() != limit || facts.Remaining.Decimal() != remaining || !facts.ResetsAt.Equal(resets) {
			t.Errorf("%s, %s left, until %v", facts.Limit.Decimal(), facts.Remaining.Decimal(), facts.ResetsAt)
		}
	}
	for day := 14; day <= 16; day++ { // Monday, Tuesday, Wednesday
		w.at(day, 12)
		if err := pay("90"); err != nil { // 90.72 with the fee
			t.Fatalf("on day %d: %v", day, err)
		}
		if day == 14 {
			wantLimit(pay("10"), "100.00", "9.28", time.Date(2030, 1, 15, 0, 0, 0, 0, time.UTC))
		}
	}
	w.at(17, 0)
	wantLimit(pay("30"), "300.00", "27.84", time.Date(2030, 1, 21, 0, 0, 0, 0, time.UTC))
	if err := pay("27.61"); err != nil { // exactly what is left, with the fee
		t.Errorf("what is left: %v", err)
	}
	w.at(21, 0)
	if err := pay("99"); err != nil {
		t.Error(err)
	}
	w.at(22, 0)
	if err := pay("99"); err != nil {
		t.Error(err)
	}
	w.at(23, 0)
	wantLimit(pay("1"), "500.00", "0.40", time.Date(2030, 2, 1, 0, 0, 0, 0, time.UTC))
	limits := w.limits()
	if *limits[0].Remaining() != 10000 || limits[1].Used != 2*9980 || limits[2].Used != 49960 {
		t.Errorf("%+v", limits)
	}
	w.at(32, 0)
	if err := pay("99"); err != nil {
		t.Errorf("in the next month: %v", err)
	}
	w.level(models.CertificatePersonal)
	if limits := w.limits(); limits[0].Total != nil || limits[0].Remaining() != nil || limits[0].Used != 9980 {
		t.Errorf("%+v", limits)
	}
	if err := pay("1000"); err != nil {
		t.Errorf("with a personal certificate: %v", err)
	}
}

// TestParallelSendsNeverPassALimitTogether sends from two wallets of one account, at two servers: no lock of a wallet holds them apart.
func TestParallelSendsNeverPassALimitTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := person{w.anna.account, w.open(w.anna.account, "Z")}
	w.issue(w.anna, "1000")
	w.issue(second, "1000")
	if err := w.allow("1000000"); err != nil {
		t.Fatal(err)
	}
	w.level(models.CertificateAlias)
	var all sync.WaitGroup
	var passed atomic.Int64
	for i := range 100 {
		r := w.wish("3") // 3.03 with the fee: 33 of them make 99.99
		if i%4 > 1 {
			r.From = second.wallet.Number
		}
		server := []*transfers.Service{w.transfers, w.twin}[i%2]
		all.Go(func() {
			_, err := server.Create(t.Context(), w.anna.account, r)
			if err == nil {
				passed.Add(1)
			} else if !fault.Is(err, fault.LimitExceeded) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if passed.Load() != 33 || w.limits()[0].Used != 9999 {
		t.Errorf("%d passed, and %d is counted", passed.Load(), w.limits()[0].Used)
	}
}

func TestWhatGoesWithoutACodeIsCountedForADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.allow("10"); err != nil {
		t.Fatal(err)
	}
	second := person{w.anna.account, w.open(w.anna.account, "Z")}
	w.issue(second, "100")
	for i, want := range []string{models.TransferCompleted, models.TransferCompleted, models.TransferAwaitingConfirmation} {
		r := w.wish("4")
		if i == 1 {
			r.From = second.wallet.Number // another wallet has no allowance of its own
		}
		if got := w.mustCreate(r).Transfer.Status; got != want {
			t.Errorf("the transfer %d: %s", i, got)
		}
	}
	w.later(24*time.Hour - time.Minute)
	if got := w.mustCreate(w.wish("4")).Transfer.Status; got != models.TransferAwaitingConfirmation {
		t.Errorf("a minute too early: %s", got)
	}
	w.later(time.Hour + time.Minute) // it counts until the hour is over in which it was sent, a day later
	if got := w.mustCreate(w.wish("9")).Transfer.Status; got != models.TransferCompleted {
		t.Errorf("a day later: %s", got)
	}
}

// TestNoDayHasTwiceWhatGoesWithoutACode sends a crumb a day before: what is left goes a minute before its day is over, and nothing a minute after.
func TestNoDayHasTwiceWhatGoesWithoutACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.allow("10"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after        time.Duration
		amount, want string
	}{
		{0, "0.01", models.TransferCompleted},
		{24*time.Hour - time.Minute, "9.80", models.TransferCompleted},
		{2 * time.Minute, "9.80", models.TransferAwaitingConfirmation},
		{23 * time.Hour, "9.80", models.TransferAwaitingConfirmation},
		{2 * time.Hour, "9.80", models.TransferCompleted},
	} {
		w.later(step.after)
		if got := w.mustCreate(w.wish(step.amount)).Transfer.Status; got != step.want {
			t.Errorf("%s after %s: %s", step.amount, step.after, got)
		}
	}
}

func TestAWalletHoldsNoMoreThanItsCertificateAllows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.issue(w.anna, "1000")
	if err := w.allow("1000000"); err != nil {
		t.Fatal(err)
	}
	w.exec(`UPDATE accounts SET certificate_level = 'ALIAS' WHERE id = $1`, w.boris.account.ID)
	w.boris.wallet = w.open(w.boris.account, "Z") // 300 at most
	if _, err := w.create(w.wish("300")); err != nil {
		t.Fatal(err)
	}
	_, err := w.create(w.wish("0.01"))
	wantFault(t, err, fault.RecipientRefuses)
	first := w.wish("1")
	first.To = transfers.Recipient{WMID: &w.boris.account.WMID} // the older one came before the limit
	if _, err := w.create(first); err != nil {
		t.Error(err)
	}
}

func TestProtectedMoneyOnItsWayCountsForTheCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.issue(w.anna, "1000")
	w.exec(`UPDATE wallets SET balance_cap = 30000 WHERE id = $1`, w.boris.wallet.ID)
	first := w.protected("200", models.ProtectedByCode, 1)
	r := w.wish("100.01")
	asked := w.mustCreate(r)
	_, err := w.confirm(asked.Transfer.ID, w.code(w.anna).Code)
	wantFault(t, err, fault.RecipientRefuses)
	if _, err := w.transfers.Reject(t.Context(), w.boris.account, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.confirm(asked.Transfer.ID, ""); err != nil {
		t.Errorf("when there is room: %v", err)
	}
	w.wantSound()
}

// TestAClockThatIsBehindForgetsNothing posts at servers whose clocks disagree around midnight.
func TestAClockThatIsBehindForgetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.issue(w.anna, "1000")
	if err := w.allow("1000000"); err != nil {
		t.Fatal(err)
	}
	w.level(models.CertificateAlias)
	midnight := time.Date(2030, 1, 16, 0, 0, 0, 0, time.UTC)
	for _, moment := range []struct {
		at     time.Duration
		amount string
		good   bool
	}{{100 * time.Millisecond, "90", true}, {-200 * time.Millisecond, "5", true}, {time.Second, "90", false}, {2 * time.Second, "4", true}} {
		w.clock.Store(time.Until(midnight.Add(moment.at)).Microseconds())
		if _, err := w.create(w.wish(moment.amount)); (err == nil) != moment.good || (err != nil && !fault.Is(err, fault.LimitExceeded)) {
			t.Errorf("%s at %v: %v", moment.amount, moment.at, err)
		}
	}
}
