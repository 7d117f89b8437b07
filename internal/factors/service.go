// Package factors owns what a person has besides the password: an authenticator app, whose codes take the place of codes by SMS, and
// backup codes for the day it is lost. It judges codes; it does not know what they confirm.
package factors

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
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
)

// Service is the room.
type Service struct {
	db           *postgres.DB
	box          *secret.Box
	accounts     *accounts.Service
	verification *verification.Service
	hub          *events.Hub
}

// New makes the room, and tells the room of codes to ask it for those of apps.
func New(db *postgres.DB, box *secret.Box, a *accounts.Service, v *verification.Service, hub *events.Hub) *Service {
	s := &Service{db: db, box: box, accounts: a, verification: v, hub: hub}
	v.AskApps(s)
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

// EnableTOTP makes a secret for an authenticator app. It counts only when ConfirmTOTP has shown that the app has it; a repeat before
// that makes another one, and the earlier is void.
// Faults: CredentialsRejected at currentPassword, RateLimited, StepOutOfOrder when an app is on already, Overloaded.
func (s *Service) EnableTOTP(ctx context.Context, viewer models.Account, currentPassword string) (Enrolment, error) {
	if err := s.checkPassword(ctx, viewer, currentPassword); err != nil {
		return Enrolment{}, err
	}
	enrolment, key, err := newEnrolment(viewer.WMID)
	if err != nil {
		return Enrolment{}, err
	}
	_, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (bool, error) {
		started, err := startFactor(tx, models.TOTPFactor{AccountID: viewer.ID, SealedSecret: s.seal(viewer.ID, key), CreatedAt: tx.Now})
		if err == nil && !started {
			err = fault.New(fault.StepOutOfOrder).Because(appIsOn)
		}
		return started, err
	})
	if err != nil {
		return Enrolment{}, err
	}
	return enrolment, nil
}

// ConfirmTOTP turns the app on with its first code, and returns the backup codes: this once, since only their hashes are kept.
// Faults: InvalidInput, CodeRejected, RateLimited, StepOutOfOrder when none was begun, within the hour, or one is on already.
func (s *Service) ConfirmTOTP(ctx context.Context, viewer models.Account, code string) ([]string, error) {
	return s.withFactor(ctx, viewer, func(tx *postgres.Tx, f *models.TOTPFactor) ([]string, *fault.Fault, error) {
		switch {
		case f == nil || (f.ConfirmedAt == nil && tx.Now.Sub(f.CreatedAt) > enrolFor):
			return nil, nil, fault.New(fault.StepOutOfOrder).Because(appIsOff)
		case f.ConfirmedAt != nil:
			return nil, nil, fault.New(fault.StepOutOfOrder).Because(appIsOn)
		}
		if refusal, err := s.try(tx, f, code); refusal != nil || err != nil {
			return nil, refusal, err
		}
		if err := confirmFactor(tx, viewer.ID); err != nil {
			return nil, nil, err
		}
		codes, err := s.newBackupCodes(tx, viewer.ID)
		if err != nil {
			return nil, nil, err
		}
		return codes, nil, s.tell(tx, viewer, journal.TOTPEnabled, "alert_totp_on")
	})
}

// DisableTOTP takes the app and the backup codes away, with a code of either: a factor is removed only with a factor.
// Faults: InvalidInput, CodeRejected, RateLimited, StepOutOfOrder when none is on.
func (s *Service) DisableTOTP(ctx context.Context, viewer models.Account, code string) error {
	_, err := s.withFactor(ctx, viewer, func(tx *postgres.Tx, f *models.TOTPFactor) ([]string, *fault.Fault, error) {
		if refusal, err := s.tryConfirmed(tx, f, code); refusal != nil || err != nil {
			return nil, refusal, err
		}
		if err := deleteFactor(tx, viewer.ID); err != nil {
			return nil, nil, err
		}
		return nil, nil, s.tell(tx, viewer, journal.TOTPDisabled, "alert_totp_off")
	})
	return err
}

// RenewBackupCodes makes new backup codes, with a code of the app or a backup code; all earlier ones are void.
// Faults: InvalidInput, CodeRejected, RateLimited, StepOutOfOrder when no app is on.
func (s *Service) RenewBackupCodes(ctx context.Context, viewer models.Account, code string) ([]string, error) {
	return s.withFactor(ctx, viewer, func(tx *postgres.Tx, f *models.TOTPFactor) ([]string, *fault.Fault, error) {
		if refusal, err := s.tryConfirmed(tx, f, code); refusal != nil || err != nil {
			return nil, refusal, err
		}
		codes, err := s.newBackupCodes(tx, viewer.ID)
		if err != nil {
			return nil, nil, err
		}
		return codes, nil, s.tell(tx, viewer, journal.BackupCodesRenewed, "alert_backup_codes")
	})
}

// HasApp tells whether an account's codes come from an app.
func (s *Service) HasApp(tx *postgres.Tx, account uuid.UUID) (bool, error) {
	return hasConfirmed(tx, account)
}

// TryCode uses up a code of an account's app, or a backup code, in the caller's transaction. It locks the factor's row, so that a code
// works once, also when many servers try it together. A refusal is to be committed: it has spent a try.
// Refusals: InvalidInput, CodeRejected with the tries left, RateLimited, CodeExpired when the account has no app any more.
func (s *Service) TryCode(tx *postgres.Tx, account uuid.UUID, code string) (refusal *fault.Fault, err error) {
	f, err := lockFactor(tx, account)
	if err != nil {
		return nil, err
	}
	if f == nil || f.ConfirmedAt == nil {
		return fault.New(fault.CodeExpired, "code"), nil
	}
	return s.try(tx, f, code)
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

func (s *Service) tryConfirmed(tx *postgres.Tx, f *models.TOTPFactor, code string) (*fault.Fault, error) {
	if f == nil || f.ConfirmedAt == nil {
		return nil, fault.New(fault.StepOutOfOrder).Because(appIsOff)
	}
	return s.try(tx, f, code)
}

// tell writes a change into the account's log, and lets its devices and its person know.
func (s *Service) tell(tx *postgres.Tx, viewer models.Account, kind journal.Kind, template string) error {
	if err := journal.Record(tx, journal.Entry{Account: viewer.ID, Kind: kind}); err != nil {
		return err
	}
	if err := s.accounts.Alert(tx, viewer, template, "", nil); err != nil {
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
