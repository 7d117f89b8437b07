package resolvers

import (
	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/factors"
	"purser/internal/passkeys"
	"purser/internal/verification"
	"purser/models"
)

// proof is what answers a challenge, as it was given.
func proof(code, assertion *string) verification.Proof {
	return verification.Proof{Code: code, Assertion: assertion}
}

// factorProof is what proves a factor, as it was given.
func factorProof(code *string, assertion *model.PasskeyAssertionInput) factors.Proof {
	p := factors.Proof{Code: code}
	if assertion != nil {
		p.Assertion = &factors.Assertion{Ceremony: localUUID(assertion.CeremonyID, kindCeremony), Credential: assertion.Credential}
	}
	return p
}

// subjectOf is what a passkey signs for; one that is not named is none of the viewer's.
func subjectOf(purpose model.PasskeyPurpose, passkey *string) string {
	switch purpose {
	case model.PasskeyPurposeAddFactor:
		return factors.ToAdd
	case model.PasskeyPurposeDisableTotp:
		return factors.ToDisableTOTP
	case model.PasskeyPurposeRenewBackupCodes:
		return factors.ToRenewBackupCodes
	case model.PasskeyPurposeRemovePasskey:
		return factors.ToRemove(localUUID(text(passkey), kindPasskey))
	}
	return factors.ToRemove(uuid.Nil)
}

func passkeyView(key models.Passkey) *model.Passkey {
	return &model.Passkey{ID: globalID(kindPasskey, key.ID.String()), Name: key.Name, CreatedAt: key.CreatedAt, LastUsedAt: key.LastUsedAt}
}

// passkeyOf shows a passkey, or nothing beside an error.
func passkeyOf(key models.Passkey, err error) *model.Passkey {
	if err != nil {
		return nil
	}
	return passkeyView(key)
}

// ceremonyOf shows a ceremony, or nothing beside an error.
func ceremonyOf(c passkeys.Ceremony, err error) *model.PasskeyCeremony {
	if err != nil {
		return nil
	}
	return &model.PasskeyCeremony{ID: globalID(kindCeremony, c.ID.String()), Options: c.Options, ExpiresAt: c.ExpiresAt}
}
