package factors

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/passkeys"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

// StartPasskey asks a device to make a passkey, with the password and, of who has a factor already, a proof. Nothing changes until
// AddPasskey; a repeat before that voids the first.
// Faults: CredentialsRejected at currentPassword, InvalidInput, CodeRejected, CodeExpired, RateLimited, TooManyPasskeys, Overloaded.
func (s *Service) StartPasskey(ctx context.Context, viewer models.Account, currentPassword string, p Proof) (passkeys.Ceremony, error) {
	if err := s.checkPassword(ctx, viewer, currentPassword); err != nil {
		return passkeys.Ceremony{}, err
	}
	var refusal *fault.Fault
	asked, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c passkeys.Ceremony, err error) {
		refusal = nil // of an attempt that Postgres undid
		if _, refusal, err = s.proveToAdd(tx, viewer, p); refusal != nil || err != nil {
			return c, err // a refusal is committed: it has spent a try
		}
		return s.passkeys.BeginRegistration(tx, viewer)
	})
	return verification.Settle(asked, refusal, err)
}

// Added is a new passkey, and the backup codes that came with it: this once, and only where there were none.
type Added struct {
	Passkey     models.Passkey
	BackupCodes []string
}

// AddPasskey keeps the passkey that a device has made. From then on no code is sent. Its ceremony works once, whatever comes of it.
// Faults: InvalidInput at name or credential, CodeExpired at ceremonyId, TooManyPasskeys.
func (s *Service) AddPasskey(ctx context.Context, viewer models.Account, ceremony uuid.UUID, name, credential string) (Added, error) {
	var refusal *fault.Fault
	added, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (a Added, err error) {
		refusal = nil // of an attempt that Postgres undid
		if err := ensureFactor(tx, viewer.ID); err != nil {
			return Added{}, err
		}
		a.Passkey, refusal, err = s.passkeys.FinishRegistration(tx, viewer, ceremony, name, credential)
		if err != nil || refusal != nil {
			return Added{}, err // a refusal is committed: the ceremony is used up
		}
		has, err := hasBackupCodes(tx, viewer.ID)
		if err == nil && !has {
			a.BackupCodes, err = s.newBackupCodes(tx, viewer.ID)
		}
		if err != nil {
			return Added{}, err
		}
		return a, s.tell(tx, viewer, journal.PasskeyAdded, "alert_passkey_on", map[string]any{"Passkey": a.Passkey.Name})
	})
	if added, err = verification.Settle(added, refusal, err); err == nil {
		s.hub.Publish(viewer.ID)
	}
	return added, err
}

// Passkeys reads an account's, oldest first.
func (s *Service) Passkeys(ctx context.Context, account uuid.UUID) ([]models.Passkey, error) {
	return s.passkeys.List(ctx, account)
}

// RenamePasskey gives a passkey another name, and tells the account's devices. Faults: InvalidInput at name, PasskeyNotFound at passkeyId.
func (s *Service) RenamePasskey(ctx context.Context, viewer, id uuid.UUID, name string) (models.Passkey, error) {
	key, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Passkey, error) {
		key, err := s.passkeys.Rename(tx, viewer, id, name)
		if err != nil {
			return key, err
		}
		return key, events.AppendTx(tx, events.Changed(viewer))
	})
	if err == nil {
		s.hub.Publish(viewer)
	}
	return key, err
}

// RemovePasskey takes a passkey away, with a proof: a factor is removed only with a factor. The backup codes go with the last factor.
// Faults: InvalidInput, CodeRejected, CodeExpired, RateLimited, PasskeyNotFound at passkeyId, StepOutOfOrder when there is neither an app
// nor a passkey, SecondFactorRequired for an operator's last.
func (s *Service) RemovePasskey(ctx context.Context, viewer models.Account, id uuid.UUID, p Proof) error {
	_, err := s.withFactor(ctx, viewer, func(tx *postgres.Tx, f *models.TOTPFactor) ([]string, *fault.Fault, error) {
		held, refusal, err := s.proveAny(tx, viewer, f, p, ToRemove(id))
		if refusal != nil || err != nil {
			return nil, refusal, err
		}
		key, err := s.passkeys.Remove(tx, viewer.ID, id)
		if err != nil {
			return nil, nil, err
		}
		if held.Passkey, err = s.passkeys.Has(tx, viewer.ID); err != nil {
			return nil, nil, err
		}
		if err := s.mayHave(tx, viewer.ID, held); err != nil {
			return nil, nil, err
		}
		if !held.Any() {
			if err := deleteFactor(tx, viewer.ID); err != nil {
				return nil, nil, err
			}
		}
		return nil, nil, s.tell(tx, viewer, journal.PasskeyRemoved, "alert_passkey_off", map[string]any{"Passkey": key.Name})
	})
	return err
}

// LogIn is a passkey that opens an account without a password.
type LogIn struct {
	Ceremony uuid.UUID
	signed   passkeys.Signed
}

// StartLogIn asks for a signature of whoever has a passkey. Faults: RateLimited.
func (s *Service) StartLogIn(ctx context.Context) (passkeys.Ceremony, error) {
	return s.passkeys.BeginLogIn(ctx)
}

// ReadLogIn reads what a device has signed. Faults: InvalidInput at credential.
func ReadLogIn(ceremony uuid.UUID, credential string) (LogIn, error) {
	signed, refusal := passkeys.Read(credential, "credential")
	if refusal != nil {
		return LogIn{}, refusal
	}
	return LogIn{Ceremony: ceremony, signed: signed}, nil
}

// OwnerOf finds whose passkey has signed, without judging it; the zero UUID when nobody's has.
func (s *Service) OwnerOf(tx *postgres.Tx, l LogIn) (uuid.UUID, error) {
	return s.passkeys.Owner(tx, l.signed)
}

// JudgeLogIn uses up the ceremony and tells whether the account, which the caller has locked, has signed it; nobody has for a zero account.
// It does the ceremony's work in any case. A refusal is to be committed. Refusals: CodeExpired at ceremonyId, CredentialsRejected.
func (s *Service) JudgeLogIn(tx *postgres.Tx, account uuid.UUID, l LogIn) (*fault.Fault, error) {
	challenge, refusal, err := s.passkeys.TakeLogIn(tx, l.Ceremony)
	if err != nil || refusal != nil {
		return refusal, err
	}
	refusal, err = s.passkeys.Judge(tx, account, challenge, l.signed)
	if refusal != nil {
		refusal = fault.New(fault.CredentialsRejected).Because("passkey")
	}
	return refusal, err
}
