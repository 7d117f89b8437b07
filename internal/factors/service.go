// Package factors owns what a person has besides the password: an authenticator app, or passkeys (whose keys package passkeys keeps),
// which take the place of codes by SMS, and backup codes for the day they are lost. It judges codes and signatures; it does not know what
// they confirm. Whoever has any of them has a row in totp_factors, which counts wrong codes and which each change of them locks first.
package factors

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/passkeys"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

const (
	// Tries is how many wrong codes lock an account's factors for lockFor, whatever the codes were for (OWASP ASVS 5.0, 6.6.3).
	Tries   = 5
	lockFor = 15 * time.Minute
	// wrongInARow is how many wrong codes without a right one lock them for longLock (NIST SP 800-63B, 5.2.2).
	wrongInARow = 100
	longLock    = 24 * time.Hour
	// enrolFor is how long a new secret waits for its first code.
	enrolFor = time.Hour

	passwordsWrong = 10 // wrong current passwords in passwordWindow
	passwordWindow = 15 * time.Minute
)

// Reasons of StepOutOfOrder.
const (
	appIsOn  = "totp_on"
	appIsOff = "totp_off"
	noFactor = "no_factor"
)

// Config says whether operators need an app or a passkey, to sign in and ever after. Production does.
type Config struct{ OperatorsNeedOne bool }

// Service is the room.
type Service struct {
	db           *postgres.DB
	box          *secret.Box
	accounts     *accounts.Service
	verification *verification.Service
	passkeys     *passkeys.Service
	hub          *events.Hub
	config       Config
}

// New makes the room, and tells the room of codes to ask it for those that no message carries.
func New(db *postgres.DB, box *secret.Box, a *accounts.Service, v *verification.Service, k *passkeys.Service, hub *events.Hub, c Config) *Service {
	s := &Service{db: db, box: box, accounts: a, verification: v, passkeys: k, hub: hub, config: c}
	v.AskFactors(s)
	return s
}

// Status is what an account has besides its password.
type Status struct {
	TOTP            bool
	BackupCodesLeft int
}

// Status reads what an account has, with one query.
func (s *Service) Status(ctx context.Context, account uuid.UUID) (Status, error) {
	return readStatus(ctx, s.db, account)
}

// EnableTOTP makes a secret for an authenticator app, with the password and, of who has passkeys, a proof. It counts only when ConfirmTOTP has shown that the app has it; a repeat before
// that makes another one, and the earlier is void.
// Faults: CredentialsRejected at currentPassword, InvalidInput, CodeRejected, CodeExpired, RateLimited, StepOutOfOrder when an app is on
// already, Overloaded.
func (s *Service) EnableTOTP(ctx context.Context, viewer models.Account, currentPassword string, p Proof) (Enrolment, error) {
	if err := s.checkPassword(ctx, viewer, currentPassword); err != nil {
		return Enrolment{}, err
	}
	enrolment, key, err := newEnrolment(viewer.WMID)
	if err != nil {
		return Enrolment{}, err
	}
	var refusal *fault.Fault
	_, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (started bool, err error) {
		refusal = nil // of an attempt that Postgres undid
		held, refused, err := s.proveToAdd(tx, viewer, p)
		switch {
		case err != nil:
			return false, err
		case held.App:
			return false, fault.New(fault.StepOutOfOrder).Because(appIsOn) // a proof is not used up
		case refused != nil:
			refusal = refused // committed: it has spent a try
			return false, nil
		}
		started, err = startFactor(tx, models.TOTPFactor{AccountID: viewer.ID, SealedSecret: s.seal(viewer.ID, key), CreatedAt: tx.Now})
		if err == nil && !started {
			err = fault.New(fault.StepOutOfOrder).Because(appIsOn)
		}
		return started, err
	})
	return verification.Settle(enrolment, refusal, err)
}

// ConfirmTOTP turns the app on with its first code, and returns the backup codes: this once, since only their hashes are kept.
// Faults: InvalidInput, CodeRejected, RateLimited, StepOutOfOrder when none was begun, within the hour, or one is on already.
func (s *Service) ConfirmTOTP(ctx context.Context, viewer models.Account, code string) ([]string, error) {
	return s.withFactor(ctx, viewer, func(tx *postgres.Tx, f *models.TOTPFactor) ([]string, *fault.Fault, error) {
		switch {
		case f == nil || !f.HasSecret() || (f.ConfirmedAt == nil && tx.Now.Sub(f.CreatedAt) > enrolFor):
			return nil, nil, fault.New(fault.StepOutOfOrder).Because(appIsOff)
		case f.ConfirmedAt != nil:
			return nil, nil, fault.New(fault.StepOutOfOrder).Because(appIsOn)
		}
		if refusal, err := s.try(tx, f, code, accepts{app: true}); refusal != nil || err != nil {
			return nil, refusal, err
		}
		if err := confirmFactor(tx, viewer.ID); err != nil {
			return nil, nil, err
		}
		codes, err := s.newBackupCodes(tx, viewer.ID)
		if err != nil {
			return nil, nil, err
		}
		return codes, nil, s.tell(tx, viewer, journal.TOTPEnabled, "alert_totp_on", nil)
	})
}

// DisableTOTP takes the app away, with a proof: a factor is removed only with a factor. The backup codes go with the last factor.
// Faults: InvalidInput, CodeRejected, CodeExpired, RateLimited, StepOutOfOrder when none is on, SecondFactorRequired for an operator's last.
func (s *Service) DisableTOTP(ctx context.Context, viewer models.Account, p Proof) error {
	_, err := s.withFactor(ctx, viewer, func(tx *postgres.Tx, f *models.TOTPFactor) ([]string, *fault.Fault, error) {
		if f == nil || f.ConfirmedAt == nil {
			return nil, nil, fault.New(fault.StepOutOfOrder).Because(appIsOff)
		}
		held, refusal, err := s.proveAny(tx, viewer, f, p, ToDisableTOTP)
		if refusal != nil || err != nil {
			return nil, refusal, err
		}
		held.App = false
		if err := s.mayHave(tx, viewer.ID, held); err != nil {
			return nil, nil, err
		}
		if held.Any() {
			err = forgetSecret(tx, viewer.ID)
		} else {
			err = deleteFactor(tx, viewer.ID)
		}
		if err != nil {
			return nil, nil, err
		}
		return nil, nil, s.tell(tx, viewer, journal.TOTPDisabled, "alert_totp_off", nil)
	})
	return err
}

// RenewBackupCodes makes new backup codes, with a proof; all earlier ones are void.
// Faults: InvalidInput, CodeRejected, CodeExpired, RateLimited, StepOutOfOrder when there is neither an app nor a passkey.
func (s *Service) RenewBackupCodes(ctx context.Context, viewer models.Account, p Proof) ([]string, error) {
	return s.withFactor(ctx, viewer, func(tx *postgres.Tx, f *models.TOTPFactor) ([]string, *fault.Fault, error) {
		if _, refusal, err := s.proveAny(tx, viewer, f, p, ToRenewBackupCodes); refusal != nil || err != nil {
			return nil, refusal, err
		}
		codes, err := s.newBackupCodes(tx, viewer.ID)
		if err != nil {
			return nil, nil, err
		}
		return codes, nil, s.tell(tx, viewer, journal.BackupCodesRenewed, "alert_backup_codes", nil)
	})
}

// TryCode uses up a code of an account's app, or a backup code, in the caller's transaction. It locks the factor's row, so that a code
// works once, also when many servers try it together. A refusal is to be committed: it has spent a try.
// Refusals: InvalidInput, CodeRejected with the tries left, RateLimited, CodeExpired when the account has no factor any more.
func (s *Service) TryCode(tx *postgres.Tx, account uuid.UUID, code string) (refusal *fault.Fault, err error) {
	f, err := lockFactor(tx, account)
	if err != nil {
		return nil, err
	}
	held, err := s.Held(tx, account)
	if err != nil {
		return nil, err
	}
	if f == nil || !held.Any() {
		return fault.New(fault.CodeExpired, "code"), nil
	}
	return s.try(tx, f, code, accepts{app: held.App, backup: true})
}

// withFactor does something to an account's factor, which is locked; it is nil when there is none. A refusal is committed.
func (s *Service) withFactor(ctx context.Context, viewer models.Account,
	work func(*postgres.Tx, *models.TOTPFactor) ([]string, *fault.Fault, error),
) ([]string, error) {
	var refusal *fault.Fault
	codes, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (codes []string, err error) {
		refusal = nil // of an attempt that Postgres undid
		f, err := lockFactor(tx, viewer.ID)
		if err != nil {
			return nil, err
		}
		codes, refusal, err = work(tx, f)
		return codes, err
	})
	if codes, err = verification.Settle(codes, refusal, err); err == nil {
		s.hub.Publish(viewer.ID)
	}
	return codes, err
}

// tell writes a change into the account's log, and lets its devices and its person know.
func (s *Service) tell(tx *postgres.Tx, viewer models.Account, kind journal.Kind, template string, values map[string]any) error {
	if err := journal.Record(tx, journal.Entry{Account: viewer.ID, Kind: kind}); err != nil {
		return err
	}
	if err := s.accounts.Alert(tx, viewer, template, "", values); err != nil {
		return err
	}
	return events.AppendTx(tx, events.Changed(viewer.ID))
}

// checkPassword compares the current password, a bounded number of times.
func (s *Service) checkPassword(ctx context.Context, viewer models.Account, password string) error {
	limit := verification.Limit{Name: "current passwords", Subject: viewer.ID.String(), Most: passwordsWrong, Window: passwordWindow}
	right, err := s.verification.Guess(ctx, func() (bool, error) {
		return accounts.MatchesPassword(ctx, password, viewer.PasswordHash)
	}, limit)
	if err != nil || right {
		return err
	}
	return fault.New(fault.CredentialsRejected, "currentPassword").Because("password")
}
