package accounts

import (
	"time"

	"purser/internal/delivery"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/models"
)

// noticeTTL is how long a gateway that is away may keep a notice from its reader.
const noticeTTL = 3 * 24 * time.Hour

// Tell queues a letter to the owner of an account about something that was done to it, at the address as the account given has it, in the
// account's own language; who did it may be a stranger. An address that is not confirmed is told nothing. The template gets Name, WMID,
// Time and Network beside the values.
func (s *Service) Tell(tx *postgres.Tx, account models.Account, template string, values map[string]any) error {
	if account.Email == nil || account.EmailVerifiedAt == nil {
		return nil
	}
	return s.tell(tx, account, delivery.Email, *account.Email, template, "", values)
}

// TellPhone is Tell by SMS, for what letters alone should not tell.
func (s *Service) TellPhone(tx *postgres.Tx, account models.Account, template string, values map[string]any) error {
	if account.Phone == nil {
		return nil
	}
	return s.tell(tx, account, delivery.SMS, *account.Phone, template, "", values)
}

// Alert is Tell on all channels: by SMS, and by letter when the address is confirmed. link is what the message carries, or empty.
func (s *Service) Alert(tx *postgres.Tx, account models.Account, template, link string, values map[string]any) error {
	if account.Phone != nil {
		if err := s.tell(tx, account, delivery.SMS, *account.Phone, template, link, values); err != nil {
			return err
		}
	}
	if account.Email == nil || account.EmailVerifiedAt == nil {
		return nil
	}
	return s.tell(tx, account, delivery.Email, *account.Email, template, link, values)
}

func (s *Service) tell(tx *postgres.Tx, account models.Account, channel, to, template, link string, values map[string]any) error {
	all := map[string]any{
		"Name": account.FirstName, "WMID": account.WMID, "Time": tx.Now.Format("2006-01-02 15:04 UTC"),
		"Network": journal.Network(request.Of(tx.Context()).IP),
	}
	for name, value := range values {
		all[name] = value
	}
	_, err := s.delivery.Enqueue(tx, delivery.Letter{
		Channel: channel, To: to, Locale: locale.Locale(account.Locale), Template: template, Link: link, Values: all, ExpiresAt: tx.Now.Add(noticeTTL),
	})
	return err
}
