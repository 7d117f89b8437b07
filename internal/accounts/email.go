package accounts

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

const emailLinksPerDay = 10

// RequestEmailVerification sends the letter again and voids the earlier link. For an address that is confirmed already it
// does nothing. Faults: RateLimited, Unauthenticated for a closed account.
func (s *Service) RequestEmailVerification(ctx context.Context, id uuid.UUID) (models.Account, error) {
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Account, error) {
		account, err := lockAccount(tx, id)
		if err != nil || account.EmailVerifiedAt != nil {
			return account, err
		}
		if account.Email == nil { // it was closed a moment ago
			return models.Account{}, fault.New(fault.Unauthenticated)
		}
		limit := verification.Limit{Name: "e-mail links", Subject: id.String(), Most: emailLinksPerDay, Window: 24 * time.Hour}
		if err := s.verification.Take(tx, limit); err != nil {
			return models.Account{}, err
		}
		return account, s.sendEmailLink(tx, account)
	})
}

// VerifyEmail uses up a link's token and confirms the address it was sent to, or changes the account's address to it. Faults: CodeExpired,
// for a token that was used, replaced, ran out, or never was; EmailTaken for a new address that another account has.
func (s *Service) VerifyEmail(ctx context.Context, token string) (models.Account, error) {
	account, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Account, error) {
		mac := s.emailMAC(token)
		owner, err := emailLinkOwner(tx, mac)
		if err != nil {
			return models.Account{}, err
		}
		account, err := lockAccount(tx, owner) // before the link, as RequestEmailVerification locks them
		if err != nil {
			return models.Account{}, err
		}
		link, err := useEmailLink(tx, mac)
		if err != nil {
			return models.Account{}, err
		}
		if link.NewEmail != nil {
			return s.takeNewEmail(tx, account, link)
		}
		if !bytes.Equal(account.EmailMAC, link.EmailMAC) {
			return models.Account{}, fault.New(fault.CodeExpired, "token") // the address was changed since
		}
		if account.EmailVerifiedAt == nil {
			account.EmailVerifiedAt = &tx.Now
			if err := confirmEmail(tx, account.ID); err != nil {
				return models.Account{}, err
			}
			if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.EmailVerified}); err != nil {
				return models.Account{}, err
			}
		}
		return account, events.AppendTx(tx, events.Changed(account.ID))
	})
	if err == nil {
		s.hub.Publish(account.ID)
	}
	return account, err
}

// takeNewEmail gives an account the address that its link has proved, and tells the old one.
func (s *Service) takeNewEmail(tx *postgres.Tx, account models.Account, link models.EmailVerification) (models.Account, error) {
	if account.Status == models.AccountClosed {
		return models.Account{}, fault.New(fault.CodeExpired, "token")
	}
	before := account
	account.Email, account.EmailMAC, account.EmailVerifiedAt = link.NewEmail, link.EmailMAC, &tx.Now
	if err := changeEmail(tx, account); err != nil {
		return models.Account{}, err
	}
	if err := EndRecoveries(tx, account.ID); err != nil {
		return models.Account{}, err
	}
	if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.EmailChanged}); err != nil {
		return models.Account{}, err
	}
	if err := s.Tell(tx, before, "email_changed", map[string]any{"Email": delivery.Masked(*account.Email)}); err != nil {
		return models.Account{}, err
	}
	if err := s.TellPhone(tx, before, "email_changed_sms", nil); err != nil {
		return models.Account{}, err
	}
	return account, events.AppendTx(tx, events.Changed(account.ID))
}

// SendNewEmailLink sends the link that makes an address the account's, in a transaction that holds the account's row; earlier links are
// void. Until it is used the address stays as it is. Faults: RateLimited.
func (s *Service) SendNewEmailLink(tx *postgres.Tx, account models.Account, address string) error {
	limit := verification.Limit{Name: "e-mail links", Subject: account.ID.String(), Most: emailLinksPerDay, Window: 24 * time.Hour}
	if err := s.verification.Take(tx, limit); err != nil {
		return err
	}
	account.Email, account.EmailMAC = &address, s.mailMAC(address)
	return s.sendLink(tx, account, &address)
}

// sendEmailLink sends the link that confirms the account's own address.
func (s *Service) sendEmailLink(tx *postgres.Tx, account models.Account) error {
	return s.sendLink(tx, account, nil)
}

// sendLink queues the letter. The token stands behind the # of the link: browsers do not send that part, so it
// reaches no server's log, and opening the link uses nothing up.
func (s *Service) sendLink(tx *postgres.Tx, account models.Account, newEmail *string) error {
	token := secret.NewToken()
	err := replaceEmailLinks(tx, models.EmailVerification{
		TokenMAC: s.emailMAC(token), AccountID: account.ID, EmailMAC: account.EmailMAC, NewEmail: newEmail,
		CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(s.config.EmailLinkTTL),
	})
	if err != nil {
		return err
	}
	_, err = s.delivery.Enqueue(tx, delivery.Letter{
		Channel: delivery.Email, To: *account.Email, ExpiresAt: tx.Now.Add(s.config.EmailLinkTTL), Locale: locale.Locale(account.Locale), Template: "verify_email",
		Link: s.config.PublicURL + "/verify-email#token=" + token,
		Values: map[string]any{"Name": account.FirstName, "Email": *account.Email, "WMID": account.WMID,
			"Hours": int(s.config.EmailLinkTTL.Hours())},
	})
	return err
}

func (s *Service) emailMAC(token string) []byte { return s.box.MAC(secret.Tokens, "e-mail", token) }
