package verification

import (
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// Proof is what answers a challenge, as it was given: a code, or what a passkey has signed, in JSON. Exactly one of them.
type Proof struct{ Code, Assertion *string }

// Code is a proof that is a code.
func Code(code string) Proof { return Proof{Code: &code} }

// Assertion is a proof that a passkey has signed.
func Assertion(credential string) Proof { return Proof{Assertion: &credential} }

// IsEmpty tells that nothing was given.
func (p Proof) IsEmpty() bool { return p.Code == nil && p.Assertion == nil }

func (p Proof) check() *fault.Fault {
	switch {
	case p.IsEmpty():
		return fault.Invalid(fault.Required, "code")
	case p.Code != nil && p.Assertion != nil:
		return fault.Invalid(fault.OneOf, "assertion")
	case p.Code != nil && len(*p.Code) > CodeLongest:
		return fault.Invalid(fault.Malformed, "code")
	}
	return nil
}

// field is where the proof stands in an input.
func (p Proof) field() string {
	if p.Assertion != nil {
		return "assertion"
	}
	return "code"
}

// Held is what an account has besides its password and its phone.
type Held struct{ App, Passkey bool }

// Any tells whether it has anything.
func (h Held) Any() bool { return h.App || h.Passkey }

func (h Held) method() string {
	switch {
	case h.App:
		return models.ChallengeTOTP
	case h.Passkey:
		return models.ChallengePasskey
	}
	return ""
}

// Factors answers for people's authenticator apps, passkeys and backup codes, which take the place of messages.
type Factors interface {
	// Held tells what an account has.
	Held(tx *postgres.Tx, account uuid.UUID) (Held, error)
	// TryCode uses up a code of an account's app, or a backup code. A refusal is to be committed: it has spent a try.
	TryCode(tx *postgres.Tx, account uuid.UUID, code string) (refusal *fault.Fault, err error)
	// TryAssertion judges what one of an account's passkeys has signed for a challenge. A refusal is to be committed.
	TryAssertion(tx *postgres.Tx, account uuid.UUID, challenge []byte, credential string) (refusal *fault.Fault, err error)
}

// AskFactors says who knows people's apps and passkeys; before that, nobody has any. To be called before the service is used.
func (s *Service) AskFactors(f Factors) { s.factors = f }

// ToSign is what a passkey signs to answer a challenge, and whose it must be; nobody's for a challenge whose code is sent. It cannot be
// guessed, and is another one for each challenge, purpose and account, and after each resend.
func (s *Service) ToSign(c models.Challenge) (account uuid.UUID, challenge []byte) {
	account, err := uuid.Parse(c.Target)
	if err != nil || c.IsSent() {
		return uuid.Nil, nil
	}
	return account, s.box.MAC(secret.Passkeys, c.ID.String(), c.Purpose, c.Target, hex.EncodeToString(c.CodeMAC))
}

// judgeWithFactor has the room of factors judge an answer. That room counts wrong codes over all challenges; the challenge counts its own.
func (s *Service) judgeWithFactor(tx *postgres.Tx, challenge models.Challenge, p Proof) (refusal *fault.Fault, err error) {
	account, toSign := s.ToSign(challenge)
	if account == uuid.Nil || s.factors == nil {
		return nil, fmt.Errorf("verification: nobody can judge what answers for %q", challenge.Target)
	}
	if p.Assertion != nil {
		refusal, err = s.factors.TryAssertion(tx, account, toSign, *p.Assertion)
	} else {
		refusal, err = s.factors.TryCode(tx, account, *p.Code)
	}
	if err != nil || refusal == nil || refusal.Code != fault.CodeRejected {
		return refusal, err
	}
	challenge.AttemptsLeft--
	left := challenge.AttemptsLeft
	if facts, ok := refusal.Facts.(fault.AttemptsFacts); ok && p.Code != nil {
		left = min(left, facts.Left)
	}
	refusal.Field = []string{p.field()}
	return refusal.With("Count", left).Knowing(fault.AttemptsFacts{Left: left}), saveChallenge(tx, challenge)
}
