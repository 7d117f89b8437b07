package transfers

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/money"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

// Policy is how much an account may send to others without a code, in any 24 hours, in minor units. Challenge is set while a
// raise waits for its code.
type Policy struct {
	Currency        money.Currency
	WithoutCodeUpTo int64
	Challenge       *models.Challenge
}

// Policies are those that an account has set, by currency.
func (s *Service) Policies(ctx context.Context, account uuid.UUID) ([]Policy, error) {
	rows, err := policiesOf(ctx, s.db, account)
	if err != nil {
		return nil, err
	}
	var policies []Policy
	for _, row := range rows {
		if currency, ok := s.wallets.Currency(row.Currency); ok {
			policies = append(policies, Policy{Currency: currency, WithoutCodeUpTo: row.WithoutCodeUpTo})
		}
	}
	return policies, nil
}

// SetPolicy sets how much may be sent to others without a code. To lower it needs none. To raise it takes two calls: one
// without a proof, which sends a code, and one with the code, or what a passkey has signed, and the same amount; another amount voids the code.
// Faults: InvalidInput, InvalidAmount, CodeRejected, CodeExpired, RateLimited, TransfersHeld.
func (s *Service) SetPolicy(ctx context.Context, viewer models.Account, letter, upTo string, proof verification.Proof) (Policy, error) {
	currency, ok := s.wallets.Currency(letter)
	if !ok {
		return Policy{}, fault.Invalid(fault.Malformed, "currency")
	}
	minor, err := s.wallets.AmountOrZero(upTo, currency, "withoutCodeUpTo")
	if err != nil {
		return Policy{}, err
	}

	var refusal *fault.Fault
	policy, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (p Policy, err error) {
		refusal = nil // of an attempt that Postgres undid
		row, heldUntil, err := lockPolicy(tx, viewer.ID, letter)
		if err != nil {
			return Policy{}, err
		}
		p = Policy{Currency: currency, WithoutCodeUpTo: row.WithoutCodeUpTo}
		switch {
		case minor <= row.WithoutCodeUpTo:
			return s.settlePolicy(tx, viewer, p, minor)
		case heldUntil != nil && tx.Now.Before(*heldUntil):
			return Policy{}, fault.Held(*heldUntil, tx.Now) // what is held could go without a code
		case proof.IsEmpty():
			return s.askForRaise(ctx, tx, viewer, row, p, minor)
		case row.ChallengeID == nil || row.AskedUpTo == nil || *row.AskedUpTo != minor:
			return Policy{}, fault.New(fault.CodeExpired, "code")
		}
		if refusal, err = s.verification.CheckProof(tx, *row.ChallengeID, verification.Policy, proof); err != nil || refusal != nil {
			return Policy{}, err // a refusal is committed: it has spent an attempt
		}
		return s.settlePolicy(tx, viewer, p, minor)
	})
	s.hub.Publish(viewer.ID)
	return verification.Settle(policy, refusal, err)
}

// settlePolicy writes a policy, and tells the account's devices; of a change its owner is told on all channels.
func (s *Service) settlePolicy(tx *postgres.Tx, viewer models.Account, p Policy, minor int64) (Policy, error) {
	changed := p.WithoutCodeUpTo != minor
	p.WithoutCodeUpTo = minor
	row := models.ConfirmationPolicy{AccountID: viewer.ID, Currency: string(p.Currency.Letter), WithoutCodeUpTo: minor}
	if err := savePolicy(tx, row); err != nil {
		return Policy{}, err
	}
	if err := journal.Record(tx, journal.Entry{Account: viewer.ID, Kind: journal.PolicyChanged}); err != nil {
		return Policy{}, err
	}
	if changed {
		values := map[string]any{"Amount": money.Amount{Minor: minor, Currency: p.Currency}}
		if err := s.accounts.Alert(tx, viewer, "alert_policy", "", values); err != nil {
			return Policy{}, err
		}
	}
	return p, events.AppendTx(tx, events.Changed(viewer.ID))
}

func (s *Service) askForRaise(ctx context.Context, tx *postgres.Tx, viewer models.Account, row models.ConfirmationPolicy, p Policy, minor int64) (Policy, error) {
	speaks := accounts.Speak(ctx, viewer)
	challenge, err := s.verification.Begin(tx, verification.Request{
		Purpose: verification.Policy, Account: viewer.ID, Phone: *viewer.Phone, Locale: speaks, Template: "policy_code",
		Values: map[string]string{
			"Amount": speaks.Sum(money.Amount{Minor: minor, Currency: p.Currency}), "Currency": string(p.Currency.Letter),
		},
	})
	if err != nil {
		return Policy{}, err
	}
	p.Challenge = &challenge
	row.AskedUpTo, row.ChallengeID = &minor, &challenge.ID
	return p, savePolicy(tx, row)
}
