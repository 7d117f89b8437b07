package sessions

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

// LogInWithPasskey opens a session for whoever's passkey has signed a ceremony of factors.StartLogIn: it takes the place of password and
// code, since its device has verified the person. It is the same refusal for a passkey that nobody has, that was removed, that has signed
// something else, and for an account that is closed. The ceremony is used up, whatever comes of it.
// Faults: InvalidInput, CodeExpired at ceremonyId, CredentialsRejected.
func (s *Service) LogInWithPasskey(ctx context.Context, ceremony uuid.UUID, credential string, d Device) (Tokens, error) {
	device, err := d.Check()
	if err != nil {
		return Tokens{}, err
	}
	signed, err := factors.ReadLogIn(ceremony, credential)
	if err != nil {
		return Tokens{}, err
	}
	var refusal *fault.Fault
	tokens, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Tokens, error) {
		refusal = nil // of an attempt that Postgres undid
		owner, err := s.factors.OwnerOf(tx, signed)
		if err != nil {
			return Tokens{}, err
		}
		account := models.Account{}
		if owner != uuid.Nil { // the account before the passkey, as everywhere
			if account, err = lockAccount(tx, owner); err != nil {
				return Tokens{}, err
			}
		}
		if refusal, err = s.factors.JudgeLogIn(tx, owner, signed); err != nil {
			return Tokens{}, err
		}
		if refusal == nil && account.Status == models.AccountClosed {
			refusal = fault.New(fault.CredentialsRejected).Because("passkey")
		}
		if refusal != nil { // committed: the ceremony is used up
			return Tokens{}, s.noteRefused(tx, owner, refusal)
		}
		return s.openOn(tx, account, account, device, false)
	})
	if tokens, err = verification.Settle(tokens, refusal, err); err == nil {
		s.hub.Publish(tokens.Account.ID)
	}
	return tokens, err
}

// noteRefused writes a log-in with somebody's passkey that was refused into the log.
func (s *Service) noteRefused(tx *postgres.Tx, owner uuid.UUID, refusal *fault.Fault) error {
	if refusal.Code != fault.CredentialsRejected {
		return nil
	}
	return journal.Record(tx, journal.Entry{Account: owner, Kind: journal.SignInFailed}) // nobody's is not written
}

func (s *Service) mustHaveFactor(account models.Account) bool {
	return s.factors != nil && s.factors.MustHave(account)
}

// refuseWithoutFactor refuses who must have a factor and has none. Faults: SecondFactorRequired.
func (s *Service) refuseWithoutFactor(tx *postgres.Tx, account models.Account) error {
	if !s.mustHaveFactor(account) {
		return nil
	}
	held, err := s.factors.Held(tx, account.ID)
	if err == nil && !held.Any() {
		err = fault.New(fault.SecondFactorRequired)
	}
	return err
}

// refuseSentCode refuses a challenge that a message answered. Faults: SecondFactorRequired.
func (s *Service) refuseSentCode(tx *postgres.Tx, challenge uuid.UUID) error {
	c, err := s.verification.FindTx(tx, challenge)
	if err == nil && c.IsSent() {
		err = fault.New(fault.SecondFactorRequired)
	}
	return err
}
