package changes

import (
	"context"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/models"
)

// Password is a change of password, as it was typed.
type Password struct{ Current, New, Confirmation string }

// Password changes the password. All other sessions end, no other device is trusted, and the owner is told.
// Faults: CredentialsRejected, PasswordMismatch, PasswordTooWeak, RateLimited, Overloaded.
func (s *Service) Password(ctx context.Context, who Who, p Password) (models.Account, error) {
	proved, err := s.prove(ctx, who, p.Current)
	if err != nil {
		return models.Account{}, err
	}
	err = accounts.CheckPassword(p.New, p.Confirmation, *proved.Phone, *proved.Email, proved.FirstName+proved.LastName, proved.WMID)
	if err != nil {
		return models.Account{}, fault.Elsewhere(err, map[string]string{"password": "newPassword", "passwordConfirmation": "newPasswordConfirmation"})
	}
	hash, err := accounts.HashPassword(ctx, p.New)
	if err != nil {
		return models.Account{}, err
	}
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		if c.account, err = begin(tx, proved); err != nil {
			return change{}, err
		}
		c.account.PasswordHash, c.account.PasswordChangedAt = hash, &tx.Now
		if err := save(tx, c.account, "password_hash", "password_changed_at"); err != nil {
			return change{}, err
		}
		if c.ended, err = s.sessions.EndOthers(tx, who.Account, who.Session); err != nil {
			return change{}, err
		}
		if err := accounts.EndRecoveries(tx, who.Account); err != nil {
			return change{}, err
		}
		if err := s.notify(tx, c.account, "password_changed"); err != nil {
			return change{}, err
		}
		return c, s.record(tx, who, journal.PasswordChanged)
	})
	return s.done(who, c, err)
}

// Question is a new security question, as it was typed.
type Question struct{ CurrentPassword, Question, Answer string }

// SecurityQuestion changes the security question and its answer, and tells the owner.
// Faults: CredentialsRejected, InvalidInput, RateLimited, Overloaded.
func (s *Service) SecurityQuestion(ctx context.Context, who Who, q Question) (models.Account, error) {
	question, answer, err := accounts.SecurityQuestion(q.Question, q.Answer)
	if err != nil {
		return models.Account{}, err
	}
	proved, err := s.prove(ctx, who, q.CurrentPassword)
	if err != nil {
		return models.Account{}, err
	}
	hash, err := accounts.HashPassword(ctx, answer)
	if err != nil {
		return models.Account{}, err
	}
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		if c.account, err = begin(tx, proved); err != nil {
			return change{}, err
		}
		c.account.SecurityQuestion, c.account.SecurityAnswerHash = question, hash
		if err := save(tx, c.account, "security_question_sealed", "security_answer_hash"); err != nil {
			return change{}, err
		}
		if c.ended, err = s.sessions.EndOthers(tx, who.Account, who.Session); err != nil {
			return change{}, err
		}
		if err := accounts.EndRecoveries(tx, who.Account); err != nil {
			return change{}, err
		}
		if err := s.notify(tx, c.account, "question_changed"); err != nil {
			return change{}, err
		}
		return c, s.record(tx, who, journal.SecurityQuestionChanged)
	})
	return s.done(who, c, err)
}

// Profile changes names and birth date, as long as nobody has certified them. All other sessions end.
// Faults: InvalidInput for each field, ProfileCertified, CredentialsRejected, RateLimited, Overloaded.
func (s *Service) Profile(ctx context.Context, who Who, password string, p accounts.Profile) (models.Account, error) {
	names, born, err := p.Person(s.db.Now())
	if err != nil {
		return models.Account{}, err
	}
	proved, err := s.prove(ctx, who, password)
	if err != nil {
		return models.Account{}, err
	}
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		if c.account, err = begin(tx, proved); err != nil {
			return change{}, err
		}
		if c.account.CertificateLevel != models.CertificateAlias {
			return change{}, fault.New(fault.ProfileCertified, "profile")
		}
		a := &c.account
		a.FirstName, a.MiddleName, a.LastName, a.BirthDate = names.FirstName, names.MiddleName, names.LastName, &born
		if err := save(tx, c.account, "first_name_sealed", "middle_name_sealed", "last_name_sealed", "birth_date_sealed"); err != nil {
			return change{}, err
		}
		if c.ended, err = s.sessions.EndOthers(tx, who.Account, who.Session); err != nil {
			return change{}, err
		}
		return c, s.record(tx, who, journal.ProfileChanged)
	})
	return s.done(who, c, err)
}
