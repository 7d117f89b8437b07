package recovery

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

// Begun is a recovery by phone as its owner sees it. Question is told once the code was right.
type Begun struct {
	Token     string
	Challenge *models.Challenge // while the code is awaited
	Question  string
	Factors   verification.Held // of which one is asked for, too
	ExpiresAt time.Time
}

// Start begins a recovery with a code to the account's phone. An unknown login, a closed account and a phone that has had its codes get
// the same answer after the same work, and a code that never comes.
// Faults: RateLimited, per login and address.
func (s *Service) Start(ctx context.Context, login string) (Begun, error) {
	account, err := s.known(ctx, login)
	if err != nil {
		return Begun{}, err
	}
	target := s.verification.Nowhere(secret.NewToken())
	if account != nil {
		target = *account.Phone
	}
	begun, err := s.start(ctx, account, target)
	if fault.Is(err, fault.RateLimited) { // to say so would tell that several logins are one account's
		begun, err = s.start(ctx, nil, s.verification.Nowhere(secret.NewToken()))
	}
	return begun, err
}

func (s *Service) start(ctx context.Context, account *models.Account, target string) (Begun, error) {
	token := secret.NewToken()
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Begun, error) {
		challenge, err := s.verification.Begin(tx, verification.Request{
			Purpose: verification.Recovery, Phone: target, Locale: speak(ctx, account), Template: "recovery_code",
		})
		if err != nil {
			return Begun{}, err
		}
		row := models.Recovery{
			ID: uuid.New(), TokenMAC: s.mac(token), Kind: models.RecoveryByPhone, ChallengeID: &challenge.ID, AnswersLeft: Answers,
			CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(s.config.TTL),
		}
		if account != nil {
			row.AccountID = &account.ID
		}
		return Begun{Token: token, Challenge: &challenge, ExpiresAt: row.ExpiresAt}, insertRecovery(tx, row)
	})
}

// VerifyCode checks the code and tells the security question. A repeat after success tells it again.
// Faults: CodeExpired at token for a recovery that has ended or never was, InvalidInput, CodeRejected, CodeExpired.
func (s *Service) VerifyCode(ctx context.Context, token, code string) (Begun, error) {
	var refusal *fault.Fault
	begun, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Begun, error) {
		refusal = nil // of an attempt that Postgres undid
		row, err := s.find(tx, models.RecoveryByPhone, token)
		if err != nil {
			return Begun{}, err
		}
		if row.PhoneVerifiedAt == nil {
			if refusal, err = s.verification.Check(tx, *row.ChallengeID, verification.Recovery, code); err != nil || refusal != nil {
				return Begun{}, err // a refusal is committed: it has spent an attempt
			}
			if row.AccountID == nil {
				return Begun{}, fault.New(fault.CodeExpired, "token") // whoever guessed a code that went nowhere
			}
			row.PhoneVerifiedAt = &tx.Now
			if err := saveRecovery(tx, row.Recovery); err != nil {
				return Begun{}, err
			}
			if err := journal.Record(tx, journal.Entry{Account: *row.AccountID, Kind: journal.RecoveryStarted}); err != nil {
				return Begun{}, err
			}
			if err := s.accounts.Alert(tx, row.account, "alert_recovery_begun", "", nil); err != nil {
				return Begun{}, err
			}
		}
		held, err := s.factors.Held(tx, row.account.ID)
		return Begun{Token: token, Question: row.account.SecurityQuestion, Factors: held, ExpiresAt: row.ExpiresAt}, err
	})
	return verification.Settle(begun, refusal, err)
}

// CompleteRequest is the last step of a recovery by phone.
type CompleteRequest struct {
	Token                             string
	Proof                             Proof
	NewPassword, PasswordConfirmation string
}

// Complete sets the new password, ends all sessions and the trust in devices, and tells the person; it signs nobody in. Transfers to
// others that need a code wait for a while. It works once.
// Faults: CodeExpired at token, StepOutOfOrder before the code was right, CodeRejected at securityAnswer, totpCode or assertion, InvalidInput,
// PasswordMismatch, PasswordTooWeak, RateLimited, Overloaded.
func (s *Service) Complete(ctx context.Context, r CompleteRequest) (wmid string, err error) {
	spent, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (found, error) {
		f, err := s.findVerified(tx, r.Token)
		if err != nil {
			return f, err
		}
		if err := accounts.CheckNewPassword(f.account, r.NewPassword, r.PasswordConfirmation); err != nil {
			return f, err
		}
		return f, s.spendAnswer(tx, &f, r.Proof)
	})
	if err != nil {
		return "", err
	}
	if err := checkAnswer(ctx, spent, r.Proof.Answer); err != nil {
		return "", err
	}
	passwordHash, err := accounts.HashPassword(ctx, r.NewPassword)
	if err != nil {
		return "", err
	}

	var refusal *fault.Fault
	wmid, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (string, error) {
		refusal = nil // of an attempt that Postgres undid
		f, err := s.findVerified(tx, r.Token)
		if err != nil {
			return "", err
		}
		if refusal, err = s.checkFactor(tx, f, r.Proof); err != nil || refusal != nil {
			return "", err // a refusal is committed: it has spent a try
		}
		return f.account.WMID, s.regain(tx, f.account, passwordHash, "")
	})
	if wmid, err = verification.Settle(wmid, refusal, err); err == nil {
		s.hub.Publish(spent.account.ID)
	}
	return wmid, err
}

// findVerified is find for a recovery whose code was right. Faults: CodeExpired at token, StepOutOfOrder.
func (s *Service) findVerified(tx *postgres.Tx, token string) (found, error) {
	f, err := s.find(tx, models.RecoveryByPhone, token)
	if err == nil && (f.PhoneVerifiedAt == nil || f.AccountID == nil) {
		err = fault.New(fault.StepOutOfOrder).Because(codeFirst)
	}
	return f, err
}
