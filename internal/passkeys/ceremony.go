package passkeys

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/models"
)

const challengeBytes = 32

// Ceremony is something that a device is asked to sign. Options are for the device, as JSON: PublicKeyCredentialCreationOptionsJSON or
// PublicKeyCredentialRequestOptionsJSON of WebAuthn Level 3.
type Ceremony struct {
	ID        uuid.UUID
	Options   string
	ExpiresAt time.Time
}

// BeginRegistration asks a device to make a passkey for an account, in the caller's transaction. One that was begun before is void.
// Faults: RateLimited, TooManyPasskeys.
func (s *Service) BeginRegistration(tx *postgres.Tx, account models.Account) (Ceremony, error) {
	row, err := s.begin(tx, models.CeremonyRegistration, account.ID, "")
	if err != nil {
		return Ceremony{}, err
	}
	keys, err := passkeysOf(tx.GORM(), account.ID)
	if err != nil {
		return Ceremony{}, err
	}
	if len(keys) >= Most {
		return Ceremony{}, tooMany()
	}
	who := holder{account: account.ID, name: account.WMID, keys: keys}
	creation, _, err := s.web.BeginRegistration(who, webauthn.WithExclusions(webauthn.Credentials(who.WebAuthnCredentials()).CredentialDescriptors()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = row.Challenge; return nil })
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkeys: options: %w", err)
	}
	return ceremony(row, creation.Response)
}

// FinishRegistration keeps the passkey that a device has made, in the transaction of a caller that lets no other of the account's passkeys
// be added meanwhile. The ceremony is used up, whatever comes of it: a refusal is to be committed.
// Refusals: InvalidInput at name or credential, CodeExpired at ceremonyId, TooManyPasskeys.
func (s *Service) FinishRegistration(tx *postgres.Tx, account models.Account, ceremonyID uuid.UUID, name, credential string) (key models.Passkey, refusal *fault.Fault, err error) {
	if name, refusal = text.Required(name, nameLongest, "name"); refusal != nil {
		return key, refusal, nil
	}
	made, refusal := readCreated(credential)
	if refusal != nil {
		return key, refusal, nil
	}
	row, refusal, err := s.take(tx, ceremonyID, models.CeremonyRegistration, &account.ID, "")
	if err != nil || refusal != nil {
		return key, refusal, err
	}
	keys, err := passkeysOf(tx.GORM(), account.ID)
	if err != nil {
		return key, nil, err
	}
	if len(keys) >= Most {
		return key, tooMany(), nil
	}
	session := s.session(row.Challenge, account.ID[:])
	session.CredParams = webauthn.CredentialParametersDefault()
	good, err := s.web.CreateCredential(holder{account: account.ID, name: account.WMID}, session, made)
	if err != nil {
		return key, fault.Invalid(fault.Malformed, "credential"), nil //nolint:nilerr // what is wrong is the device's
	}
	key = rowOf(*good)
	key.ID, key.AccountID, key.Name, key.CreatedAt = uuid.New(), account.ID, name, tx.Now
	added, err := insertPasskey(tx, key)
	if err == nil && !added { // it is an account's already
		return key, fault.Invalid(fault.Malformed, "credential"), nil
	}
	return key, nil, err
}

// BeginLogIn asks for a signature of whoever has a passkey here. How many an address gets is bounded.
// Faults: RateLimited.
func (s *Service) BeginLogIn(ctx context.Context) (Ceremony, error) {
	limit := verification.Limit{Name: "passkey log-ins", Subject: request.Of(ctx).IP, Most: ceremoniesPerAddress, Window: ceremonyWindow}
	if err := s.verification.Spend(ctx, limit); err != nil {
		return Ceremony{}, err
	}
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Ceremony, error) {
		row, err := s.begin(tx, models.CeremonyLogIn, uuid.Nil, "")
		if err != nil {
			return Ceremony{}, err
		}
		return s.ask(row, nil)
	})
}

// BeginAssertion asks for a signature of one of an account's passkeys, for a subject that the caller names again when it is there. One for
// anything that was begun before is void. Faults: RateLimited, StepOutOfOrder when the account has no passkey.
func (s *Service) BeginAssertion(tx *postgres.Tx, account uuid.UUID, subject string) (Ceremony, error) {
	keys, err := passkeysOf(tx.GORM(), account)
	if err != nil {
		return Ceremony{}, err
	}
	if len(keys) == 0 {
		return Ceremony{}, fault.New(fault.StepOutOfOrder).Because("no_passkey")
	}
	row, err := s.begin(tx, models.CeremonyAssertion, account, subject)
	if err != nil {
		return Ceremony{}, err
	}
	return s.ask(row, keys)
}

// begin writes a ceremony; those of an account are bounded, and a new one voids the one before of its kind.
func (s *Service) begin(tx *postgres.Tx, kind string, account uuid.UUID, subject string) (models.PasskeyCeremony, error) {
	challenge := make([]byte, challengeBytes)
	rand.Read(challenge) //nolint:errcheck // crypto/rand.Read never returns an error; it crashes the program instead
	row := models.PasskeyCeremony{ID: uuid.New(), Kind: kind, Subject: subject, Challenge: challenge, CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(TTL)}
	if account != uuid.Nil {
		row.AccountID = &account
		limit := verification.Limit{Name: "passkey ceremonies", Subject: account.String(), Most: ceremoniesPerAccount, Window: ceremonyWindow}
		if err := s.verification.Take(tx, limit); err != nil {
			return row, err
		}
		if err := voidCeremonies(tx, account, kind); err != nil {
			return row, err
		}
	}
	return row, insertCeremony(tx, row)
}

// take uses a ceremony up. It locks the row: of two servers that have the answer one takes it.
func (s *Service) take(tx *postgres.Tx, id uuid.UUID, kind string, account *uuid.UUID, subject string) (models.PasskeyCeremony, *fault.Fault, error) {
	row, taken, err := takeCeremony(tx, id, kind, account, subject)
	if err == nil && !taken {
		return row, fault.New(fault.CodeExpired, "ceremonyId").Because("passkey"), nil
	}
	return row, nil, err
}

// ask writes what a device is asked to sign; without keys it is whatever the device has for us.
func (s *Service) ask(row models.PasskeyCeremony, keys []models.Passkey) (Ceremony, error) {
	options, err := s.requestOptions(row.Challenge, keys)
	return Ceremony{ID: row.ID, Options: options, ExpiresAt: row.ExpiresAt}, err
}

func (s *Service) requestOptions(challenge []byte, keys []models.Passkey) (string, error) {
	allowed := webauthn.Credentials(holder{keys: keys}.WebAuthnCredentials()).CredentialDescriptors()
	assertion, _, err := s.web.BeginDiscoverableLogin(webauthn.WithChallenge(challenge), webauthn.WithAllowedCredentials(allowed))
	if err != nil {
		return "", fmt.Errorf("passkeys: options: %w", err)
	}
	options, err := json.Marshal(assertion.Response)
	if err != nil {
		return "", fmt.Errorf("passkeys: options: %w", err)
	}
	return string(options), nil
}

func ceremony(row models.PasskeyCeremony, options any) (Ceremony, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkeys: options: %w", err)
	}
	return Ceremony{ID: row.ID, Options: string(text), ExpiresAt: row.ExpiresAt}, nil
}

// session is what the library wants to know again of a ceremony. Times are judged here, by the house's clock.
func (s *Service) session(challenge, handle []byte) webauthn.SessionData {
	return webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(challenge), RelyingPartyID: s.web.Config.RPID, UserID: handle,
		UserVerification: protocol.VerificationRequired,
	}
}

func readCreated(credential string) (*protocol.ParsedCredentialCreationData, *fault.Fault) {
	if len(credential) > credentialLongest {
		return nil, fault.Invalid(fault.Malformed, "credential")
	}
	read, err := protocol.ParseCredentialCreationResponseBytes([]byte(credential))
	if err != nil {
		return nil, fault.Invalid(fault.Malformed, "credential")
	}
	return read, nil
}

// credentialOf is a row as the library sees it.
func credentialOf(key models.Passkey) webauthn.Credential {
	var transports []protocol.AuthenticatorTransport
	for name := range strings.SplitSeq(key.Transports, ",") {
		if name != "" {
			transports = append(transports, protocol.AuthenticatorTransport(name))
		}
	}
	return webauthn.Credential{
		ID: key.CredentialID, PublicKey: key.PublicKey, Transport: transports,
		Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: key.BackupEligible, BackupState: key.BackedUp},
		Authenticator: webauthn.Authenticator{AAGUID: key.AAGUID[:], SignCount: uint32(key.SignCount)}, //nolint:gosec // it was one
	}
}

// known are the transports there are. What else a device says is not kept.
var known = map[protocol.AuthenticatorTransport]bool{
	protocol.USB: true, protocol.NFC: true, protocol.BLE: true, protocol.SmartCard: true, protocol.Hybrid: true, protocol.Internal: true,
}

func rowOf(c webauthn.Credential) models.Passkey {
	var transports []string
	for _, t := range c.Transport {
		if known[t] && len(transports) < len(known) {
			transports = append(transports, string(t))
		}
	}
	aaguid, _ := uuid.FromBytes(c.Authenticator.AAGUID) // none is the zero UUID
	return models.Passkey{
		CredentialID: c.ID, PublicKey: c.PublicKey, AAGUID: aaguid, Transports: strings.Join(transports, ","),
		SignCount: int64(c.Authenticator.SignCount), BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState,
	}
}

func tooMany() *fault.Fault { return fault.New(fault.TooManyPasskeys).With("Count", Most) }
