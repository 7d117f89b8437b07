// Package operators is what the people who run the system may do beyond others: bring money into circulation and take it
// out again, large amounts two of them together; look people up, freeze their accounts and end their sessions; decide on certificates; and
// who they are. Each action, and each look at what is another's, is written into a log before it is done.
package operators

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/certificates"
	"purser/internal/changes"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/postgres"
	"purser/internal/sessions"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// How long what an operator writes may be, in characters.
const (
	referenceLongest = 255
	reasonLongest    = 500
)

// inputFields are where the ledger's fields stand in an operator's input.
var inputFields = map[string]string{"from": "walletNumber", "to": "walletNumber", "amount": "amount", "idempotencyKey": "idempotencyKey"}

// Rooms are those that the service works with.
type Rooms struct {
	Ledger       *ledger.Ledger
	Accounts     *accounts.Service
	Changes      *changes.Service
	Sessions     *sessions.Service
	Wallets      *wallets.Service
	Papers       *certificates.Service
	Verification *verification.Service
	Hub          *events.Hub
}

// Service is the room.
type Service struct {
	db     *postgres.DB
	rooms  Rooms
	limits Limits
}

// New makes the room.
func New(db *postgres.DB, r Rooms, limits Limits) *Service {
	return &Service{db: db, rooms: r, limits: limits}
}

// require lets operators pass whose account can be used. Faults: Forbidden.
func require(operator models.Account) error {
	if !operator.IsOperator() || operator.Status != models.AccountActive {
		return fault.New(fault.Forbidden)
	}
	return nil
}

// FundsRequest is an amount to issue into a wallet, or to redeem from it. Reference says why, for the statement and the log.
type FundsRequest struct {
	WalletNumber, Amount, Reference string
	Key                             uuid.UUID
}

// Moved is what became of an amount: the transfer, or the request that waits for another operator, or both once it is approved.
type Moved struct {
	ledger.Outcome
	Request *Request
}

// Issue puts new money into a wallet, from the issue wallet of its currency, which owes what is in circulation. Free of fee.
// What is more than one operator moves alone in a day does not move: it becomes a request for another one.
// A repeat with the same key and request returns the first outcome, or how the request stands.
// Faults: Forbidden, also for the operator's own wallet; InvalidWalletNumber, RecipientNotFound, WalletClosed, InvalidAmount, InvalidInput,
// IdempotencyKeyReused, Overloaded.
func (s *Service) Issue(ctx context.Context, operator models.Account, r FundsRequest) (Moved, error) {
	return s.move(ctx, operator, models.TransferIssue, r)
}

// Redeem takes money out of a wallet and out of circulation. Free of fee. All else is as with Issue. Faults: as Issue, and InsufficientFunds.
func (s *Service) Redeem(ctx context.Context, operator models.Account, r FundsRequest) (Moved, error) {
	return s.move(ctx, operator, models.TransferRedemption, r)
}

func (s *Service) move(ctx context.Context, operator models.Account, kind string, r FundsRequest) (Moved, error) {
	if err := require(operator); err != nil {
		return Moved{}, err
	}
	p, number, err := s.read(ctx, operator, kind, r)
	if err != nil {
		return Moved{}, err
	}
	if err := s.record(ctx, operator, act{kind, number, fmt.Sprintf("%s key %s", r.Amount, r.Key), p.Transfer.Memo}); err != nil {
		return Moved{}, err
	}
	request, err := s.askAnother(ctx, operator, p, number)
	if err != nil || (request != nil && request.Status != models.OperatorRequestApproved) {
		return Moved{Request: request}, err
	}
	outcome, err := s.post(ctx, p)
	return Moved{Outcome: outcome, Request: request}, err
}

// read judges what an operator typed, and makes a posting of it.
func (s *Service) read(ctx context.Context, operator models.Account, kind string, r FundsRequest) (p ledger.Posting, number string, err error) {
	reference, refusal := text.Required(r.Reference, referenceLongest, "reference")
	if refusal != nil {
		return p, "", refusal
	}
	wallet, err := s.rooms.Wallets.Find(ctx, r.WalletNumber, "walletNumber")
	if err != nil {
		return p, "", err
	}
	if wallet.AccountID == operator.ID {
		return p, "", fault.New(fault.Forbidden).Because(own)
	}
	currency, _ := s.rooms.Wallets.Currency(wallet.Currency)
	minor, err := s.rooms.Wallets.Amount(r.Amount, currency, "amount")
	if err != nil {
		return p, "", err
	}
	p, err = s.posting(ctx, kind, wallet, minor)
	p.Transfer.AccountID, p.Transfer.IdempotencyKey, p.Transfer.Memo = operator.ID, r.Key, reference
	fingerprint := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %q", kind, wallet.Number, minor, reference))
	p.Transfer.Fingerprint = fingerprint[:]
	return p, wallet.Number, err
}

// posting is money between a wallet and the issue wallet of its currency, without saying who moves it and why.
func (s *Service) posting(ctx context.Context, kind string, wallet models.Wallet, minor int64) (ledger.Posting, error) {
	issuer, err := issueWallet(ctx, s.db, wallet.Currency)
	if err != nil {
		return ledger.Posting{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return ledger.Posting{}, err
	}
	from, to := issuer, wallet
	if kind == models.TransferRedemption {
		from, to = wallet, issuer
	}
	currency, _ := s.rooms.Wallets.Currency(wallet.Currency)
	return ledger.Posting{Currency: currency, Transfer: models.Transfer{
		ID: id, Kind: kind, Currency: wallet.Currency, FromWalletID: from.ID, ToWalletID: to.ID, FromAccountID: from.AccountID, ToAccountID: to.AccountID,
		Amount: minor, FeePaidBy: models.FeePaidBySender, CreatedAt: s.db.Now(),
	}}, nil
}

func (s *Service) post(ctx context.Context, p ledger.Posting) (ledger.Outcome, error) {
	outcome, err := s.rooms.Ledger.Post(ctx, p)
	return outcome, fault.Elsewhere(err, inputFields)
}
