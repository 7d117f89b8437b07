// Package accounts owns people: how they register, who they are and how they are found. It does not know sessions,
// wallets or money.
package accounts

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

// Config sets the times, and the address that links lead to.
type Config struct {
	RegistrationTTL time.Duration
	EmailLinkTTL    time.Duration
	PublicURL       string
}

// Service is the room.
type Service struct {
	db           *postgres.DB
	box          *secret.Box
	verification *verification.Service
	delivery     *delivery.Service
	hub          *events.Hub
	config       Config
}

// New makes the room.
func New(db *postgres.DB, box *secret.Box, v *verification.Service, d *delivery.Service, hub *events.Hub, c Config) *Service {
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return &Service{db: db, box: box, verification: v, delivery: d, hub: hub, config: c}
}

// NewAccount is what an account is made of. PasswordHash and SecurityAnswerHash are made by HashPassword.
type NewAccount struct {
	Role, CertificateLevel          string
	Locale                          locale.Locale
	Phone, Email                    string
	EmailVerified                   bool
	FirstName, MiddleName, LastName string
	BirthDate                       time.Time
	PasswordHash                    string
	SecurityQuestion                string
	SecurityAnswerHash              string
	Device                          Device // that accepts the agreements
}

// Create writes an account with a fresh WMID in the caller's transaction, and the acceptance of all current agreements.
// Faults: PhoneTaken, EmailTaken.
func (s *Service) Create(tx *postgres.Tx, n NewAccount) (models.Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return models.Account{}, err
	}
	account := models.Account{
		ID: id, WMID: number.NewWMID(), Role: n.Role, Status: models.AccountActive, CertificateLevel: n.CertificateLevel,
		Locale: string(n.Locale), Phone: &n.Phone, Email: &n.Email, PhoneMAC: s.phoneMAC(n.Phone), EmailMAC: s.mailMAC(n.Email),
		FirstName: n.FirstName, MiddleName: n.MiddleName, LastName: n.LastName, BirthDate: &n.BirthDate,
		PasswordHash: n.PasswordHash, SecurityQuestion: n.SecurityQuestion, SecurityAnswerHash: n.SecurityAnswerHash,
		CreatedAt: tx.Now, IncomingPolicy: models.FromEveryone,
	}
	if n.EmailVerified {
		account.EmailVerifiedAt = &tx.Now
	}
	if err := insertAccount(tx, account); err != nil {
		return models.Account{}, err
	}
	if err := acceptAllAgreements(tx, account.ID, n.Device); err != nil {
		return models.Account{}, err
	}
	return account, journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.AgreementsAccepted})
}

// Find reads an account by its id.
func (s *Service) Find(ctx context.Context, id uuid.UUID) (models.Account, error) {
	return accountBy(ctx, s.db, "id = ?", id)
}

// FindMany reads accounts by their ids, with one query.
func (s *Service) FindMany(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]models.Account, error) {
	return accountsByID(ctx, s.db, ids)
}

// FindByWMID reads an account. Faults: InvalidWMID at the field for a typing error, RecipientNotFound.
func (s *Service) FindByWMID(ctx context.Context, wmid string, field ...string) (models.Account, error) {
	wmid = strings.TrimSpace(wmid)
	if !number.ValidWMID(wmid) {
		return models.Account{}, fault.New(fault.InvalidWMID, field...)
	}
	return recipient(ctx, s.db, field, "wmid = ?", wmid)
}

// FindByPhone reads an account. Faults: InvalidPhone at the field, RecipientNotFound.
func (s *Service) FindByPhone(ctx context.Context, typed string, l locale.Locale, field ...string) (models.Account, error) {
	phone, err := Phone(typed, l, field...)
	if err != nil {
		return models.Account{}, err
	}
	return recipient(ctx, s.db, field, "phone_mac = ?", s.phoneMAC(phone))
}

// FindByLogin reads the account a person means by a WMID, a phone or an e-mail address; ErrUnknown when there is none, or a closed one.
func (s *Service) FindByLogin(ctx context.Context, typed string, l locale.Locale) (models.Account, error) {
	read := readLogin(typed, l)
	sought := []struct {
		column string
		value  any
	}{{"email_mac", s.db.Lookup(emailLookup, read.email)}, {"phone_mac", s.phoneMAC(read.phone)}, {"wmid", read.wmid}}
	found, result := models.Account{}, ErrUnknown
	for i, typed := range []string{read.email, read.phone, read.wmid} {
		try := sought[i]
		if typed == "" {
			continue
		}
		// All are tried, also when one is found: else the time would tell. The last one counts: a WMID before a phone.
		account, err := accountBy(ctx, s.db, try.column+" = ? AND role <> 'SYSTEM' AND status <> 'CLOSED'", try.value)
		switch {
		case err == nil:
			found, result = account, nil
		case !errors.Is(err, ErrUnknown):
			return models.Account{}, err
		}
	}
	return found, result
}

// Search reads the account that a WMID, a phone or an e-mail address names, and says which of them it was read as; nothing when it can be
// none. Closed accounts are found by their WMID. It is for operators: it takes as long as it takes. ErrUnknown when there is none.
func (s *Service) Search(ctx context.Context, typed string, l locale.Locale) (account models.Account, by string, err error) {
	read := readLogin(typed, l)
	for _, try := range []struct {
		by, read, column string
		value            any
	}{{"WMID", read.wmid, "wmid", read.wmid}, {"phone", read.phone, "phone_mac", s.phoneMAC(read.phone)}, {"e-mail", read.email, "email_mac", s.db.Lookup(emailLookup, read.email)}} {
		if try.read == "" {
			continue
		}
		by = try.by
		if account, err = accountBy(ctx, s.db, try.column+" = ? AND role <> 'SYSTEM'", try.value); !errors.Is(err, ErrUnknown) {
			return account, by, err
		}
	}
	return models.Account{}, by, err
}

// Kinds of personal data that is looked up, and the name of the system's own account.
const (
	phoneLookup = "phone"
	emailLookup = "email"
	SystemName  = "Purser"
)

func (s *Service) phoneMAC(phone string) []byte { return s.db.Lookup(phoneLookup, phone) }

func (s *Service) mailMAC(address string) []byte { return s.db.Lookup(emailLookup, EmailKey(address)) }

// TakePhone gives an account another phone, as it is to be saved: columns phone_sealed and phone_mac.
func (s *Service) TakePhone(account *models.Account, phone string) {
	account.Phone, account.PhoneMAC = &phone, s.phoneMAC(phone)
}

// PhoneMAC is the hash by which a phone is found.
func (s *Service) PhoneMAC(phone string) []byte { return s.phoneMAC(phone) }

// LoginSubject is a login in one spelling, for counting attempts: all spellings of a phone count as one.
func LoginSubject(typed string, l locale.Locale) string {
	read := readLogin(typed, l)
	for _, subject := range []string{read.email, read.phone, read.wmid} {
		if subject != "" {
			return subject
		}
	}
	return strings.ToLower(strings.TrimSpace(typed))
}

// Speak is the language of a message to an account: that of the request if it names one, else the account's own.
func Speak(ctx context.Context, account models.Account) locale.Locale {
	if info := request.Of(ctx); info.HasLocale {
		return info.Locale
	}
	return locale.Locale(account.Locale)
}
