package transfers

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/internal/verification"
	"purser/models"
)

const (
	refusalsPerDay = 200
	// RefusalsKept is for how long a refused attempt is shown.
	RefusalsKept = 90 * 24 * time.Hour
)

// typing are the refusals of what was mistyped, repeated or sent too often: nobody wants to read of them later.
var typing = map[fault.Code]bool{
	fault.InvalidInput: true, fault.InvalidPhone: true, fault.InvalidAmount: true, fault.InvalidWalletNumber: true, fault.InvalidWMID: true,
	fault.IdempotencyKeyReused: true, fault.RateLimited: true, fault.TransferNotFound: true, fault.Overloaded: true, fault.BadUserInput: true,
}

// attempt is what was to be sent, as it was typed.
type attempt struct {
	from, to string
	minor    int64
}

func (a asked) attempt() attempt {
	to := a.to
	if a.To.Phone != nil {
		to = delivery.Masked(to)
	}
	return attempt{from: a.From, to: to, minor: a.minor}
}

// note writes a refusal down, so that the sender finds it later, and returns it. It is written after the refusal, in a transaction of its own; so it
// is never on the way of a transfer that is made. If it cannot be written, the refusal is as good without.
func (s *Service) note(ctx context.Context, account uuid.UUID, a attempt, refusal error) error {
	faults, refused := fault.All(refusal)
	if !refused || typing[faults[0].Code] {
		return refusal
	}
	ctx = context.WithoutCancel(ctx) // who leaves now finds it all the same
	daily := verification.Limit{Name: "refused transfers", Subject: account.String(), Most: refusalsPerDay, Window: 24 * time.Hour}
	if s.verification.Spend(ctx, daily) != nil {
		return refusal
	}
	id, err := uuid.NewV7()
	if err != nil {
		return refusal
	}
	_ = insertRefused(ctx, s.db, models.RefusedTransfer{ID: id, AccountID: account, FromNumber: a.from, Recipient: a.to, Amount: a.minor,
		Code: string(faults[0].Code), RefusedAt: s.db.Now()}) // see above
	return refusal
}

// noteStored is note for a transfer that is stored already.
func (s *Service) noteStored(ctx context.Context, account, id uuid.UUID, refusal error) error {
	if faults, refused := fault.All(refusal); !refused || typing[faults[0].Code] {
		return refusal
	}
	view, ok, err := s.Find(context.WithoutCancel(ctx), account, id)
	if err != nil || !ok || view.PostedAt != nil {
		return refusal
	}
	return s.note(ctx, account, attempt{from: view.FromNumber, to: view.ToNumber, minor: view.Amount}, refusal)
}

// Refused reads a part of an account's refused attempts, newest first.
func (s *Service) Refused(ctx context.Context, account uuid.UUID, p Page) ([]models.RefusedTransfer, error) {
	return listRefused(ctx, s.db, account, p)
}
