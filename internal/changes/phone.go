package changes

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/verification"
	"purser/models"
)

// phonesPerDay bounds how many numbers one account has codes sent to.
const phonesPerDay = 10

// BeginPhone sends a code to the phone as it is and one to the new number; a change that was begun before is dropped. Whether the new
// number has an account is said by ConfirmPhone, to someone who has it in hand.
// Faults: InvalidPhone at newPhone, CredentialsRejected, RateLimited, Overloaded.
func (s *Service) BeginPhone(ctx context.Context, who Who, typed, password string) (old, fresh models.Challenge, err error) {
	phone, err := accounts.Phone(typed, request.Of(ctx).Locale, "newPhone")
	if err != nil {
		return old, fresh, err
	}
	proved, err := s.prove(ctx, who, password)
	if err != nil {
		return old, fresh, err
	}
	if phone == *proved.Phone {
		return old, fresh, fault.New(fault.InvalidPhone, "newPhone")
	}
	both, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (both [2]models.Challenge, err error) {
		account, err := begin(tx, proved)
		if err != nil {
			return both, err
		}
		limit := verification.Limit{Name: "changes of phone", Subject: who.Account.String(), Most: phonesPerDay, Window: 24 * time.Hour}
		if err := s.verification.Take(tx, limit); err != nil {
			return both, err
		}
		before, begun, err := findPhoneChange(tx, who.Account)
		if err != nil {
			return both, err
		}
		if begun {
			if err := s.verification.Void(tx, before.OldChallengeID, before.NewChallengeID); err != nil {
				return both, err
			}
		}
		for i, to := range []struct {
			purpose  verification.Purpose
			phone    string
			template string
		}{{verification.OldPhone, *account.Phone, "old_phone_code"}, {verification.NewPhone, phone, "new_phone_code"}} {
			both[i], err = s.verification.Begin(tx, verification.Request{
				Purpose: to.purpose, Phone: to.phone, Locale: accounts.Speak(ctx, account), Template: to.template,
				Values: map[string]string{"NewPhone": delivery.Masked(phone)},
			})
			if err != nil {
				return both, err
			}
		}
		return both, replacePhoneChange(tx, models.PhoneChange{
			AccountID: who.Account, NewPhone: phone, OldChallengeID: both[0].ID, NewChallengeID: both[1].ID, CreatedAt: tx.Now,
		})
	})
	return both[0], both[1], err
}

// ConfirmPhone changes the phone with both codes; a right one is not used up while the other is wrong. All other sessions end, and the old
// number is told. Faults: InvalidInput, CodeRejected and CodeExpired at oldPhoneCode or newPhoneCode, PhoneTaken.
func (s *Service) ConfirmPhone(ctx context.Context, who Who, oldCode, newCode string) (models.Account, error) {
	var refusal *fault.Fault
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		refusal = nil // of an attempt that Postgres undid
		if c.account, err = lockAccount(tx, who.Account); err != nil {
			return change{}, err
		}
		asked, begun, err := findPhoneChange(tx, who.Account)
		if err != nil {
			return change{}, err
		}
		if !begun {
			return change{}, fault.New(fault.CodeExpired, "newPhoneCode")
		}
		which, refused, err := s.verification.CheckBoth(tx, [2]uuid.UUID{asked.OldChallengeID, asked.NewChallengeID},
			[2]verification.Purpose{verification.OldPhone, verification.NewPhone}, [2]string{oldCode, newCode})
		if err != nil {
			return change{}, err
		}
		if refused != nil { // committed: it has spent an attempt
			refused.Field = [][]string{{"oldPhoneCode"}, {"newPhoneCode"}}[which]
			refusal = refused
			return change{}, nil
		}
		if err := dropPhoneChange(tx, who.Account); err != nil {
			return change{}, err
		}
		taken, err := phoneIsTaken(tx, s.accounts.PhoneMAC(asked.NewPhone))
		if err != nil {
			return change{}, err
		}
		if taken {
			refusal = fault.New(fault.PhoneTaken)
			return change{}, nil
		}
		return s.takePhone(tx, who, c.account, asked.NewPhone)
	})
	if c, err = verification.Settle(c, refusal, err); err != nil {
		return models.Account{}, err
	}
	return s.done(who, c, nil)
}

func (s *Service) takePhone(tx *postgres.Tx, who Who, before models.Account, phone string) (c change, err error) {
	c.account = before
	s.accounts.TakePhone(&c.account, phone)
	if err := save(tx, c.account, "phone_sealed", "phone_mac"); err != nil {
		return change{}, err
	}
	if c.ended, err = s.sessions.EndOthers(tx, who.Account, who.Session); err != nil {
		return change{}, err
	}
	if err := accounts.EndRecoveries(tx, who.Account); err != nil {
		return change{}, err
	}
	if err := s.accounts.TellPhone(tx, before, "phone_changed_sms", nil); err != nil {
		return change{}, err
	}
	if err := s.accounts.Tell(tx, before, "phone_changed", nil); err != nil {
		return change{}, err
	}
	return c, s.record(tx, who, journal.PhoneChanged)
}

// Email sends the link that makes an address the account's, and tells the old one. All other sessions end already now.
// Faults: InvalidInput at newEmail, CredentialsRejected, RateLimited, Overloaded.
func (s *Service) Email(ctx context.Context, who Who, typed, password string) (models.Account, error) {
	address, err := accounts.Email(typed, "newEmail")
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
		if c.ended, err = s.sessions.EndOthers(tx, who.Account, who.Session); err != nil {
			return change{}, err
		}
		if err := s.accounts.SendNewEmailLink(tx, c.account, address); err != nil {
			return change{}, err
		}
		return c, s.accounts.Tell(tx, c.account, "email_change", map[string]any{"Email": delivery.Masked(address)})
	})
	return s.done(who, c, err)
}

// Locale sets the language of messages. A repeat does nothing.
func (s *Service) Locale(ctx context.Context, who Who, l locale.Locale) (models.Account, error) {
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		if c.account, err = lockAccount(tx, who.Account); err != nil || c.account.Locale == string(l) {
			return c, err
		}
		c.account.Locale = string(l)
		if err := save(tx, c.account, "locale"); err != nil {
			return change{}, err
		}
		return c, s.record(tx, who, journal.ProfileChanged)
	})
	return s.done(who, c, err)
}
