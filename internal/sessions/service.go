// Package sessions owns who is signed in: log-in by password and code, devices that are trusted, access tokens that
// live for minutes and refresh tokens that are changed at each use. It does not know wallets or money.
package sessions

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/models"
)

const deviceNameLongest = 100

// Config sets the times.
type Config struct {
	AccessTTL, RefreshTTL, DeviceTrustTTL time.Duration
}

// Service is the room.
type Service struct {
	db           *postgres.DB
	box          *secret.Box
	keys         *keys
	cache        *cache
	accounts     *accounts.Service
	verification *verification.Service
	hub          *events.Hub
	config       Config
	factors      *factors.Service // nil: nobody has any
	strangerHash string           // compared when a login is unknown, so that the answer takes as long
}

// New makes the room and, in an empty database, the first signing key.
func New(ctx context.Context, db *postgres.DB, box *secret.Box, a *accounts.Service, v *verification.Service, hub *events.Hub, config Config) (*Service, error) {
	k, err := openKeys(ctx, db, box, config.AccessTTL)
	if err != nil {
		return nil, err
	}
	strangerHash, err := accounts.HashPassword(ctx, secret.NewToken())
	if err != nil {
		return nil, err
	}
	memory, err := newCache()
	return &Service{
		db: db, box: box, keys: k, cache: memory, accounts: a, verification: v, hub: hub, config: config, strangerHash: strangerHash,
	}, err
}

// AskFactors says who knows what people have besides their passwords; before that, nobody has anything, and nobody needs it. To be called
// before the service is used.
func (s *Service) AskFactors(f *factors.Service) { s.factors = f }

// Device is an app as it describes itself.
type Device struct{ Name, Platform string }

// Check trims the name. Faults: InvalidInput at device.name.
func (d Device) Check() (Device, error) {
	name, refusal := text.Clean(d.Name, deviceNameLongest, "device", "name")
	if refusal != nil {
		return Device{}, refusal
	}
	if d.Platform == "" {
		d.Platform = "OTHER"
	}
	return Device{Name: name, Platform: d.Platform}, nil
}

// Tokens are what a signed-in app holds. DeviceTrust is empty unless the device has just become trusted.
type Tokens struct {
	Access           string
	AccessExpiresAt  time.Time
	Refresh          string
	RefreshExpiresAt time.Time
	DeviceTrust      string
	Session          models.Session
	Device           models.Device
	Account          models.Account
}

// Identity is who makes a request: a live session and its account, as they stood when the request began.
type Identity struct {
	SessionID uuid.UUID
	Account   models.Account
	ExpiresAt time.Time // of the access token
	Recalled  bool      // the account was read for an earlier request, a moment ago
}

// Authenticate finds who an access token speaks for, with one query, two if the account has changed, or none if it was asked a moment ago. A token of a
// session that was revoked or has ended is as bad as a forged one. Faults: Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string) (Identity, error) {
	v, err := s.verify(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	known, recalled := s.cache.find(v.sessionID)
	if !recalled {
		at := time.Now() //nolint:forbidigo // ages the cache; no rule depends on it
		if known, err = lookAgain(ctx, s.db, v.sessionID, known, at); err != nil {
			s.cache.forget(v.sessionID)
			return Identity{}, err
		}
		s.cache.keep(v.sessionID, known, at)
	}
	if known.ID != v.accountID {
		return Identity{}, fault.New(fault.Unauthenticated)
	}
	return Identity{SessionID: v.sessionID, Account: known.Account, ExpiresAt: v.expiresAt, Recalled: recalled}, nil
}

// lookAgain finds the account of a live session. One that is known already is read again only if its row is another by now: to open what is
// sealed in it costs several times as much as to ask.
func lookAgain(ctx context.Context, db *postgres.DB, session uuid.UUID, known knownAccount, at time.Time) (knownAccount, error) {
	if known.Version != 0 {
		version, err := versionOfLiveSession(ctx, db, session)
		if err != nil || version == known.Version {
			return known, err
		}
	}
	known, err := accountOfLiveSession(ctx, db, session)
	known.ReadAt = at
	return known, err
}

// Open starts a session in a transaction of its own, for someone who has just proved who they are. A trusted device gets a
// token that spares it the code at its next log-in.
func (s *Service) Open(ctx context.Context, account models.Account, d Device, trust bool) (Tokens, error) {
	tokens, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Tokens, error) {
		locked, err := lockAccount(tx, account.ID)
		if err != nil {
			return Tokens{}, err
		}
		return s.openOn(tx, account, locked, d, trust)
	})
	if err == nil {
		s.hub.Publish(account.ID)
	}
	return tokens, err
}

// openOn opens a session on a device that is new here, and tells the account's owner by letter. See open for the accounts.
func (s *Service) openOn(tx *postgres.Tx, proved, account models.Account, d Device, trust bool) (Tokens, error) {
	device := models.Device{ID: uuid.New(), AccountID: account.ID, Name: d.Name, Platform: d.Platform, CreatedAt: tx.Now}
	var trustToken string
	if trust {
		trustToken = secret.NewToken()
		until := tx.Now.Add(s.config.DeviceTrustTTL)
		device.TrustMAC, device.TrustedUntil = s.trustMAC(trustToken), &until
	}
	if err := insertDevice(tx, device); err != nil {
		return Tokens{}, err
	}
	tokens, err := s.open(tx, proved, account, device)
	if err != nil {
		return Tokens{}, err
	}
	tokens.DeviceTrust = trustToken
	return tokens, s.accounts.Tell(tx, account, "new_device", map[string]any{"Device": deviceName(d)})
}

// open opens a session for an account that is locked. proved is the account as it was when the password was right: one that was
// closed since, or has another password, opens nothing. Beyond the bound the session that was seen longest ago ends.
func (s *Service) open(tx *postgres.Tx, proved, account models.Account, device models.Device) (Tokens, error) {
	if account.Status == models.AccountClosed || !sameTime(proved.PasswordChangedAt, account.PasswordChangedAt) {
		return Tokens{}, fault.New(fault.CredentialsRejected)
	}
	session := models.Session{
		ID: uuid.New(), AccountID: account.ID, DeviceID: device.ID,
		CreatedAt: tx.Now, LastSeenAt: tx.Now, ExpiresAt: tx.Now.Add(s.config.RefreshTTL),
		AccessExpiresAt: tx.Now.Add(s.config.AccessTTL),
	}
	if err := insertSession(tx, session); err != nil {
		return Tokens{}, err
	}
	refresh := secret.NewToken()
	if err := s.storeRefreshToken(tx, session, refresh); err != nil {
		return Tokens{}, err
	}
	if err := s.bound(tx, account.ID, session.ID); err != nil {
		return Tokens{}, err
	}
	if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.SignedIn, Session: session.ID}); err != nil {
		return Tokens{}, err
	}
	opened := events.Draft{AccountID: account.ID, Kind: models.EventSessionOpened, Subject: session.ID.String()}
	if err := events.AppendTx(tx, opened); err != nil {
		return Tokens{}, err
	}
	return s.tokens(tx.Now, account, device, session, refresh)
}

func (s *Service) tokens(now time.Time, account models.Account, device models.Device, session models.Session, refresh string) (Tokens, error) {
	access, expiresAt, err := s.sign(session, now)
	return Tokens{
		Access: access, AccessExpiresAt: expiresAt, Refresh: refresh, RefreshExpiresAt: session.ExpiresAt,
		Session: session, Device: device, Account: account,
	}, err
}

// SessionOf is a session with its device.
type SessionOf struct {
	Session models.Session
	Device  models.Device
}

// FindMany reads those of some sessions that are an account's own, with two queries.
func (s *Service) FindMany(ctx context.Context, account uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]SessionOf, error) {
	return sessionsWithDevices(ctx, s.db, account, ids)
}

func (s *Service) trustMAC(token string) []byte { return s.box.MAC(secret.Tokens, "device", token) }
