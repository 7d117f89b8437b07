package accounts

import (
	"time"

	"purser/internal/delivery"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/models"
)

// alertFor is how long it makes sense to tell a person what happened to the account.
const alertFor = 24 * time.Hour

// Alert tells a person, in the account's own language, what was done to the account: by SMS, and by letter when the address is
// confirmed. It is queued in the transaction of what was done. link is what the message carries, or empty.
func (s *Service) Alert(tx *postgres.Tx, account models.Account, template, link string, values map[string]any) error {
	letter := delivery.Letter{
		Locale: locale.Locale(account.Locale), Template: template, Link: link, Values: values, ExpiresAt: tx.Now.Add(alertFor),
	}
	if account.Phone != nil {
		letter.Channel, letter.To = delivery.SMS, *account.Phone
		if _, err := s.delivery.Enqueue(tx, letter); err != nil {
			return err
		}
	}
	if account.Email == nil || account.EmailVerifiedAt == nil {
		return nil
	}
	letter.Channel, letter.To = delivery.Email, *account.Email
	_, err := s.delivery.Enqueue(tx, letter)
	return err
}
