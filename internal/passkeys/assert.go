package passkeys

import (
	"context"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/models"
)

// Signed is what a device has signed, read and not judged yet.
type Signed struct {
	data *protocol.ParsedCredentialAssertionData
}

// Read reads what a device has answered. What is none costs nothing. Refusals: InvalidInput at field.
func Read(credential, field string) (Signed, *fault.Fault) {
	if len(credential) > credentialLongest {
		return Signed{}, fault.Invalid(fault.Malformed, field)
	}
	data, err := protocol.ParseCredentialRequestResponseBytes([]byte(credential))
	if err != nil {
		return Signed{}, fault.Invalid(fault.Malformed, field)
	}
	return Signed{data: data}, nil
}

// Options asks one of an account's passkeys to sign a challenge of the caller's, in JSON; empty when the account has none.
func (s *Service) Options(ctx context.Context, account uuid.UUID, challenge []byte) (string, error) {
	keys, err := passkeysOf(s.db.GORM(ctx), account)
	if err != nil || len(keys) == 0 {
		return "", err
	}
	return s.requestOptions(challenge, keys)
}

// Judge tells whether one of an account's passkeys has signed a challenge, and notes that it was used. It locks the passkey, so that of two
// servers that see its counter the second sees what the first did. A counter that runs backwards is refused and told to the owner: there
// may be a copy of the passkey. A refusal is to be committed.
// Refusals: CodeRejected, without a field.
func (s *Service) Judge(tx *postgres.Tx, account uuid.UUID, challenge []byte, signed Signed) (refusal *fault.Fault, err error) {
	key, err := lockCredential(tx, account, signed.data.RawID)
	if errors.Is(err, errNone) {
		return rejected(), nil
	}
	if err != nil {
		return nil, err
	}
	used, err := s.web.ValidateLogin(holder{account: account, keys: []models.Passkey{key}}, s.session(challenge, account[:]), signed.data)
	if err != nil {
		return rejected(), nil //nolint:nilerr // what is wrong is the device's
	}
	if used.Authenticator.CloneWarning {
		return rejected(), s.warn(tx, key)
	}
	key.SignCount, key.BackedUp, key.LastUsedAt = int64(used.Authenticator.SignCount), used.Flags.BackupState, &tx.Now
	return nil, usePasskey(tx, key)
}

// warn tells the owner that there may be a copy of a passkey.
func (s *Service) warn(tx *postgres.Tx, key models.Passkey) error {
	owner, err := s.accounts.Lock(tx, key.AccountID)
	if err != nil {
		return err
	}
	if err := journal.Record(tx, journal.Entry{Account: owner.ID, Kind: journal.PasskeyRefused}); err != nil {
		return err
	}
	return s.accounts.Alert(tx, owner, "alert_passkey_copy", "", map[string]any{"Passkey": key.Name})
}

// Owner finds whose passkey has signed, without judging it; the zero UUID when nobody's has. A device that did not say whose it is, or
// says another's, has signed for nobody.
func (s *Service) Owner(tx *postgres.Tx, signed Signed) (uuid.UUID, error) {
	owner, err := ownerOf(tx, signed.data.RawID)
	if handle, _ := uuid.FromBytes(signed.data.Response.UserHandle); err != nil || handle != owner {
		return uuid.Nil, err
	}
	return owner, nil
}

// TakeLogIn uses a log-in's ceremony up and returns what was to be signed. Refusals: CodeExpired at ceremonyId.
func (s *Service) TakeLogIn(tx *postgres.Tx, id uuid.UUID) (challenge []byte, refusal *fault.Fault, err error) {
	row, refusal, err := s.take(tx, id, models.CeremonyLogIn, nil, "")
	return row.Challenge, refusal, err
}

// JudgeCeremony is Judge for a ceremony of BeginAssertion, which it uses up, whatever comes of it. Refusals: CodeExpired at ceremonyId for
// one that is over, another account's or for another subject; CodeRejected.
func (s *Service) JudgeCeremony(tx *postgres.Tx, account, id uuid.UUID, subject string, signed Signed) (*fault.Fault, error) {
	row, refusal, err := s.take(tx, id, models.CeremonyAssertion, &account, subject)
	if err != nil || refusal != nil {
		return refusal, err
	}
	return s.Judge(tx, account, row.Challenge, signed)
}

func rejected() *fault.Fault {
	return fault.New(fault.CodeRejected).Because("passkey").Knowing(fault.AttemptsFacts{})
}
