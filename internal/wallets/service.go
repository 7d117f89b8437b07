// Package wallets owns wallets as their owners see them: opening, naming, choosing the default one, closing, and the
// statement. Money in them is moved by package ledger alone.
package wallets

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/money"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/internal/text"
	"purser/models"
)

const (
	// MostPerAccount is how many wallets one account may have, closed ones included.
	MostPerAccount = 100
	nameLongest    = 255
	maxNumberDraws = 5
	identitiesKept = 50_000 // about 10 MiB
)

// Service is the room. It keeps the currency table in memory: it changes with migrations only.
type Service struct {
	db         *postgres.DB
	hub        *events.Hub
	currencies []models.Currency
	identities *lru.Cache[string, Identity]
}

// Identity is what never changes about a wallet, so that it can be kept in memory: everything else about it is judged by the
// ledger, under its lock.
type Identity struct {
	ID        int64
	Number    string
	AccountID uuid.UUID
	Currency  string
}

// New makes the room and reads the currency table.
func New(ctx context.Context, db *postgres.DB, hub *events.Hub) (*Service, error) {
	currencies, err := allCurrencies(ctx, db)
	if err != nil {
		return nil, err
	}
	identities, err := lru.New[string, Identity](identitiesKept)
	return &Service{db: db, hub: hub, currencies: currencies, identities: identities}, err
}

// Currencies are all currencies, in the order they are shown.
func (s *Service) Currencies() []models.Currency { return slices.Clone(s.currencies) }

// CurrencyRow finds a currency by its letter.
func (s *Service) CurrencyRow(letter string) (models.Currency, bool) {
	for _, c := range s.currencies {
		if c.Letter == letter {
			return c, true
		}
	}
	return models.Currency{}, false
}

// Currency is CurrencyRow as money reckons with it.
func (s *Service) Currency(letter string) (money.Currency, bool) {
	c, ok := s.CurrencyRow(letter)
	return money.Currency{
		Letter: money.Letter(c.Letter), Code: c.Code, Exponent: c.Exponent,
		Fee: money.FeeSchedule{RateBasisPoints: c.FeeRateBasisPoints, MinMinor: c.FeeMinMinor, MaxMinor: c.FeeMaxMinor},
	}, ok
}

// Amount reads a decimal string as minor units of a currency. Faults: InvalidAmount at the field, for zero too.
func (s *Service) Amount(typed string, c money.Currency, field ...string) (int64, error) {
	minor, err := s.AmountOrZero(typed, c, field...)
	if err == nil && minor == 0 {
		return 0, fault.New(fault.InvalidAmount, field...).Because(fault.NotZero)
	}
	return minor, err
}

// AmountOrZero is Amount where zero is meant, too.
func (s *Service) AmountOrZero(typed string, c money.Currency, field ...string) (int64, error) {
	minor, err := money.Parse(typed, c.Exponent)
	refusal := fault.New(fault.InvalidAmount, field...)
	switch {
	case errors.Is(err, money.ErrTooFine):
		return 0, refusal.Because(fault.TooFine).With("Count", c.Exponent)
	case errors.Is(err, money.ErrTooLarge):
		return 0, refusal.Because(fault.TooLarge)
	case err != nil:
		return 0, refusal
	}
	return minor, nil
}

// Open opens a wallet. The first open wallet of a currency becomes its default. An empty name becomes the currency's code.
// It locks the account's row, so that many at once cannot pass the limit. A repeat opens another wallet.
// Faults: InvalidInput, TooManyWallets, StepOutOfOrder while the account is being closed.
func (s *Service) Open(ctx context.Context, account uuid.UUID, letter, name string) (models.Wallet, error) {
	currency, ok := s.CurrencyRow(letter)
	if !ok {
		return models.Wallet{}, fault.Invalid(fault.Malformed, "currency")
	}
	name, refusal := text.Clean(name, nameLongest, "name")
	if refusal != nil {
		return models.Wallet{}, refusal
	}
	if name == "" {
		name = currency.Code
	}

	var wallet models.Wallet
	var err error
	for range maxNumberDraws {
		wallet, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Wallet, error) {
			return s.OpenTx(tx, account, letter, name)
		})
		if !postgres.Violates(err, "wallets_number_key") {
			break
		}
	}
	if err == nil {
		s.hub.Publish(account)
	}
	return wallet, err
}

// OpenTx is Open in the caller's transaction, for a name and a letter known to be good.
func (s *Service) OpenTx(tx *postgres.Tx, account uuid.UUID, letter, name string) (models.Wallet, error) {
	mine, owner, err := lockWalletsOf(tx, account)
	if err != nil {
		return models.Wallet{}, err
	}
	if owner.TakesNothing() {
		return models.Wallet{}, fault.New(fault.StepOutOfOrder).Because(fault.Closing)
	}
	if len(mine) >= MostPerAccount {
		return models.Wallet{}, fault.New(fault.TooManyWallets).With("Count", MostPerAccount)
	}
	wallet, err := insertWallet(tx, models.Wallet{
		Number: number.NewWallet(money.Letter(letter)), AccountID: account, Kind: models.WalletUser, Currency: letter, Name: name,
		IsDefault: defaultOf(mine, letter, 0) == nil, OpenedAt: tx.Now,
	})
	if err != nil {
		return models.Wallet{}, err
	}
	return wallet, events.AppendTx(tx, events.Draft{AccountID: account, Kind: models.EventWalletOpened, Subject: wallet.Number})
}

// Rename gives a wallet another name. Faults: InvalidWalletNumber, WalletNotFound, InvalidInput.
func (s *Service) Rename(ctx context.Context, account uuid.UUID, walletNumber, name string) (models.Wallet, error) {
	name, refusal := text.Required(name, nameLongest, "name")
	if refusal != nil {
		return models.Wallet{}, refusal
	}
	return s.change(ctx, account, walletNumber, func(tx *postgres.Tx, _ []models.Wallet, w *models.Wallet) error {
		w.Name = name
		return saveWallet(tx, *w)
	})
}

// SetDefault makes a wallet the one that receives what is sent to its owner by WMID. Faults: InvalidWalletNumber,
// WalletNotFound, WalletClosed.
func (s *Service) SetDefault(ctx context.Context, account uuid.UUID, walletNumber string) (models.Wallet, error) {
	return s.change(ctx, account, walletNumber, func(tx *postgres.Tx, mine []models.Wallet, w *models.Wallet) error {
		if !w.IsOpen() {
			return fault.New(fault.WalletClosed, "walletNumber")
		}
		if old := defaultOf(mine, w.Currency, w.ID); old != nil {
			old.IsDefault = false
			if err := saveWallet(tx, *old); err != nil {
				return err
			}
		}
		w.IsDefault = true
		return saveWallet(tx, *w)
	})
}

// Close closes an empty wallet for good, to which no protected money may come or come back; its number is not used again. The oldest other open wallet of its currency
// becomes the default, if it was. A repeat does nothing. Faults: InvalidWalletNumber, WalletNotFound, WalletNotEmpty.
func (s *Service) Close(ctx context.Context, account uuid.UUID, walletNumber string) (models.Wallet, error) {
	return s.change(ctx, account, walletNumber, func(tx *postgres.Tx, mine []models.Wallet, w *models.Wallet) error {
		if !w.IsOpen() {
			return nil
		}
		if w.Balance != 0 {
			currency, _ := s.Currency(w.Currency)
			return fault.New(fault.WalletNotEmpty, "walletNumber").With("Balance", money.Amount{Minor: w.Balance, Currency: currency})
		}
		if waiting, err := protectedAt(tx, w.ID); err != nil || waiting {
			return cmp.Or(err, error(fault.New(fault.WalletNotEmpty, "walletNumber").Because(fault.Protected)))
		}
		wasDefault := w.IsDefault
		w.ClosedAt, w.IsDefault = &tx.Now, false
		if err := saveWallet(tx, *w); err != nil {
			return err
		}
		for _, heir := range mine {
			if wasDefault && heir.Currency == w.Currency && heir.IsOpen() && heir.ID != w.ID {
				heir.IsDefault = true
				return saveWallet(tx, heir)
			}
		}
		return nil
	})
}

// Wallets are an account's wallets, open and closed, oldest first.
func (s *Service) Wallets(ctx context.Context, account uuid.UUID) ([]models.Wallet, error) {
	return walletsOf(ctx, s.db, account)
}

// Wallet finds one of an account's own wallets. Faults: InvalidWalletNumber, WalletNotFound.
func (s *Service) Wallet(ctx context.Context, account uuid.UUID, walletNumber string, field ...string) (models.Wallet, error) {
	wallet, err := s.Find(ctx, walletNumber, field...)
	if fault.Is(err, fault.RecipientNotFound) || (err == nil && wallet.AccountID != account) {
		return models.Wallet{}, fault.New(fault.WalletNotFound, field...)
	}
	return wallet, err
}

// Find finds anybody's wallet, to send to. Wallets of the system are nobody's. Faults: InvalidWalletNumber for a typing
// error, RecipientNotFound.
func (s *Service) Find(ctx context.Context, walletNumber string, field ...string) (models.Wallet, error) {
	if !number.ValidWallet(walletNumber) {
		return models.Wallet{}, fault.New(fault.InvalidWalletNumber, field...)
	}
	return walletByNumber(ctx, s.db, walletNumber, field)
}

// Identify is Find for the identity alone; a wallet that was asked for lately costs no query.
func (s *Service) Identify(ctx context.Context, walletNumber string, field ...string) (Identity, error) {
	if known, ok := s.identities.Get(walletNumber); ok {
		return known, nil
	}
	if !number.ValidWallet(walletNumber) {
		return Identity{}, fault.New(fault.InvalidWalletNumber, field...)
	}
	known, err := identityByNumber(ctx, s.db, walletNumber, field)
	if err != nil {
		return Identity{}, err
	}
	s.identities.Add(walletNumber, known)
	return known, nil
}

func identityOf(w models.Wallet) Identity {
	return Identity{ID: w.ID, Number: w.Number, AccountID: w.AccountID, Currency: w.Currency}
}

// Receiving is the wallet that gets what is sent to an account in a currency: the default one.
// Faults: RecipientHasNoWallet.
func (s *Service) Receiving(ctx context.Context, account uuid.UUID, letter string, field ...string) (Identity, error) {
	w, err := defaultWallet(ctx, s.db, account, letter, field)
	return identityOf(w), err
}

// ByNumber reads the account's own wallets among some numbers, for a loader.
func (s *Service) ByNumber(ctx context.Context, account uuid.UUID, numbers []string) (map[string]models.Wallet, error) {
	return walletsByNumber(ctx, s.db, account, numbers)
}

// Span is a part of a statement, told by entry numbers (versions): those after After and before Before, 0 meaning no bound.
// Entries come newest first; Oldest takes the Limit oldest ones of the span instead of the newest.
type Span struct {
	After, Before int64
	Limit         int
	Oldest        bool
}

// EntriesOf reads the same part of the statements of some wallets, newest first, with one query.
func (s *Service) EntriesOf(ctx context.Context, walletIDs []int64, span Span) (map[int64][]models.Entry, error) {
	return entriesOf(ctx, s.db, walletIDs, span)
}

// EntryKey names an entry by its wallet's number and its own.
type EntryKey struct {
	WalletNumber string
	Version      int64
}

// EntryOf is an entry with its wallet.
type EntryOf struct {
	Wallet models.Wallet
	Entry  models.Entry
}

// EntriesAt reads those of some entries that are in an account's own wallets, with two queries.
func (s *Service) EntriesAt(ctx context.Context, account uuid.UUID, keys []EntryKey) (map[EntryKey]EntryOf, error) {
	numbers := make([]string, len(keys))
	for i, k := range keys {
		numbers[i] = k.WalletNumber
	}
	mine, err := walletsByNumber(ctx, s.db, account, numbers)
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	pairs := make([][]any, 0, len(keys))
	byID := make(map[int64]models.Wallet, len(mine))
	for _, k := range keys {
		if w, ok := mine[k.WalletNumber]; ok {
			byID[w.ID] = w
			pairs = append(pairs, []any{w.ID, k.Version})
		}
	}
	entries, err := entriesAt(ctx, s.db, pairs)
	found := make(map[EntryKey]EntryOf, len(entries))
	for _, e := range entries {
		w := byID[e.WalletID]
		found[EntryKey{w.Number, e.Version}] = EntryOf{Wallet: w, Entry: e}
	}
	return found, err
}

// change locks the account and its wallets, lets fn change one of them, and tells the account's devices.
func (s *Service) change(ctx context.Context, account uuid.UUID, walletNumber string,
	fn func(tx *postgres.Tx, mine []models.Wallet, w *models.Wallet) error,
) (models.Wallet, error) {
	if !number.ValidWallet(walletNumber) {
		return models.Wallet{}, fault.New(fault.InvalidWalletNumber, "walletNumber")
	}
	changed, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Wallet, error) {
		mine, _, err := lockWalletsOf(tx, account)
		if err != nil {
			return models.Wallet{}, err
		}
		at := slices.IndexFunc(mine, func(w models.Wallet) bool { return w.Number == walletNumber })
		if at < 0 {
			return models.Wallet{}, fault.New(fault.WalletNotFound, "walletNumber")
		}
		wallet := mine[at]
		if err := fn(tx, mine, &wallet); err != nil {
			return models.Wallet{}, err
		}
		return wallet, events.AppendTx(tx, events.Changed(account))
	})
	if err == nil {
		s.hub.Publish(account)
	}
	return changed, err
}

// defaultOf finds the default wallet of a currency other than the one with the id.
func defaultOf(mine []models.Wallet, letter string, except int64) *models.Wallet {
	for i := range mine {
		if mine[i].Currency == letter && mine[i].IsDefault && mine[i].ID != except {
			return &mine[i]
		}
	}
	return nil
}
