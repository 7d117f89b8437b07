package sessions

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/verification"
	"purser/models"
)

// Wrong passwords are counted per login and address together, so that a stranger elsewhere cannot lock the owner out, and
// per address, so that one place cannot try many logins.
const (
	failuresPerLogin   = 10
	failuresPerAddress = 200
	failureWindow      = 15 * time.Minute
)

// LogInRequest is a log-in by WMID, phone or e-mail address. TrustToken is what a trusted device was given.
type LogInRequest struct {
	Login, Password string
	Device          Device
	TrustToken      string
}

// LogIn checks a password. A trusted device gets its tokens at once; any other gets a challenge, whose code is on its way
// to the account's phone. An unknown login, a wrong password and a closed account get the same answer in the same time.
// Who must have a factor and has none learns so when the password was right; who must and has is trusted on no device.
// Faults: CredentialsRejected, RateLimited, InvalidInput, SecondFactorRequired, Overloaded.
func (s *Service) LogIn(ctx context.Context, r LogInRequest) (*Tokens, *models.Challenge, error) {
	device, err := r.Device.Check()
	if err != nil {
		return nil, nil, err
	}
	account, err := s.checkPassword(ctx, r.Login, r.Password)
	if err != nil {
		return nil, nil, err
	}

	if r.TrustToken != "" && !s.mustHaveFactor(account) {
		tokens, err := s.openOnTrustedDevice(ctx, account, r.TrustToken)
		if err == nil || !errors.Is(err, errNotTrusted) {
			return tokens, nil, err
		}
	}
	challenge, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Challenge, error) {
		if err := s.refuseWithoutFactor(tx, account); err != nil {
			return models.Challenge{}, err
		}
		c, err := s.verification.Begin(tx, verification.Request{
			Purpose: verification.LogIn, Account: account.ID, Phone: *account.Phone, Locale: accounts.Speak(ctx, account), Template: "log_in_code",
			Values: map[string]string{"Device": deviceName(device)},
		})
		if err != nil {
			return models.Challenge{}, err
		}
		return c, insertPendingLogIn(tx, models.PendingLogIn{
			ChallengeID: c.ID, AccountID: account.ID, DeviceName: device.Name, Platform: device.Platform, CreatedAt: tx.Now,
		})
	})
	return nil, &challenge, err
}

// ConfirmLogIn opens the session that waits for a code, or for what a passkey signs in its place; a change of the password has ended what
// waited. A repeat after success is CodeExpired. It locks the account, then the challenge.
// Faults: InvalidInput, CodeRejected, CodeExpired, SecondFactorRequired.
func (s *Service) ConfirmLogIn(ctx context.Context, challengeID uuid.UUID, proof verification.Proof, trust bool) (Tokens, error) {
	var refusal *fault.Fault
	tokens, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (tokens Tokens, err error) {
		refusal = nil                                // of an attempt that Postgres undid
		account, err := lockAwaited(tx, challengeID) // before the challenge, as everywhere
		if err != nil {
			return Tokens{}, err
		}
		if refusal, err = s.verification.CheckProof(tx, challengeID, verification.LogIn, proof); err != nil || refusal != nil {
			return Tokens{}, err // a refusal is committed: it has spent an attempt
		}
		pending, err := takePendingLogIn(tx, challengeID)
		if err != nil {
			return Tokens{}, err
		}
		if s.mustHaveFactor(account) { // it may have become an operator's meanwhile
			if err := s.refuseSentCode(tx, challengeID); err != nil {
				return Tokens{}, err
			}
			trust = false
		}
		return s.openOn(tx, account, account, Device{Name: pending.DeviceName, Platform: pending.Platform}, trust)
	})
	if tokens, err = verification.Settle(tokens, refusal, err); err == nil {
		s.hub.Publish(tokens.Account.ID)
	}
	return tokens, err
}

// checkPassword does the same work for every login: two counts, a read, one hash, and on failure a line of the log.
func (s *Service) checkPassword(ctx context.Context, login, password string) (models.Account, error) {
	info := request.Of(ctx)
	perLogin := verification.Limit{
		Name: "log-in", Subject: accounts.LoginSubject(login, info.Locale) + " " + info.IP, Most: failuresPerLogin, Window: failureWindow,
	}
	perAddress := verification.Limit{Name: "log-in from", Subject: info.IP, Most: failuresPerAddress, Window: failureWindow}
	if err := s.verification.Exhausted(ctx, perAddress); err != nil {
		return models.Account{}, err
	}
	account, err := s.accounts.FindByLogin(ctx, login, info.Locale)
	if err != nil && !errors.Is(err, accounts.ErrUnknown) {
		return models.Account{}, err
	}
	open := account.Status != "" && account.Status != models.AccountClosed
	hash := account.PasswordHash
	if hash == "" {
		hash = s.strangerHash
	}
	right, err := s.verification.Guess(ctx, func() (bool, error) {
		match, err := accounts.MatchesPassword(ctx, password, hash)
		return match && open, err
	}, perLogin)
	if err != nil {
		return models.Account{}, err
	}
	if right {
		return account, s.accounts.Renew(ctx, account, password)
	}
	_, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		if err := s.verification.CountTx(tx, perAddress); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.SignInFailed}) // nobody's is not written
	})
	if err != nil {
		return models.Account{}, err
	}
	return models.Account{}, fault.New(fault.CredentialsRejected)
}

func (s *Service) openOnTrustedDevice(ctx context.Context, account models.Account, trustToken string) (*Tokens, error) {
	tokens, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Tokens, error) {
		locked, err := lockAccount(tx, account.ID)
		if err != nil {
			return Tokens{}, err
		}
		device, err := trustedDevice(tx, account.ID, s.trustMAC(trustToken))
		if err != nil {
			return Tokens{}, err
		}
		return s.open(tx, account, locked, device)
	})
	if err != nil {
		return nil, err
	}
	s.hub.Publish(account.ID)
	return &tokens, nil
}

func deviceName(d Device) string {
	if d.Name != "" {
		return d.Name
	}
	return d.Platform
}
