package factors

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/passkeys"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

// What a passkey signs for, in a ceremony of its own.
const (
	ToAdd              = "add factor"
	ToDisableTOTP      = "disable totp"
	ToRenewBackupCodes = "renew backup codes"
)

// ToRemove is what is signed to remove a passkey, which may be the one that signs.
func ToRemove(passkey uuid.UUID) string { return "remove " + passkey.String() }

// Assertion is what a passkey has signed in a ceremony that asked for it.
type Assertion struct {
	Ceremony   uuid.UUID
	Credential string // in JSON
}

// Proof is a code of the app, a backup code, or an assertion: exactly one.
type Proof struct {
	Code      *string
	Assertion *Assertion
}

// Code is a proof that is a code.
func Code(code string) Proof { return Proof{Code: &code} }

// Check refuses what is not exactly one proof, at the fields given. Faults: InvalidInput.
func (p Proof) Check(codeField, assertionField string) *fault.Fault {
	given := p.Code != nil && *p.Code != "" // a field that was left empty is none
	switch {
	case !given && p.Assertion == nil:
		return fault.Invalid(fault.Required, codeField)
	case given && p.Assertion != nil:
		return fault.Invalid(fault.OneOf, assertionField)
	}
	return nil
}

// Held tells what an account has.
func (s *Service) Held(tx *postgres.Tx, account uuid.UUID) (verification.Held, error) {
	return readHeld(tx, account)
}

// Hold is Held, and keeps the account's factors as they are until the commit.
func (s *Service) Hold(tx *postgres.Tx, account uuid.UUID) (verification.Held, error) {
	if _, err := lockFactor(tx, account); err != nil {
		return verification.Held{}, err
	}
	return s.Held(tx, account)
}

// TryAssertion judges what one of an account's passkeys has signed. A refusal is to be committed.
// Refusals: InvalidInput, CodeRejected.
func (s *Service) TryAssertion(tx *postgres.Tx, account uuid.UUID, challenge []byte, credential string) (*fault.Fault, error) {
	signed, refusal := passkeys.Read(credential, "assertion")
	if refusal != nil {
		return refusal, nil
	}
	return s.passkeys.Judge(tx, account, challenge, signed)
}

// Prove is TryCode, or the judging of an assertion that was asked for with StartAssertion for the same subject. Exactly one is given, see
// Check. Refusals are to be committed; their field is code, or assertion.
func (s *Service) Prove(tx *postgres.Tx, account uuid.UUID, p Proof, subject string) (*fault.Fault, error) {
	if p.Assertion == nil {
		return s.TryCode(tx, account, *p.Code)
	}
	signed, refusal := passkeys.Read(p.Assertion.Credential, "assertion")
	if refusal != nil {
		return refusal, nil
	}
	refusal, err := s.passkeys.JudgeCeremony(tx, account, p.Assertion.Ceremony, subject, signed)
	if refusal != nil {
		refusal.Field = []string{"assertion"}
	}
	return refusal, err
}

// StartAssertion asks one of the viewer's passkeys to sign for a subject.
// Faults: RateLimited, StepOutOfOrder when there is none.
func (s *Service) StartAssertion(ctx context.Context, account uuid.UUID, subject string) (passkeys.Ceremony, error) {
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (passkeys.Ceremony, error) {
		return s.passkeys.BeginAssertion(tx, account, subject)
	})
}

// StartAssertionTx is StartAssertion in the transaction of a room that has found out whose passkey is meant.
func (s *Service) StartAssertionTx(tx *postgres.Tx, account uuid.UUID, subject string) (passkeys.Ceremony, error) {
	return s.passkeys.BeginAssertion(tx, account, subject)
}

// Options asks the passkeys of whoever a challenge is for to answer it, in JSON; empty where none can.
func (s *Service) Options(ctx context.Context, challenge models.Challenge) (string, error) {
	account, toSign := s.verification.ToSign(challenge)
	if account == uuid.Nil {
		return "", nil
	}
	return s.passkeys.Options(ctx, account, toSign)
}

// proveAny is prove by someone who must have a factor. f is locked; it is nil when there is none.
func (s *Service) proveAny(tx *postgres.Tx, viewer models.Account, f *models.TOTPFactor, p Proof, subject string) (held verification.Held, refusal *fault.Fault, err error) {
	if held, err = s.Held(tx, viewer.ID); err != nil {
		return held, nil, err
	}
	if f == nil || !held.Any() {
		return held, nil, fault.New(fault.StepOutOfOrder).Because(noFactor)
	}
	return s.prove(tx, viewer, f, held, p, subject)
}

// prove judges a proof of someone who has what is held; f is locked.
func (s *Service) prove(tx *postgres.Tx, viewer models.Account, f *models.TOTPFactor, held verification.Held, p Proof, subject string) (verification.Held, *fault.Fault, error) {
	refusal := p.Check("code", "assertion")
	if refusal != nil {
		return held, refusal, nil
	}
	if p.Assertion == nil {
		refusal, err := s.try(tx, f, *p.Code, accepts{app: held.App, backup: true})
		return held, refusal, err
	}
	refusal, err := s.Prove(tx, viewer.ID, p, subject)
	return held, refusal, err
}

// proveToAdd judges a proof of who has a factor already, and tells what there is. Password and session alone do not bring another: whoever
// stole both would be let in by it ever after. Who has none needs none.
func (s *Service) proveToAdd(tx *postgres.Tx, viewer models.Account, p Proof) (held verification.Held, refusal *fault.Fault, err error) {
	f, err := lockFactor(tx, viewer.ID)
	if err != nil {
		return held, nil, err
	}
	if held, err = s.Held(tx, viewer.ID); err != nil || !held.Any() {
		return held, nil, err
	}
	return s.prove(tx, viewer, f, held, p, ToAdd)
}

// mayHave refuses what would leave an operator without a factor. The caller holds the factor's row, which also a grant of the role locks.
func (s *Service) mayHave(tx *postgres.Tx, account uuid.UUID, held verification.Held) error {
	if held.Any() || !s.config.OperatorsNeedOne {
		return nil
	}
	role, err := roleOf(tx, account)
	if err == nil && role == models.RoleOperator {
		err = fault.New(fault.SecondFactorRequired).Because("last")
	}
	return err
}

// MustHave tells whether an account needs a factor to sign in.
func (s *Service) MustHave(account models.Account) bool {
	return s.config.OperatorsNeedOne && account.IsOperator()
}
