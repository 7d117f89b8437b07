package paylinks_test

import (
	"bytes"
	"image/png"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/number"
	"purser/internal/paylinks"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

const public = "https://purser.test"

type world struct {
	db      *postgres.DB
	clock   *pgtest.Clock
	wallets *wallets.Service
	links   *paylinks.Service
	anna    ledgertest.Person
	boris   ledgertest.Person
}

func newWorld(t *testing.T, key byte) *world {
	t.Helper()
	w := &world{clock: pgtest.NewClock()}
	w.db = pgtest.NewWith(t, postgres.Options{Clock: w.clock.Now})
	w.links = w.room(t, key)
	w.anna = ledgertest.NewPerson(t, w.db, "100000000006", number.NewWallet("Z"))
	named := models.Account{ID: w.anna.Account, FirstName: "P", LastName: "N"}
	if err := w.db.GORM(t.Context()).Model(&named).Select("FirstName", "LastName").Updates(named).Error; err != nil {
		t.Fatal(err)
	}
	w.boris = ledgertest.NewPerson(t, w.db, "200000000003", number.NewWallet("Z"))
	return w
}

// room is a server's, with a master key.
func (w *world) room(t *testing.T, key byte) *paylinks.Service {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	hub := events.NewHub(w.db, slog.New(slog.DiscardHandler))
	messages := delivery.New(w.db, box)
	codes := verification.New(w.db, box, messages, verification.Config{})
	people := accounts.New(w.db, box, codes, messages, hub, accounts.Config{})
	if w.wallets, err = wallets.New(t.Context(), w.db, hub); err != nil {
		t.Fatal(err)
	}
	return paylinks.New(w.db, box, people, w.wallets, public)
}

func TestALinkSaysWhatItWasMadeFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	other := w.room(t, 1) // another server
	amount := "12.50"
	until := w.clock.Now().Add(time.Hour)
	for name, r := range map[string]paylinks.Request{
		"with all":   {Number: w.anna.Wallet.Number, Amount: &amount, Memo: "Чай & пирог", ExpiresAt: &until},
		"with least": {Number: " " + w.anna.Wallet.Number + " "},
		"with most":  {Number: w.anna.Wallet.Number, Memo: strings.Repeat("ж", 100)},
	} {
		link, err := w.links.Make(t.Context(), w.anna.Account, r)
		if err != nil || !strings.HasPrefix(link.URL, public+"/pay#token=") {
			t.Fatalf("%s: %q, %v", name, link.URL, err)
		}
		for _, typed := range []string{link.URL, "\n" + link.URL + " ", strings.TrimPrefix(link.URL, public+"/pay#token=")} {
			got, err := other.Read(t.Context(), typed)
			if err != nil || got.Number != w.anna.Wallet.Number || got.Memo != r.Memo || (got.Minor == 1250) != (r.Amount != nil) || got.Name != "P N." ||
				got.URL != link.URL || !got.ExpiresAt.Equal(link.ExpiresAt) {
				t.Errorf("%s, %q reads as %+v, %v", name, typed, got, err)
			}
		}
		if r.ExpiresAt == nil && !link.ExpiresAt.Equal(w.clock.Now().Add(30*24*time.Hour)) {
			t.Errorf("%s is good until %s", name, link.ExpiresAt)
		}
		for _, pixels := range []int{128, 512, 1024} {
			data, err := link.PNG(pixels)
			if err != nil {
				t.Fatalf("%s, %d: %v", name, pixels, err)
			}
			if picture, err := png.Decode(bytes.NewReader(data)); err != nil || picture.Bounds().Dx() != pixels || picture.Bounds().Dy() != pixels {
				t.Errorf("%s, %d pixels: %v", name, pixels, err)
			}
		}
	}
}

func TestALinkEndsWithItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	until := w.clock.Now().Add(time.Hour)
	link, err := w.links.Make(t.Context(), w.anna.Account, paylinks.Request{Number: w.anna.Wallet.Number, ExpiresAt: &until})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour - time.Microsecond)
	if _, err := w.links.Read(t.Context(), link.URL); err != nil {
		t.Errorf("a microsecond before: %v", err)
	}
	w.clock.Advance(time.Microsecond)
	if _, err := w.links.Read(t.Context(), link.URL); !fault.Is(err, fault.CodeExpired) {
		t.Errorf("at the end: %v", err)
	}
}

func TestALinkToAClosedWalletIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	second, err := w.wallets.Open(t.Context(), w.anna.Account, "Z", "")
	if err != nil {
		t.Fatal(err)
	}
	link, err := w.links.Make(t.Context(), w.anna.Account, paylinks.Request{Number: second.Number})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.wallets.Close(t.Context(), w.anna.Account, second.Number); err != nil {
		t.Fatal(err)
	}
	if _, err := w.links.Read(t.Context(), link.URL); !fault.Is(err, fault.WalletClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := w.links.Make(t.Context(), w.anna.Account, paylinks.Request{Number: second.Number}); !fault.Is(err, fault.WalletClosed) {
		t.Errorf("made: %v", err)
	}
}

func TestLinkRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	text := func(s string) *string { return &s }
	at := func(d time.Duration) *time.Time { moment := w.clock.Now().Add(d); return &moment }
	for name, try := range map[string]struct {
		change func(*paylinks.Request)
		code   fault.Code
		field  string
	}{
		"a mistyped wallet":     {func(r *paylinks.Request) { r.Number = "Z123456789012" }, fault.InvalidWalletNumber, "walletNumber"},
		"someone else's wallet": {func(r *paylinks.Request) { r.Number = w.boris.Wallet.Number }, fault.WalletNotFound, "walletNumber"},
		"nobody's wallet":       {func(r *paylinks.Request) { r.Number = number.NewWallet("Z") }, fault.WalletNotFound, "walletNumber"},
		"nothing":               {func(r *paylinks.Request) { r.Amount = text("0") }, fault.InvalidAmount, "amount"},
		"too fine":              {func(r *paylinks.Request) { r.Amount = text("1.001") }, fault.InvalidAmount, "amount"},
		"too much":              {func(r *paylinks.Request) { r.Amount = text("92233720368547758.07") }, fault.InvalidAmount, "amount"},
		"a long memo":           {func(r *paylinks.Request) { r.Memo = strings.Repeat("ж", 101) }, fault.InvalidInput, "memo"},
		"a memo not shown":      {func(r *paylinks.Request) { r.Memo = "a\u202eb" }, fault.InvalidInput, "memo"},
		"over already":          {func(r *paylinks.Request) { r.ExpiresAt = at(0) }, fault.InvalidInput, "expiresAt"},
		"for ever":              {func(r *paylinks.Request) { r.ExpiresAt = at(367 * 24 * time.Hour) }, fault.InvalidInput, "expiresAt"},
	} {
		r := paylinks.Request{Number: w.anna.Wallet.Number}
		try.change(&r)
		_, err := w.links.Make(t.Context(), w.anna.Account, r)
		if faults, _ := fault.All(err); len(faults) != 1 || faults[0].Code != try.code || faults[0].Field[0] != try.field {
			t.Errorf("%s is refused with %v", name, err)
		}
	}
	for _, pixels := range []int{-1, 0, 127, 1025, 1 << 30} {
		if _, err := (paylinks.Link{URL: public}).PNG(pixels); !fault.Is(err, fault.BadUserInput) {
			t.Errorf("%d pixels: %v", pixels, err)
		}
	}
}

// TestAForgedLinkIsRefused changes a link in every way there is: no change is read as anything.
func TestAForgedLinkIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	amount := "1"
	link, err := w.links.Make(t.Context(), w.anna.Account, paylinks.Request{Number: w.anna.Wallet.Number, Amount: &amount, Memo: "tea"})
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(link.URL, public+"/pay#token=")
	refused := func(what, forged string) {
		if got, err := w.links.Read(t.Context(), forged); !fault.Is(err, fault.InvalidInput) {
			t.Errorf("%s, %q, reads as %+v, %v", what, forged, got, err)
		}
	}
	for i := range token {
		for _, other := range "Az_0" {
			if byte(other) != token[i] {
				refused("a changed letter", token[:i]+string(other)+token[i+1:])
			}
		}
		refused("a shorter one", token[:i])
	}
	for _, forged := range []string{"", " ", "#", "token=", token + "A", token + "=", strings.Repeat("A", 5000), "https://purser.test/pay", "\x00", "жжж", token + token} {
		refused("no token", forged)
	}
	foreign, err := w.room(t, 2).Make(t.Context(), w.anna.Account, paylinks.Request{Number: w.anna.Wallet.Number})
	if err != nil {
		t.Fatal(err)
	}
	refused("another house's", foreign.URL)
	rapid.Check(t, func(r *rapid.T) {
		forged := rapid.String().Draw(r, "forged")
		if _, err := w.links.Read(t.Context(), forged); !fault.Is(err, fault.InvalidInput) {
			r.Errorf("%q is answered with %v", forged, err)
		}
	})
}
