// Package operators is what the people who run the system may do beyond others: bring money into circulation and take it
// out again, and decide on certificates; and who they are. Each action, and each look at what is another's, is written into a log before it is done.
package operators

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	"purser/internal/certificates"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/text"
	"purser/internal/wallets"
	"purser/models"
)

const referenceLongest = 255

// inputFields are where the ledger's fields stand in an operator's input.
var inputFields = map[string]string{"from": "walletNumber", "to": "walletNumber", "amount": "amount", "idempotencyKey": "idempotencyKey"}

// Service is the room.
type Service struct {
	db      *postgres.DB
	ledger  *ledger.Ledger
	wallets *wallets.Service
	papers  *certificates.Service
}

// New makes the room.
func New(db *postgres.DB, l *ledger.Ledger, w *wallets.Service, c *certificates.Service) *Service {
	return &Service{db: db, ledger: l, wallets: w, papers: c}
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

// Issue puts new money into a wallet, from the issue wallet of its currency, which owes what is in circulation. Free of fee.
// A repeat with the same key and request returns the first outcome.
// Faults: Forbidden, InvalidWalletNumber, RecipientNotFound, WalletClosed, InvalidAmount, InvalidInput,
// IdempotencyKeyReused, Overloaded.
func (s *Service) Issue(ctx context.Context, operator models.Account, r FundsRequest) (ledger.Outcome, error) {
	return s.move(ctx, operator, models.TransferIssue, r)
}

// Redeem takes money out of a wallet and out of circulation. Free of fee. A repeat with the same key and request returns the
// first outcome. Faults: as Issue, and InsufficientFunds.
func (s *Service) Redeem(ctx context.Context, operator models.Account, r FundsRequest) (ledger.Outcome, error) {
	return s.move(ctx, operator, models.TransferRedemption, r)
}

func (s *Service) move(ctx context.Context, operator models.Account, kind string, r FundsRequest) (ledger.Outcome, error) {
	if err := require(operator); err != nil {
		return ledger.Outcome{}, err
	}
	reference, refusal := text.Required(r.Reference, referenceLongest, "reference")
	if refusal != nil {
		return ledger.Outcome{}, refusal
	}
	wallet, err := s.wallets.Find(ctx, r.WalletNumber, "walletNumber")
	if err != nil {
		return ledger.Outcome{}, err
	}
	currency, _ := s.wallets.Currency(wallet.Currency)
	minor, err := s.wallets.Amount(r.Amount, currency, "amount")
	if err != nil {
		return ledger.Outcome{}, err
	}
	issuer, err := issueWallet(ctx, s.db, wallet.Currency)
	if err != nil {
		return ledger.Outcome{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return ledger.Outcome{}, err
	}

	from, to := issuer, wallet
	if kind == models.TransferRedemption {
		from, to = wallet, issuer
	}
	fingerprint := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %q", kind, wallet.Number, minor, reference))
	err = insertAction(ctx, s.db, models.OperatorAction{
		ID: uuid.New(), OperatorID: operator.ID, Action: kind, Reference: reference, RequestID: request.Of(ctx).ID,
		Subject: fmt.Sprintf("%s %s key %s", wallet.Number, r.Amount, r.Key), CreatedAt: s.db.Now(),
	})
	if err != nil {
		return ledger.Outcome{}, err
	}
	outcome, err := s.ledger.Post(ctx, ledger.Posting{Currency: currency, Transfer: models.Transfer{
		ID: id, Kind: kind, AccountID: operator.ID, IdempotencyKey: r.Key, Fingerprint: fingerprint[:], Currency: wallet.Currency,
		FromWalletID: from.ID, ToWalletID: to.ID, FromAccountID: from.AccountID, ToAccountID: to.AccountID,
		Amount: minor, FeePaidBy: models.FeePaidBySender, Memo: reference, CreatedAt: s.db.Now(),
	}})
	return outcome, fault.Elsewhere(err, inputFields)
}
