package wallets_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/internal/wallets"
	"purser/models"
)

func TestTheFirstWalletOfACurrencyIsItsDefault(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.person(t)
	first, second, euros := r.open(t, anna, "Z", ""), r.open(t, anna, "Z", "  Holidays 🏖 "), r.open(t, anna, "E", "")
	if !first.IsDefault || second.IsDefault || !euros.IsDefault {
		t.Errorf("defaults are %t, %t and %t", first.IsDefault, second.IsDefault, euros.IsDefault)
	}
	if first.Name != "WMZ" || second.Name != "Holidays 🏖" || euros.Name != "WME" {
		t.Errorf("names are %q, %q and %q", first.Name, second.Name, euros.Name)
	}
	for _, w := range []models.Wallet{first, second, euros} {
		if !number.ValidWallet(w.Number) || w.Number[:1] != w.Currency || w.AccountID != anna || w.Balance != 0 || !w.OpenedAt.Equal(r.clock.Now()) {
			t.Errorf("opened: %+v", w)
		}
	}
	all, err := r.Wallets(t.Context(), anna)
	if err != nil || len(all) != 3 || all[0].Number != first.Number || all[2].Number != euros.Number {
		t.Errorf("listed: %+v, %v", all, err)
	}
	var told int
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM events WHERE account_id = $1 AND kind = 'WALLET_OPENED'`, anna).Scan(&told); err != nil || told != 3 {
		t.Errorf("%d events tell of three wallets, %v", told, err)
	}
}

func TestOpenRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.person(t)
	for _, letter := range []string{"", "z", "X", "ZZ", "Z "} {
		wantFault(t, second(r.Open(t.Context(), anna, letter, "")), fault.InvalidInput, "currency")
	}
	for _, name := range []string{strings.Repeat("я", 256), "a\x00b", "a\nb"} {
		wantFault(t, second(r.Open(t.Context(), anna, "Z", name)), fault.InvalidInput, "name")
	}
	r.open(t, anna, "Z", strings.Repeat("я", 255))
	if err := second(r.Open(t.Context(), uuid.New(), "Z", "")); err == nil {
		t.Error("a wallet was opened for nobody")
	}
}

func TestAHundredWalletsAndNoMore(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.person(t), r.person(t)
	var opened atomic.Int64
	var running sync.WaitGroup
	for range wallets.MostPerAccount + 20 {
		running.Go(func() {
			if _, err := r.Open(t.Context(), anna, "Z", ""); err == nil {
				opened.Add(1)
			} else {
				wantFault(t, err, fault.TooManyWallets)
			}
		})
	}
	running.Wait()
	all, err := r.Wallets(t.Context(), anna)
	if err != nil || opened.Load() != wallets.MostPerAccount || len(all) != wallets.MostPerAccount {
		t.Errorf("%d were opened and %d are there, %v", opened.Load(), len(all), err)
	}
	if len(r.defaults(t, anna)) != 1 {
		t.Errorf("defaults are %v", r.defaults(t, anna))
	}
	if err := second(r.Close(t.Context(), anna, all[5].Number)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, second(r.Open(t.Context(), anna, "Z", "")), fault.TooManyWallets) // closed ones count
	r.open(t, boris, "Z", "")
}

func TestATakenNumberIsDrawnAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.open(t, r.person(t), "Z", "")
	// The database finds that the next number drawn is taken, once.
	r.exec(t, `
CREATE SEQUENCE draws;
CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('draws') = 1 THEN NEW.number := '`+first.Number+`'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER collide BEFORE INSERT ON wallets FOR EACH ROW EXECUTE FUNCTION collide()`)
	if second := r.open(t, r.person(t), "Z", ""); second.Number == first.Number {
		t.Error("two wallets have one number")
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.person(t)
	w := r.open(t, anna, "Z", "Old")
	renamed, err := r.Rename(t.Context(), anna, w.Number, " Новый ")
	if err != nil || renamed.Name != "Новый" || renamed.Number != w.Number || !renamed.IsDefault {
		t.Errorf("renamed: %+v, %v", renamed, err)
	}
	if kept, err := r.Wallet(t.Context(), anna, w.Number); err != nil || kept.Name != "Новый" {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	for _, name := range []string{"", "  ", strings.Repeat("x", 256), "a\u202eb"} {
		wantFault(t, second(r.Rename(t.Context(), anna, w.Number, name)), fault.InvalidInput, "name")
	}
}

func TestThereIsOneDefault(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.person(t)
	first, other, euros := r.open(t, anna, "Z", ""), r.open(t, anna, "Z", ""), r.open(t, anna, "E", "")
	for range 2 { // a repeat does nothing
		chosen, err := r.SetDefault(t.Context(), anna, other.Number)
		if err != nil || !chosen.IsDefault {
			t.Errorf("chosen: %+v, %v", chosen, err)
		}
		if diff := cmp.Diff(map[string]string{"Z": other.Number, "E": euros.Number}, r.defaults(t, anna)); diff != "" {
			t.Errorf("defaults (-want +got):\n%s", diff)
		}
	}
	if got, err := r.Receiving(t.Context(), anna, "Z"); err != nil || got.Number != other.Number {
		t.Errorf("receiving is %s, %v", got.Number, err)
	}
	wantFault(t, second(r.Receiving(t.Context(), anna, "P", "to")), fault.RecipientHasNoWallet, "to")

	var running sync.WaitGroup
	for i := range 20 { // many at once end in one
		running.Go(func() {
			if _, err := r.SetDefault(t.Context(), anna, []string{first.Number, other.Number}[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if got := r.defaults(t, anna); len(got) != 2 {
		t.Errorf("defaults are %v", got)
	}
}

func TestCloseTakesEmptyWalletsOnly(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.person(t)
	first, heir, third := r.open(t, anna, "Z", ""), r.open(t, anna, "Z", ""), r.open(t, anna, "Z", "")
	r.fill(t, first, 1250)
	err := second(r.Close(t.Context(), anna, first.Number))
	wantFault(t, err, fault.WalletNotEmpty, "walletNumber")
	if faults, _ := fault.All(err); fmt.Sprint(faults[0].Values["Balance"]) != "12.50 WMZ" {
		t.Errorf("one is told that it holds %v", faults[0].Values["Balance"])
	}

	r.fill(t, first, 0)
	for range 2 { // a repeat does nothing
		closed, err := r.Close(t.Context(), anna, first.Number)
		if err != nil || closed.IsOpen() || closed.IsDefault {
			t.Errorf("closed: %+v, %v", closed, err)
		}
		if got := r.defaults(t, anna)["Z"]; got != heir.Number {
			t.Errorf("the default is %s, want the oldest open one, %s", got, heir.Number)
		}
	}
	wantFault(t, second(r.SetDefault(t.Context(), anna, first.Number)), fault.WalletClosed, "walletNumber")
	for _, w := range []models.Wallet{third, heir} {
		if _, err := r.Close(t.Context(), anna, w.Number); err != nil {
			t.Fatal(err)
		}
	}
	wantFault(t, second(r.Receiving(t.Context(), anna, "Z")), fault.RecipientHasNoWallet)
	if reopened := r.open(t, anna, "Z", ""); !reopened.IsDefault {
		t.Error("after all were closed a new one is not the default")
	}
	if all, err := r.Wallets(t.Context(), anna); err != nil || len(all) != 4 {
		t.Errorf("%d wallets are listed, %v; closed ones stay", len(all), err)
	}
}

func TestTheDatabaseRefusesToCloseMoneyAway(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.person(t)
	r.open(t, anna, "Z", "")
	w := r.open(t, anna, "Z", "")
	r.fill(t, w, 1)
	_, err := r.db.Pool.Exec(t.Context(), `UPDATE wallets SET closed_at = now() WHERE id = $1`, w.ID)
	if !postgres.Violates(err, "wallets_closed_check") {
		t.Errorf("closed with money in it: %v", err)
	}
	_, err = r.db.Pool.Exec(t.Context(), `UPDATE wallets SET balance = -1 WHERE id = $1`, w.ID)
	if !postgres.Violates(err, "wallets_balance_check") {
		t.Errorf("below zero: %v", err)
	}
}

func TestNobodyTouchesAnothersWallet(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.person(t), r.person(t)
	theirs := r.open(t, boris, "Z", "Boris")
	var system string
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT number FROM wallets WHERE kind = 'ISSUE' AND currency = 'Z' LIMIT 1`).Scan(&system); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(number string) error{
		"rename":  func(n string) error { return second(r.Rename(t.Context(), anna, n, "Mine")) },
		"default": func(n string) error { return second(r.SetDefault(t.Context(), anna, n)) },
		"close":   func(n string) error { return second(r.Close(t.Context(), anna, n)) },
		"look":    func(n string) error { return second(r.Wallet(t.Context(), anna, n, "walletNumber")) },
	}
	for what, call := range calls {
		t.Run(what, func(t *testing.T) {
			for _, foreign := range []string{theirs.Number, system, number.NewWallet("Z")} { // as if there were none
				wantFault(t, call(foreign), fault.WalletNotFound, "walletNumber")
			}
			for _, typo := range []string{"", mistyped(theirs.Number), strings.ToLower(theirs.Number), theirs.Number[1:], "' OR true --", theirs.Number + "\x00"} {
				wantFault(t, call(typo), fault.InvalidWalletNumber, "walletNumber")
			}
		})
	}
	if kept, err := r.Wallet(t.Context(), boris, theirs.Number); err != nil || kept.Name != "Boris" || !kept.IsOpen() {
		t.Errorf("kept: %+v, %v", kept, err)
	}
}

func TestFindShowsPeoplesWalletsOnly(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.person(t), r.person(t)
	mine, theirs := r.open(t, anna, "Z", ""), r.open(t, boris, "Z", "")
	if found, err := r.Find(t.Context(), theirs.Number, "to"); err != nil || found.ID != theirs.ID {
		t.Errorf("found: %+v, %v", found, err)
	}
	wantFault(t, second(r.Find(t.Context(), "Z000000000019", "to")), fault.RecipientNotFound, "to") // the issuer's
	wantFault(t, second(r.Find(t.Context(), number.NewWallet("Z"), "to")), fault.RecipientNotFound, "to")
	wantFault(t, second(r.Find(t.Context(), mistyped(theirs.Number), "to")), fault.InvalidWalletNumber, "to")

	found, err := r.ByNumber(t.Context(), anna, []string{mine.Number, theirs.Number, "nonsense"})
	if err != nil || len(found) != 1 || found[mine.Number].ID != mine.ID {
		t.Errorf("by number: %+v, %v", found, err)
	}
	if none, err := r.ByNumber(t.Context(), anna, nil); err != nil || len(none) != 0 {
		t.Errorf("by no number: %+v, %v", none, err)
	}
}

func TestIdentifyRemembersWhatNeverChanges(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	w := r.open(t, r.person(t), "Z", "")
	want := wallets.Identity{ID: w.ID, Number: w.Number, AccountID: w.AccountID, Currency: "Z"}
	identify := func() {
		t.Helper()
		got, err := r.Identify(t.Context(), w.Number, "to")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("identified, %v (-want +got):\n%s", err, diff)
		}
	}
	identify()
	if _, err := r.Close(t.Context(), w.AccountID, w.Number); err != nil {
		t.Fatal(err)
	}
	identify()    // whether it is open is the ledger's to judge
	for range 2 { // what is not there is not remembered
		wantFault(t, second(r.Identify(t.Context(), mistyped(w.Number), "to")), fault.InvalidWalletNumber, "to")
		wantFault(t, second(r.Identify(t.Context(), "Z000000000019", "to")), fault.RecipientNotFound, "to")
	}
}
