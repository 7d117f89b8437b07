package wallets_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/money"
	"purser/internal/wallets"
	"purser/models"
)

// entries gives a wallet n entries of one minor unit each, numbered from 1.
func (r room) entries(t *testing.T, from, to models.Wallet, n int) {
	t.Helper()
	for version := range n {
		id := uuid.New()
		r.exec(t, `INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id,
    from_account_id, to_account_id, amount, fee, fee_paid_by, memo, created_at, posted_at, completed_at)
VALUES ($1, 'PAYMENT', 'COMPLETED', $2, $1, '', 'Z', $3, $4, $2, $5, 1, 0, 'SENDER', '', $6, $6, $6)`,
			id, from.AccountID, from.ID, to.ID, to.AccountID, r.clock.Now())
		r.exec(t, `INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash) VALUES ($1, $2, $3, 1, $2, $4, '')`,
			to.ID, version+1, id, r.clock.Now())
	}
}

func TestStatementComesInPages(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.person(t)
	from, to := r.open(t, anna, "Z", ""), r.open(t, r.person(t), "Z", "")
	r.entries(t, from, to, 5)
	for what, c := range map[string]struct {
		span wallets.Span
		want []int64
	}{
		"all":                   {wallets.Span{Limit: 10}, []int64{5, 4, 3, 2, 1}},
		"the newest":            {wallets.Span{Limit: 2}, []int64{5, 4}},
		"the next":              {wallets.Span{Limit: 2, Before: 4}, []int64{3, 2}},
		"the last":              {wallets.Span{Limit: 2, Before: 2}, []int64{1}},
		"past the last":         {wallets.Span{Limit: 2, Before: 1}, nil},
		"the oldest":            {wallets.Span{Limit: 2, Oldest: true}, []int64{2, 1}},
		"those before a cursor": {wallets.Span{Limit: 2, After: 2, Oldest: true}, []int64{4, 3}},
		"between two cursors":   {wallets.Span{Limit: 10, After: 1, Before: 5}, []int64{4, 3, 2}},
		"news":                  {wallets.Span{Limit: 10, After: 5}, nil},
		"far away":              {wallets.Span{Limit: 10, After: math.MaxInt64}, nil},
	} {
		entries, err := r.part(t, to.ID, c.span)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, e := range entries {
			got = append(got, e.Version)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	if none, err := r.part(t, from.ID, wallets.Span{Limit: 10}); err != nil || len(none) != 0 {
		t.Errorf("a wallet without entries shows %+v, %v", none, err)
	}
}

func TestEntriesAreFoundInOnesOwnWalletsOnly(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.person(t), r.person(t)
	from, to, foreign := r.open(t, anna, "Z", ""), r.open(t, anna, "Z", ""), r.open(t, boris, "Z", "")
	r.entries(t, from, to, 2)
	r.entries(t, from, foreign, 1)
	mine := wallets.EntryKey{WalletNumber: to.Number, Version: 2}
	found, err := r.EntriesAt(t.Context(), anna, []wallets.EntryKey{mine, {WalletNumber: to.Number, Version: 3}, {WalletNumber: foreign.Number, Version: 1}, {WalletNumber: "nonsense", Version: 1}})
	if err != nil || len(found) != 1 || found[mine].Entry.BalanceAfter != 2 || found[mine].Wallet.ID != to.ID {
		t.Errorf("found: %+v, %v", found, err)
	}
	for _, keys := range [][]wallets.EntryKey{nil, {{WalletNumber: foreign.Number, Version: 1}}} {
		if none, err := r.EntriesAt(t.Context(), anna, keys); err != nil || len(none) != 0 {
			t.Errorf("of %v were found: %+v, %v", keys, none, err)
		}
	}
}

func TestCurrenciesAreTheSixOfTheTable(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	letters := ""
	for _, c := range r.Currencies() {
		letters += c.Letter
	}
	if letters != "ZEPKBG" {
		t.Errorf("the currencies are %s", letters)
	}
	r.Currencies()[0].Letter = "X" // a copy: nobody can change the table
	dollars, ok := r.Currency("Z")
	want := money.Currency{Letter: "Z", Code: "WMZ", Exponent: 2, Fee: money.FeeSchedule{RateBasisPoints: 80, MinMinor: 1, MaxMinor: 5000}}
	if diff := cmp.Diff(want, dollars); diff != "" || !ok {
		t.Errorf("dollars (-want +got):\n%s", diff)
	}
	if _, ok := r.CurrencyRow("X"); ok {
		t.Error("there is a currency X")
	}
}

func TestAmountsAreReadWithTheirReason(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	dollars, _ := r.Currency("Z")
	for typed, want := range map[string]int64{"12.50": 1250, "12.5": 1250, "12": 1200, "0.01": 1} {
		if got, err := r.Amount(typed, dollars, "amount"); err != nil || got != want {
			t.Errorf("%s is %d, %v", typed, got, err)
		}
	}
	for typed, reason := range map[string]string{
		"12.505": fault.TooFine, "0": fault.NotZero, "0.00": fault.NotZero, "99999999999999999999": fault.TooLarge,
		"": "", "-1": "", "+1": "", "1e3": "", " 1": "", "NaN": "", "1,5": "", "１": "", "0x10": "",
	} {
		_, err := r.Amount(typed, dollars, "amount")
		wantFault(t, err, fault.InvalidAmount, "amount")
		if faults, _ := fault.All(err); len(faults) == 1 && faults[0].Reason != reason {
			t.Errorf("%q is refused because of %q, want %q", typed, faults[0].Reason, reason)
		}
	}
}
