package recovery

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

// Lost is a recovery of an account whose phone was lost, as the holder of the letter's link sees it.
type Lost struct {
	Question  string
	Factors   verification.Held // of which one is asked for, too
	ReadyAt   *time.Time        // from when on a new phone can be set; nil before the question was answered
	ExpiresAt time.Time
}

// StartLost sends a letter with a link to the account's confirmed address. An unknown login, and an account without such an address, get
// the same answer after the same work, and no letter. The time is when the link ends.
// Faults: RateLimited, per login and address.
func (s *Service) StartLost(ctx context.Context, login string) (time.Time, error) {
	account, err := s.known(ctx, login)
	if err != nil {
		return time.Time{}, err
	}
	if account != nil && (account.EmailVerifiedAt == nil || account.Email == nil) {
		account = nil
	}
	token := secret.NewToken()
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (time.Time, error) {
		row := models.Recovery{
			ID: uuid.New(), TokenMAC: s.mac(token), Kind: models.RecoveryLostPhone, AnswersLeft: Answers,
			CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(s.config.LinkTTL),
		}
		letter := delivery.Letter{
			Channel: delivery.Email, Locale: speak(ctx, account), Template: "lost_phone", ExpiresAt: row.ExpiresAt, Nowhere: account == nil,
			Link:   s.config.PublicURL + "/recover#token=" + token,
			Values: map[string]any{"Hours": int(s.config.LinkTTL.Hours()), "Wait": int(s.config.Delay.Hours()), "Name": ""},
		}
		if account != nil {
			row.AccountID = &account.ID
			letter.To, letter.Values["Name"] = *account.Email, account.FirstName
		}
		if err := insertRecovery(tx, row); err != nil {
			return time.Time{}, err
		}
		_, err := s.delivery.Enqueue(tx, letter)
		return row.ExpiresAt, err
	})
}

// FindLost tells how far the recovery of a lost phone is. It changes nothing: mail scanners follow links.
// Faults: CodeExpired at token.
func (s *Service) FindLost(ctx context.Context, token string) (Lost, error) {
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Lost, error) {
		f, err := s.find(tx, models.RecoveryLostPhone, token)
		if err != nil {
			return Lost{}, err
		}
		return s.lost(tx, f)
	})
}

func (s *Service) lost(tx *postgres.Tx, f found) (Lost, error) {
	held, err := s.factors.Held(tx, f.account.ID)
	return Lost{Question: f.account.SecurityQuestion, Factors: held, ReadyAt: f.ReadyAt, ExpiresAt: f.ExpiresAt}, err
}

// AnswerLost takes the answer to the security question, and a factor of an account that has one. Then the person, on every channel, is
// told, with a link that takes it all back, and has a while to object. Of several of an account's answering one ends the others.
// Faults: CodeExpired at token, StepOutOfOrder when it was answered, CodeRejected at securityAnswer, totpCode or assertion,
// InvalidInput, RateLimited, Overloaded.
func (s *Service) AnswerLost(ctx context.Context, token string, p Proof) (Lost, error) {
	open := func(tx *postgres.Tx) (found, error) {
		f, err := s.find(tx, models.RecoveryLostPhone, token)
		if err == nil && f.ReadyAt != nil {
			err = fault.New(fault.StepOutOfOrder).Because(answered)
		}
		return f, err
	}
	spent, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (found, error) {
		f, err := open(tx)
		if err != nil {
			return f, err
		}
		return f, s.spendAnswer(tx, &f, p)
	})
	if err != nil {
		return Lost{}, err
	}
	if err := checkAnswer(ctx, spent, p.Answer); err != nil {
		return Lost{}, err
	}
	var refusal *fault.Fault
	lost, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Lost, error) {
		refusal = nil // of an attempt that Postgres undid
		f, err := open(tx)
		if err != nil {
			return Lost{}, err
		}
		if refusal, err = s.checkFactor(tx, f, p); err != nil || refusal != nil {
			return Lost{}, err // a refusal is committed: it has spent a try
		}
		if err := s.wait(tx, &f); err != nil {
			return Lost{}, err
		}
		return s.lost(tx, f)
	})
	return verification.Settle(lost, refusal, err)
}

// wait begins the time in which the person can object.
func (s *Service) wait(tx *postgres.Tx, f *found) error {
	if err := endRecoveries(tx, f.account.ID); err != nil {
		return err
	}
	cancel, ready := secret.NewToken(), tx.Now.Add(s.config.Delay)
	f.CancelMAC, f.ReadyAt, f.ExpiresAt, f.EndedAt = s.cancelMAC(cancel), &ready, ready.Add(completeWithin), nil
	if err := saveRecovery(tx, f.Recovery); err != nil {
		return err
	}
	if err := journal.Record(tx, journal.Entry{Account: f.account.ID, Kind: journal.RecoveryStarted}); err != nil {
		return err
	}
	return s.accounts.Alert(tx, f.account, "alert_lost_phone", s.config.PublicURL+"/cancel-recovery#token="+cancel,
		map[string]any{"Hours": int(s.config.Delay.Hours())})
}

// Cancel takes a recovery of a lost phone back, with the token of the link that everyone concerned was sent.
// Faults: CodeExpired at token, for one that has ended, was completed, or never was.
func (s *Service) Cancel(ctx context.Context, token string) error {
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (bool, error) {
		f, err := s.lock(tx, "cancel_mac = ?", s.cancelMAC(token))
		if err != nil {
			return false, err
		}
		if f.EndedAt != nil || !tx.Now.Before(f.ExpiresAt) {
			return false, fault.New(fault.CodeExpired, "token")
		}
		f.EndedAt = &tx.Now
		if err := saveRecovery(tx, f.Recovery); err != nil {
			return false, err
		}
		if err := journal.Record(tx, journal.Entry{Account: f.account.ID, Kind: journal.RecoveryCancelled}); err != nil {
			return false, err
		}
		return true, s.accounts.Alert(tx, f.account, "alert_recovery_cancelled", "", nil)
	})
	return err
}

// SetNewPhone sends a code to the phone that is to take the lost one's place. A repeat, with another phone or the same, voids the code
// before. Whether the phone has an account is not told until its code was right.
// Faults: CodeExpired at token, StepOutOfOrder before the time, InvalidPhone, RateLimited.
func (s *Service) SetNewPhone(ctx context.Context, token, phone string) (models.Challenge, error) {
	e164, err := accounts.Phone(phone, request.Of(ctx).Locale, "phone")
	if err != nil {
		return models.Challenge{}, err
	}
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Challenge, error) {
		f, err := s.findReady(tx, token)
		if err != nil {
			return models.Challenge{}, err
		}
		if f.ChallengeID != nil {
			if err := s.verification.Void(tx, *f.ChallengeID); err != nil {
				return models.Challenge{}, err
			}
		}
		challenge, err := s.verification.Begin(tx, verification.Request{
			Purpose: verification.ReplacedPhone, Phone: e164, Locale: accounts.Speak(ctx, f.account), Template: "new_phone_code",
		})
		if err != nil {
			return models.Challenge{}, err
		}
		f.NewPhone, f.ChallengeID = e164, &challenge.ID
		return challenge, saveRecovery(tx, f.Recovery)
	})
}

// CompleteLostRequest is the last step of the recovery of a lost phone.
type CompleteLostRequest struct {
	Token, Code                       string
	NewPassword, PasswordConfirmation string
}

// CompleteLost sets the new phone and the new password, and does what Complete does.
// Faults: CodeExpired, StepOutOfOrder before the time or before SetNewPhone, InvalidInput, CodeRejected, PhoneTaken, PasswordMismatch,
// PasswordTooWeak, Overloaded.
func (s *Service) CompleteLost(ctx context.Context, r CompleteLostRequest) (wmid string, err error) {
	open := func(tx *postgres.Tx) (found, error) {
		f, err := s.findReady(tx, r.Token)
		if err == nil && f.ChallengeID == nil {
			err = fault.New(fault.StepOutOfOrder).Because("recovery_phone")
		}
		return f, err
	}
	begun, err := postgres.InTx(ctx, s.db, open) // hashing is work: it is not done for strangers
	if err != nil {
		return "", err
	}
	if err := accounts.CheckNewPassword(begun.account, r.NewPassword, r.PasswordConfirmation); err != nil {
		return "", err
	}
	passwordHash, err := accounts.HashPassword(ctx, r.NewPassword)
	if err != nil {
		return "", err
	}
	var refusal *fault.Fault
	wmid, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (string, error) {
		refusal = nil // of an attempt that Postgres undid
		f, err := open(tx)
		if err != nil {
			return "", err
		}
		if refusal, err = s.verification.Check(tx, *f.ChallengeID, verification.ReplacedPhone, r.Code); err != nil || refusal != nil {
			return "", err // a refusal is committed: it has spent an attempt
		}
		return f.account.WMID, s.regain(tx, f.account, passwordHash, f.NewPhone)
	})
	if wmid, err = verification.Settle(wmid, refusal, err); err == nil {
		s.hub.Publish(begun.account.ID)
	}
	return wmid, err
}

// findReady is find for a recovery of a lost phone whose time to object is over. Faults: CodeExpired at token, StepOutOfOrder.
func (s *Service) findReady(tx *postgres.Tx, token string) (found, error) {
	f, err := s.find(tx, models.RecoveryLostPhone, token)
	switch {
	case err != nil:
		return f, err
	case f.ReadyAt == nil:
		return f, fault.New(fault.StepOutOfOrder).Because(answerFirst)
	case tx.Now.Before(*f.ReadyAt):
		hours := int((f.ReadyAt.Sub(tx.Now) + time.Hour - 1) / time.Hour)
		return f, fault.New(fault.StepOutOfOrder).Because(notReadyYet).With("Count", hours)
	}
	return f, nil
}
