// Package changes owns what people change about their own accounts: the password, the phone, the e-mail address, the security question,
// the language, whether money may leave, and whether there is to be an account at all. What a thief would change asks for the password again, is written in the security log, ends
// the other sessions and is told to the owner where the owner was reached before.
package changes

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// Wrong passwords are counted per account: whoever holds a session that is not theirs does not get to try many.
const (
	wrongPasswords = 10
	wrongWindow    = 15 * time.Minute
)

// Service is the room.
type Service struct {
	db           *postgres.DB
	accounts     *accounts.Service
	sessions     *sessions.Service
	wallets      *wallets.Service
	factors      *factors.Service
	verification *verification.Service
	hub          *events.Hub
}

// Rooms are those that the service works with.
type Rooms struct {
	Accounts     *accounts.Service
	Sessions     *sessions.Service
	Wallets      *wallets.Service
	Factors      *factors.Service
	Verification *verification.Service
	Hub          *events.Hub
}

// New makes the room.
func New(db *postgres.DB, r Rooms) *Service {
	return &Service{db: db, accounts: r.Accounts, sessions: r.Sessions, wallets: r.Wallets, factors: r.Factors, verification: r.Verification, hub: r.Hub}
}

// Who is the person that asks, in the session that asks.
type Who struct{ Account, Session uuid.UUID }

// prove compares the current password, and returns the account as it was then. Faults: CredentialsRejected at currentPassword, RateLimited,
// Overloaded; Unauthenticated for an account that was closed a moment ago.
func (s *Service) prove(ctx context.Context, who Who, password string) (models.Account, error) {
	limit := verification.Limit{Name: "re-authentication", Subject: who.Account.String(), Most: wrongPasswords, Window: wrongWindow}
	account, err := s.accounts.Find(ctx, who.Account)
	if err != nil {
		return models.Account{}, err
	}
	if account.Status == models.AccountClosed {
		return models.Account{}, fault.New(fault.Unauthenticated)
	}
	right, err := s.verification.Guess(ctx, func() (bool, error) {
		return accounts.MatchesPassword(ctx, password, account.PasswordHash)
	}, limit)
	if err == nil && !right {
		err = errWrongPassword()
	}
	if err != nil {
		return models.Account{}, err
	}
	return account, nil
}

func errWrongPassword() error {
	return fault.New(fault.CredentialsRejected, "currentPassword").Because(fault.Current)
}

// change is what a change did: the account as it is now, and the sessions that it ended.
type change struct {
	account models.Account
	ended   []uuid.UUID
}

// begin locks the account, which must be as it was when it was proved. Faults: CredentialsRejected, when the password was changed since.
func begin(tx *postgres.Tx, proved models.Account) (models.Account, error) {
	account, err := lockAccount(tx, proved.ID)
	if err != nil {
		return models.Account{}, err
	}
	if !sameTime(account.PasswordChangedAt, proved.PasswordChangedAt) {
		return models.Account{}, errWrongPassword()
	}
	return account, nil
}

// record writes the log and tells the account's devices. It comes last, since the head of the events is locked last.
func (s *Service) record(tx *postgres.Tx, who Who, kind journal.Kind) error {
	if err := journal.Record(tx, journal.Entry{Account: who.Account, Kind: kind, Session: who.Session}); err != nil {
		return err
	}
	return events.AppendTx(tx, events.Changed(who.Account))
}

// done takes notice on this server of what was committed, and wakes listeners.
func (s *Service) done(who Who, c change, err error) (models.Account, error) {
	if err != nil {
		return models.Account{}, err
	}
	s.sessions.Ended(c.ended...)
	s.sessions.Changed(who.Account)
	s.hub.Publish(who.Account)
	return c.account, nil
}

// notify tells the owner of a change: by SMS, and by letter when the address is confirmed.
func (s *Service) notify(tx *postgres.Tx, account models.Account, template string) error {
	if err := s.accounts.Tell(tx, account, template, nil); err != nil {
		return err
	}
	return s.accounts.TellPhone(tx, account, template+"_sms", nil)
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
