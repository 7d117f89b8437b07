// Package passkeys owns the keys that people's devices hold (WebAuthn Level 3): it has a device make one, and judges what one has
// signed. What is asked to be signed once stands in Postgres, so that any server can take the answer. The person must have been verified
// by the device each time, by a finger, a face or a PIN. It does not know what a signature confirms.
package passkeys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/models"
)

const (
	// Most is how many passkeys an account has at most.
	Most = 20
	// TTL is how long a device may take to sign what a ceremony asks for.
	TTL = 5 * time.Minute

	nameLongest       = 100
	credentialLongest = 16 << 10 // bytes of what a device answers, in JSON

	ceremoniesPerAccount = 60 // in ceremonyWindow
	ceremoniesPerAddress = 200
	ceremonyWindow       = 15 * time.Minute
)

// Config says for whom passkeys are made: RPID is the domain they belong to; Origins are the web origins that may use them, Apps those of
// Android apps (android:apk-key-hash:…).
type Config struct {
	RPID          string
	Origins, Apps []string
}

// Service is the room.
type Service struct {
	db           *postgres.DB
	box          *secret.Box
	accounts     *accounts.Service
	verification *verification.Service
	web          *webauthn.WebAuthn
}

// New makes the room. It fails when the configuration names a domain or an origin that no device would take.
func New(db *postgres.DB, box *secret.Box, a *accounts.Service, v *verification.Service, c Config) (*Service, error) {
	timeout := webauthn.TimeoutConfig{Timeout: TTL, TimeoutUVD: TTL}
	web, err := webauthn.New(&webauthn.Config{
		RPID: c.RPID, RPDisplayName: "Purser", RPOrigins: c.Origins, RPOpaqueOrigins: c.Apps,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Some password managers tell more than they were asked. Nothing of it is used.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Service{db: db, box: box, accounts: a, verification: v, web: web}, nil
}

// List reads an account's passkeys, oldest first.
func (s *Service) List(ctx context.Context, account uuid.UUID) ([]models.Passkey, error) {
	return passkeysOf(s.db.GORM(ctx), account)
}

// Has tells whether an account has any.
func (s *Service) Has(tx *postgres.Tx, account uuid.UUID) (bool, error) { return hasAny(tx, account) }

// Rename gives an account's passkey another name, in the caller's transaction. A repeat does nothing.
// Faults: InvalidInput at name, PasskeyNotFound at passkeyId, also for another account's.
func (s *Service) Rename(tx *postgres.Tx, account, id uuid.UUID, name string) (models.Passkey, error) {
	name, refusal := text.Required(name, nameLongest, "name")
	if refusal != nil {
		return models.Passkey{}, refusal
	}
	key, err := lockPasskey(tx, account, id)
	if err != nil {
		return models.Passkey{}, notFound(err)
	}
	key.Name = name
	return key, renamePasskey(tx, key)
}

// Remove deletes an account's passkey in the caller's transaction: what it signs from then on is nothing. It returns what it was.
// Faults: PasskeyNotFound at passkeyId, also for another account's.
func (s *Service) Remove(tx *postgres.Tx, account, id uuid.UUID) (models.Passkey, error) {
	key, err := lockPasskey(tx, account, id)
	if err != nil {
		return models.Passkey{}, notFound(err)
	}
	return key, deletePasskey(tx, key)
}

// Forget deletes the passkeys of an account that is closed, in the caller's transaction. What was begun with them runs out. A repeat does
// nothing.
func (s *Service) Forget(tx *postgres.Tx, account uuid.UUID) error {
	return forgetPasskeys(tx, account)
}

func notFound(err error) error {
	if errors.Is(err, errNone) {
		return fault.New(fault.PasskeyNotFound, "passkeyId")
	}
	return err
}

// holder is an account as the library sees it. Its handle, which devices keep, is the account's id: it names nobody.
type holder struct {
	account uuid.UUID
	name    string
	keys    []models.Passkey
}

func (h holder) WebAuthnID() []byte          { return h.account[:] }
func (h holder) WebAuthnName() string        { return h.name }
func (h holder) WebAuthnDisplayName() string { return h.name }

func (h holder) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(h.keys))
	for i, key := range h.keys {
		all[i] = credentialOf(key)
	}
	return all
}
