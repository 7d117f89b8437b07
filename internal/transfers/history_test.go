package transfers_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/models"
)

// history writes transfers of anna straight into the table, one a minute from began, the oldest first: the ledger could not make so many in a test.
func (w *world) history(began time.Time, many int) {
	w.t.Helper()
	_, err := w.db.Pool.Exec(w.t.Context(), `
INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id, from_account_id, to_account_id,
                       amount, fee, fee_paid_by, memo, created_at, posted_at, completed_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(g::text), 1, 3) || '8' || substr(md5(g::text), 4, 15))::uuid,
       'PAYMENT', CASE WHEN g % 7 = 0 THEN 'EXPIRED' ELSE 'COMPLETED' END, f, gen_random_uuid(), '', 'Z', fw, tw, f, t, g, 0, 'SENDER',
       CASE WHEN g % 100 = 1 THEN 'Долг за чай 50%' ELSE 'coffee ' || g END, at, CASE WHEN g % 7 <> 0 THEN at END, CASE WHEN g % 7 <> 0 THEN at END
FROM (SELECT g, $1::timestamptz + g * interval '1 minute' AS at,
             CASE WHEN g % 3 = 0 THEN $4::uuid ELSE $2::uuid END AS f, CASE WHEN g % 3 = 0 THEN $2::uuid ELSE $4::uuid END AS t,
             CASE WHEN g % 3 = 0 THEN $5::bigint ELSE $3::bigint END AS fw, CASE WHEN g % 3 = 0 THEN $3::bigint ELSE $5::bigint END AS tw
      FROM generate_series(1, $6::int) g) AS x`, began, w.anna.account.ID, w.anna.wallet.ID, w.boris.account.ID, w.boris.wallet.ID, many)
	if err != nil {
		w.t.Fatal(err)
	}
}

// all follows the pages of a filtered list to its end, one way or the other, and says how many pages there were.
func (w *world) all(f transfers.Filter, oldest bool) (amounts []int64, pages int) {
	w.t.Helper()
	var at *uuid.UUID
	for pages = 1; ; pages++ {
		p := transfers.Page{Limit: 101, Oldest: oldest, Before: at}
		if oldest {
			p.Before, p.After = nil, at
		}
		list, err := w.transfers.List(w.t.Context(), w.anna.account.ID, p, &f)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(list.Views) == p.Limit && list.EndedAt != nil {
			w.t.Fatal("a page that is full says that it ended early")
		}
		var found []int64
		for _, view := range list.Views {
			found = append(found, view.Amount)
		}
		if oldest {
			amounts = append(found, amounts...)
		} else {
			amounts = append(amounts, found...)
		}
		switch {
		case list.EndedAt != nil:
			at = list.EndedAt
		case len(list.Views) == p.Limit && oldest:
			at = &list.Views[0].ID
		case len(list.Views) == p.Limit:
			at = &list.Views[len(list.Views)-1].ID
		default:
			return amounts, pages
		}
	}
}

// TestAFilteredListFindsWhatIsThere compares each filter with a look at every transfer, both ways through a list that takes several pages.
func TestAFilteredListFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 5000
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w.history(began, many)
	at := func(minute int, off time.Duration) *time.Time {
		moment := began.Add(time.Duration(minute)*time.Minute + off)
		return &moment
	}
	text := func(s string) *string { return &s }
	for name, filter := range map[string]struct {
		transfers.Filter
		want func(g int) bool
	}{
		"incoming":         {transfers.Filter{Direction: transfers.Incoming}, func(g int) bool { return g%3 == 0 }},
		"outgoing":         {transfers.Filter{Direction: transfers.Outgoing}, func(g int) bool { return g%3 != 0 }},
		"internal":         {transfers.Filter{Direction: transfers.Internal}, func(int) bool { return false }},
		"expired":          {transfers.Filter{Statuses: []string{models.TransferExpired}}, func(g int) bool { return g%7 == 0 }},
		"two statuses":     {transfers.Filter{Statuses: []string{models.TransferExpired, models.TransferCompleted}}, func(int) bool { return true }},
		"issues":           {transfers.Filter{Kinds: []string{models.TransferRefund}}, func(int) bool { return false }},
		"a wallet":         {transfers.Filter{WalletNumber: &w.anna.wallet.Number}, func(int) bool { return true }},
		"amounts":          {transfers.Filter{Currency: text("Z"), AmountFrom: text("10"), AmountTo: text("10.50")}, func(g int) bool { return g >= 1000 && g <= 1050 }},
		"from nothing":     {transfers.Filter{Currency: text("Z"), AmountFrom: text("0"), AmountTo: text("0.05")}, func(g int) bool { return g <= 5 }},
		"another's wallet": {transfers.Filter{OtherWallet: &w.boris.wallet.Number}, func(int) bool { return true }},
		"a person":         {transfers.Filter{OtherWMID: &w.boris.account.WMID}, func(int) bool { return true }},
		"a stranger":       {transfers.Filter{OtherWMID: &w.operator.WMID}, func(int) bool { return false }},
		"nobody":           {transfers.Filter{OtherWMID: text(number.NewWMID())}, func(int) bool { return false }},
		"nobody's wallet":  {transfers.Filter{OtherWallet: text(number.NewWallet("Z"))}, func(int) bool { return false }},
		"half-open time":   {transfers.Filter{From: at(100, 0), To: at(200, 0)}, func(g int) bool { return g >= 100 && g < 200 }},
		"a microsecond on": {transfers.Filter{From: at(100, time.Microsecond), To: at(200, time.Microsecond)}, func(g int) bool { return g > 100 && g <= 200 }},
		"before all time":  {transfers.Filter{From: at(0, -90*365*24*time.Hour), To: at(0, 0)}, func(int) bool { return false }},
		"any capitals":     {transfers.Filter{Text: text("ДОЛГ ЗА")}, func(g int) bool { return g%100 == 1 }},
		"a per cent sign":  {transfers.Filter{Text: text("50%")}, func(g int) bool { return g%100 == 1 }},
		"no wildcard":      {transfers.Filter{Text: text("c_ffee")}, func(int) bool { return false }},
		"all at once":      {transfers.Filter{Direction: transfers.Outgoing, Text: text("чай"), From: at(1000, 0), WalletNumber: &w.anna.wallet.Number, AmountTo: text("20")}, func(g int) bool { return g%100 == 1 && g%3 != 0 && g >= 1000 && g <= 2000 }},
		"nothing in it":    {transfers.Filter{}, func(int) bool { return true }},
		"a blank":          {transfers.Filter{Text: text("  ")}, func(int) bool { return true }},
	} {
		var want []int64
		for g := many; g > 0; g-- {
			if filter.want(g) && (g%3 != 0 || g%7 != 0) { // what was never paid did not reach her
				want = append(want, int64(g))
			}
		}
		for _, oldest := range []bool{false, true} {
			got, pages := w.all(filter.Filter, oldest)
			kept := got[:0:0]
			for _, amount := range got {
				if amount != 10_000 { // the issue of the test's world
					kept = append(kept, amount)
				}
			}
			if diff := cmp.Diff(want, kept); diff != "" {
				t.Errorf("%s, the oldest first %t (-want +got):\n%.600s", name, oldest, diff)
			}
			if most := 5 + len(want)/100; pages > most {
				t.Errorf("%s takes %d pages", name, pages)
			}
		}
	}
}

// TestAPageOfAFilteredListLooksAtSoMany asks for what is only at the far end of a long list.
func TestAPageOfAFilteredListLooksAtSoMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.history(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 9000)
	tea := "coffee 2"
	one := "0.02"
	filter := transfers.Filter{Text: &tea, WalletNumber: &w.anna.wallet.Number, AmountTo: &one}
	list, err := w.transfers.List(t.Context(), w.anna.account.ID, transfers.Page{Limit: 21}, &filter)
	if err != nil || len(list.Views) != 0 || list.EndedAt == nil {
		t.Fatalf("the first page holds %d and ends at %v: %v", len(list.Views), list.EndedAt, err)
	}
	amounts, pages := w.all(filter, false)
	if len(amounts) != 1 || amounts[0] != 2 || pages < 3 || pages > 6 {
		t.Errorf("%v is found after %d pages", amounts, pages)
	}
}

func TestAFilterThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := func(s string) *string { return &s }
	now := time.Now()
	for name, refused := range map[string]struct {
		transfers.Filter
		code  fault.Code
		field string
	}{
		"a mistyped wallet":        {transfers.Filter{WalletNumber: text("Z123456789012")}, fault.InvalidWalletNumber, "walletNumber"},
		"someone else's wallet":    {transfers.Filter{WalletNumber: &w.boris.wallet.Number}, fault.WalletNotFound, "walletNumber"},
		"a wallet of nobody":       {transfers.Filter{WalletNumber: text(number.NewWallet("Z"))}, fault.WalletNotFound, "walletNumber"},
		"no currency":              {transfers.Filter{Currency: text("Q")}, fault.InvalidInput, "currency"},
		"another currency":         {transfers.Filter{Currency: text("E"), WalletNumber: &w.anna.wallet.Number}, fault.InvalidInput, "currency"},
		"amounts of what":          {transfers.Filter{AmountFrom: text("1")}, fault.InvalidInput, "currency"},
		"not an amount":            {transfers.Filter{Currency: text("Z"), AmountFrom: text("1e3")}, fault.InvalidAmount, "amountFrom"},
		"too fine":                 {transfers.Filter{Currency: text("Z"), AmountTo: text("1.001")}, fault.InvalidAmount, "amountTo"},
		"more than most":           {transfers.Filter{Currency: text("Z"), AmountFrom: text("2"), AmountTo: text("1")}, fault.InvalidInput, "amountTo"},
		"the other side mistyped":  {transfers.Filter{OtherWallet: text("Z1")}, fault.InvalidWalletNumber, "counterparty.walletNumber"},
		"the other WMID mistyped":  {transfers.Filter{OtherWMID: text("1")}, fault.InvalidWMID, "counterparty.wmid"},
		"no time between the two":  {transfers.Filter{From: &now, To: &now}, fault.InvalidInput, "to"},
		"a long text":              {transfers.Filter{Text: text(strings.Repeat("ж", 65))}, fault.InvalidInput, "text"},
		"a text that is not shown": {transfers.Filter{Text: text("a\x00b")}, fault.InvalidInput, "text"},
	} {
		_, err := w.transfers.List(t.Context(), w.anna.account.ID, transfers.Page{Limit: 21}, &refused.Filter)
		faults, _ := fault.All(err)
		if len(faults) != 1 || faults[0].Code != refused.code || strings.Join(faults[0].Field, ".") != refused.field {
			t.Errorf("%s is refused with %v, want %s at %s", name, err, refused.code, refused.field)
		}
	}
}

func (w *world) refused() (lines []string) {
	w.t.Helper()
	rows, err := w.transfers.Refused(w.t.Context(), w.anna.account.ID, transfers.Page{Limit: 300})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows {
		lines = append(lines, fmt.Sprintf("%s %s %d %s", row.FromNumber, row.Recipient, row.Amount, row.Code))
	}
	return lines
}

func TestARefusedAttemptIsKeptForItsSender(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	noone := number.NewWMID()
	phone, nowhere := "+7 900 111-00-02", "+79009999999"
	for _, to := range []transfers.Recipient{{WalletNumber: &w.boris.wallet.Number}, {Phone: &phone}, {WMID: &noone}, {Phone: &nowhere}} {
		r := w.wish("500")
		r.To = to
		if _, err := w.create(r); err == nil {
			t.Fatalf("%v is not refused", to)
		}
	}
	mistyped := w.wish("1e3")
	if _, err := w.create(mistyped); !fault.Is(err, fault.InvalidAmount) {
		t.Fatal(err)
	}
	asked := w.mustCreate(w.wish("10"))
	wrong := "000000"
	if w.code(w.anna).Code == wrong {
		wrong = "000001"
	}
	if _, err := w.confirm(asked.Transfer.ID, wrong); !fault.Is(err, fault.CodeRejected) {
		t.Fatal(err)
	}
	if _, err := w.transfers.Confirm(t.Context(), w.boris.account, asked.Transfer.ID, verification.Code("123456")); !fault.Is(err, fault.TransferNotFound) {
		t.Fatal(err) // someone else's is no attempt of anybody
	}
	from := w.anna.wallet.Number
	want := []string{
		from + " " + w.boris.wallet.Number + " 1000 CODE_REJECTED",
		from + " +7 *** ***-**-99 50000 RECIPIENT_NOT_FOUND",
		from + " " + noone + " 50000 RECIPIENT_NOT_FOUND",
		from + " +7 *** ***-**-02 50000 INSUFFICIENT_FUNDS",
		from + " " + w.boris.wallet.Number + " 50000 INSUFFICIENT_FUNDS",
	}
	if diff := cmp.Diff(want, w.refused()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	others, err := w.transfers.Refused(t.Context(), w.boris.account.ID, transfers.Page{Limit: 10})
	if err != nil || len(others) != 0 {
		t.Errorf("the other side sees %+v, %v", others, err)
	}
	page, err := w.transfers.Refused(t.Context(), w.anna.account.ID, transfers.Page{Limit: 2, Oldest: true})
	if err != nil || len(page) != 2 || page[0].Code != "INSUFFICIENT_FUNDS" || page[0].Recipient != "+7 *** ***-**-02" {
		t.Errorf("the oldest two are %+v, %v", page, err)
	}
}

// TestSoManyRefusedAttemptsADayAreKept has many attempts at once.
func TestSoManyRefusedAttemptsADayAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range 25 {
				if _, err := w.create(w.wish("5000")); !fault.Is(err, fault.InsufficientFunds) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := len(w.refused()); got != 200 {
		t.Errorf("of 250 attempts %d are kept, want 200", got)
	}
	w.later(25 * time.Hour)
	if _, err := w.create(w.wish("5000")); !fault.Is(err, fault.InsufficientFunds) {
		t.Fatal(err)
	}
	if got := len(w.refused()); got != 201 {
		t.Errorf("the next day %d are kept, want 201", got)
	}
}
