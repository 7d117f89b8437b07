package changes

import (
	"context"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

// Freeze keeps the account's money from leaving, at once: who is robbed needs no password for it. Sessions stay, money still comes in. A
// closing of the account is called off: perhaps it was not its owner's wish. A repeat does nothing.
func (s *Service) Freeze(ctx context.Context, who Who) (models.Account, error) {
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		if c.account, err = lockAccount(tx, who.Account); err != nil {
			return c, err
		}
		if c.account.Status != models.AccountActive {
			return s.freezeBeside(tx, who, c)
		}
		if c.account.ClosesAt != nil {
			if c.account, err = s.callOff(tx, c.account, journal.Entry{Session: who.Session}); err != nil {
				return change{}, err
			}
		}
		return s.setStatus(tx, who, c.account, models.AccountFrozen, journal.Frozen)
	})
	return s.done(who, c, err)
}

// Unfreeze takes two calls: one without a proof, which sends a code and returns its challenge, and one with the code, or what a passkey
// has signed. For an account that is
// not frozen it does nothing. What an operator froze only an operator unfreezes. Faults: AccountFrozen for that, InvalidInput, CodeRejected,
// CodeExpired, RateLimited.
func (s *Service) Unfreeze(ctx context.Context, who Who, proof verification.Proof) (models.Account, *models.Challenge, error) {
	var refusal *fault.Fault
	var challenge *models.Challenge
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		refusal, challenge = nil, nil // of an attempt that Postgres undid
		if c.account, err = lockAccount(tx, who.Account); err != nil || c.account.Status != models.AccountFrozen {
			return c, err
		}
		if c.account.IsFrozenByOperator() {
			return change{}, fault.New(fault.AccountFrozen).Because(fault.ByOperator)
		}
		asked, begun, err := findThaw(tx, who.Account)
		if err != nil {
			return change{}, err
		}
		if proof.IsEmpty() {
			challenge, err = s.askToThaw(ctx, tx, c.account, asked, begun)
			return c, err
		}
		if !begun {
			return change{}, fault.New(fault.CodeExpired, "code")
		}
		if refusal, err = s.verification.CheckProof(tx, asked.ChallengeID, verification.Unfreeze, proof); err != nil || refusal != nil {
			return change{}, err // a refusal is committed: it has spent an attempt
		}
		if err := dropThaw(tx, who.Account); err != nil {
			return change{}, err
		}
		return s.setStatus(tx, who, c.account, models.AccountActive, journal.Unfrozen)
	})
	if c, err = verification.Settle(c, refusal, err); err != nil {
		return models.Account{}, nil, err
	}
	account, err := s.done(who, c, nil)
	return account, challenge, err
}

func (s *Service) askToThaw(ctx context.Context, tx *postgres.Tx, account models.Account, asked models.Thaw, begun bool) (*models.Challenge, error) {
	if begun {
		if err := s.verification.Void(tx, asked.ChallengeID); err != nil {
			return nil, err
		}
	}
	challenge, err := s.verification.Begin(tx, verification.Request{
		Purpose: verification.Unfreeze, Account: account.ID, Phone: *account.Phone, Locale: accounts.Speak(ctx, account), Template: "unfreeze_code",
	})
	if err != nil {
		return nil, err
	}
	return &challenge, replaceThaw(tx, models.Thaw{AccountID: account.ID, ChallengeID: challenge.ID})
}

func (s *Service) setStatus(tx *postgres.Tx, who Who, account models.Account, status string, kind journal.Kind) (change, error) {
	account.Status = status
	if err := save(tx, account, "status"); err != nil {
		return change{}, err
	}
	template := map[string]string{models.AccountFrozen: "frozen", models.AccountActive: "unfrozen"}[status]
	if err := s.notify(tx, account, template); err != nil {
		return change{}, err
	}
	return change{account: account}, s.record(tx, who, kind)
}
