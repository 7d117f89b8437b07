package transfers

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/models"
)

// Refund sends a completed payment back to whom it came from, whole or in part, without fee or code; amount nil is all that is left of
// it. The ledger judges under the payment's lock that all parts together are not more than it. A repeat with the same key and request
// returns the first refund.
// Faults: TransferNotFound, TransferState, InvalidAmount, InsufficientFunds, WalletClosed, AccountFrozen, AgreementsNotAccepted,
// IdempotencyKeyReused, Overloaded.
func (s *Service) Refund(ctx context.Context, viewer models.Account, id uuid.UUID, amount *string, key uuid.UUID) (result Result, err error) {
	for range restTries {
		result, err = s.refund(ctx, viewer, id, amount, key)
		if amount != nil || !fault.Is(err, fault.InvalidAmount) {
			break
		}
		// Another refund came in between: there is less left than was read.
	}
	return result, err
}

const restTries = 10

func (s *Service) refund(ctx context.Context, viewer models.Account, id uuid.UUID, amount *string, key uuid.UUID) (Result, error) {
	paid, ok, err := s.Find(ctx, viewer.ID, id)
	if err == nil && (!ok || paid.ToAccountID != viewer.ID) {
		err = fault.New(fault.TransferNotFound, "transferId")
	}
	if err != nil {
		return Result{}, err
	}
	currency, _ := s.wallets.Currency(paid.Currency)
	minor, part := paid.Amount-paid.Refunded, "the rest"
	if amount != nil {
		if minor, err = s.wallets.Amount(*amount, currency, "amount"); err != nil {
			return Result{}, err
		}
		part = fmt.Sprint(minor)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "REFUND %s %s", id, part))
	a := asked{Request: Request{Key: key}, fingerprint: sum[:]}
	// What is left may have changed since the key was used: the first result comes before it.
	if first, ok, err := s.replay(ctx, viewer, a); ok || err != nil {
		return first, err
	}
	frozen, err := s.isFrozen(ctx, viewer)
	switch {
	case err != nil:
		return Result{}, err
	case frozen:
		return Result{}, fault.New(fault.AccountFrozen)
	case paid.Status != models.TransferCompleted || paid.Kind != models.TransferPayment || paid.FromAccountID == paid.ToAccountID:
		return Result{}, fault.New(fault.TransferState, "transferId")
	case paid.Refunded == paid.Amount:
		return Result{}, fault.New(fault.TransferState, "transferId").Because(fault.AllBack)
	}

	refundID, err := uuid.NewV7()
	if err != nil {
		return Result{}, err
	}
	outcome, err := s.ledger.Post(ctx, ledger.Posting{Currency: currency, Policed: true, Session: sessionOf(ctx), Transfer: models.Transfer{
		ID: refundID, Kind: models.TransferRefund, AccountID: viewer.ID, IdempotencyKey: key, Fingerprint: sum[:], Currency: paid.Currency,
		FromWalletID: paid.ToWalletID, ToWalletID: paid.FromWalletID, FromAccountID: paid.ToAccountID, ToAccountID: paid.FromAccountID,
		Amount: minor, FeePaidBy: models.FeePaidBySender, RefundOf: &id, CreatedAt: s.db.Now(),
	}})
	if err != nil {
		return Result{}, fault.Elsewhere(err, map[string]string{"amount": "amount", "transferId": "transferId", "idempotencyKey": "idempotencyKey"})
	}
	view, err := s.mustFind(ctx, viewer.ID, outcome.Transfer.ID)
	return Result{Transfer: view, Replayed: outcome.Replayed}, err
}
