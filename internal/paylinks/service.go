// Package paylinks makes addresses that ask for money, and reads them. An address holds all that it asks for, signed with a key of the house: nothing is
// stored, and nothing can be changed. It never moves money: whoever pays makes a transfer.
package paylinks

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/money"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/text"
	"purser/internal/wallets"
	"purser/models"
)

const (
	memoLongest = 100 // more would make a QR code that is hard to read
	goodFor     = 30 * 24 * time.Hour
	goodMost    = 366 * 24 * time.Hour
	path        = "/pay#token="
	linkLongest = 2048 // bytes; what is longer is none of ours
)

// Service is the room.
type Service struct {
	db        *postgres.DB
	box       *secret.Box
	accounts  *accounts.Service
	wallets   *wallets.Service
	publicURL string
}

// New makes the room. publicURL is what addresses begin with.
func New(db *postgres.DB, box *secret.Box, a *accounts.Service, w *wallets.Service, publicURL string) *Service {
	return &Service{db: db, box: box, accounts: a, wallets: w, publicURL: publicURL}
}

// Request asks for an address, as it was typed.
type Request struct {
	Number    string
	Amount    *string
	Memo      string
	ExpiresAt *time.Time
}

// Link is an address, good until a time.
type Link struct {
	URL       string
	ExpiresAt time.Time
}

// Payment is what an address asks for. Minor is 0 when the payer decides.
type Payment struct {
	Link
	Number   string
	Currency money.Currency
	Name     string // of the wallet's owner, as strangers see it
	Minor    int64
	Memo     string
}

// Make makes an address for one of an account's open wallets. A repeat makes one as good.
// Faults: InvalidWalletNumber, WalletNotFound, WalletClosed, InvalidAmount, InvalidInput.
func (s *Service) Make(ctx context.Context, account uuid.UUID, r Request) (Link, error) {
	walletNumber := strings.TrimSpace(r.Number)
	if !number.ValidWallet(walletNumber) {
		return Link{}, fault.New(fault.InvalidWalletNumber, "walletNumber")
	}
	wallet, err := s.wallets.Find(ctx, walletNumber)
	if fault.Is(err, fault.RecipientNotFound) || (err == nil && wallet.AccountID != account) {
		return Link{}, fault.New(fault.WalletNotFound, "walletNumber")
	}
	if err != nil {
		return Link{}, err
	}
	if !wallet.IsOpen() {
		return Link{}, fault.New(fault.WalletClosed, "walletNumber")
	}
	currency, _ := s.wallets.Currency(wallet.Currency)
	asks := asked{number: wallet.Number}
	if r.Amount != nil {
		if asks.minor, err = s.wallets.Amount(*r.Amount, currency, "amount"); err != nil {
			return Link{}, err
		}
	}
	memo, refusal := text.Clean(r.Memo, memoLongest, "memo")
	if refusal != nil {
		return Link{}, refusal
	}
	now := s.db.Now()
	asks.memo, asks.expiresAt = memo, now.Add(goodFor).Truncate(time.Second)
	if r.ExpiresAt != nil {
		asks.expiresAt = r.ExpiresAt.UTC().Truncate(time.Second)
	}
	if !asks.expiresAt.After(now) || asks.expiresAt.After(now.Add(goodMost)) {
		return Link{}, fault.Invalid(fault.Malformed, "expiresAt")
	}
	return Link{URL: s.publicURL + path + s.sign(asks), ExpiresAt: asks.expiresAt}, nil
}

// Read tells what an address, or the token in it, asks for. Anyone may ask: it tells no more than the address itself, and its owner's shortened name.
// Faults: InvalidInput for what is none of ours, CodeExpired, WalletClosed.
func (s *Service) Read(ctx context.Context, link string) (Payment, error) {
	link = strings.TrimSpace(link)
	if len(link) > linkLongest {
		return Payment{}, fault.Invalid(fault.Malformed, "link")
	}
	token := link
	if _, behind, isURL := strings.Cut(link, "#"); isURL {
		token = strings.TrimPrefix(behind, "token=")
	}
	asks, ours := s.open(token)
	if !ours {
		return Payment{}, fault.Invalid(fault.Malformed, "link")
	}
	if !s.db.Now().Before(asks.expiresAt) {
		return Payment{}, fault.New(fault.CodeExpired, "link")
	}
	wallet, err := s.wallets.Find(ctx, asks.number)
	if err != nil {
		return Payment{}, err
	}
	if !wallet.IsOpen() {
		return Payment{}, fault.New(fault.WalletClosed, "link")
	}
	owner, err := s.accounts.Find(ctx, wallet.AccountID)
	if err != nil {
		return Payment{}, err
	}
	if owner.Status == models.AccountClosed {
		return Payment{}, fault.New(fault.WalletClosed, "link")
	}
	currency, _ := s.wallets.Currency(wallet.Currency)
	return Payment{
		Link: Link{URL: s.publicURL + path + token, ExpiresAt: asks.expiresAt}, Number: wallet.Number, Currency: currency,
		Name: accounts.MaskedName(owner.FirstName, owner.LastName), Minor: asks.minor, Memo: asks.memo,
	}, nil
}
