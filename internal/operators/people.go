package operators

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/models"
)

// What the log calls what is done to people's accounts.
const (
	actionSearch   = "ACCOUNT_SEARCH"
	actionFreeze   = "ACCOUNT_FROZEN"
	actionUnfreeze = "ACCOUNT_UNFROZEN"
	actionEnd      = "SESSIONS_ENDED"
)

// Reasons of Forbidden.
const (
	own        = "own"
	tooNew     = "too_new"
	ofOperator = "operator"
)

// searchesPerHour bound how many people one operator looks up: who needs more of them is copying, not helping.
const searchesPerHour = 120

// Search finds the account that an operator means, exactly: by a WMID, also of a closed one; a wallet's number; a phone or an e-mail address in
// any spelling. Each look, also one that finds nobody, is logged before it is shown, with the reason. The log has the WMID that was found and
// not what was typed: it holds nobody's phone. Faults: Forbidden, InvalidInput, AccountNotFound, RateLimited.
func (s *Service) Search(ctx context.Context, operator models.Account, query, reason string) (models.Account, error) {
	if err := require(operator); err != nil {
		return models.Account{}, err
	}
	reason, refusal := text.Required(reason, reasonLongest, "reason")
	if refusal != nil {
		return models.Account{}, refusal
	}
	limit := verification.Limit{Name: "account search", Subject: operator.ID.String(), Most: searchesPerHour, Window: time.Hour}
	if err := s.rooms.Verification.Spend(ctx, limit); err != nil {
		return models.Account{}, err
	}
	account, by, err := s.find(ctx, strings.TrimSpace(query))
	if err != nil && !fault.Is(err, fault.AccountNotFound) {
		return models.Account{}, err
	}
	if logged := s.record(ctx, operator, act{actionSearch, account.WMID, "by " + by, reason}); logged != nil {
		return models.Account{}, logged
	}
	return account, err
}

func (s *Service) find(ctx context.Context, query string) (account models.Account, by string, err error) {
	if number.ValidWallet(query) {
		wallet, err := s.rooms.Wallets.Find(ctx, query, "query")
		if fault.Is(err, fault.RecipientNotFound) {
			return account, "wallet", fault.New(fault.AccountNotFound, "query")
		}
		if err == nil {
			account, err = s.rooms.Accounts.Find(ctx, wallet.AccountID)
		}
		return account, "wallet", err
	}
	account, by, err = s.rooms.Accounts.Search(ctx, query, request.Of(ctx).Locale)
	if errors.Is(err, accounts.ErrUnknown) {
		err = fault.New(fault.AccountNotFound, "query")
	}
	if err == nil && by == "" {
		err = fault.Invalid(fault.Malformed, "query")
	}
	return account, by, err
}

// Freeze keeps an account's money from leaving until an operator says otherwise: its owner cannot unfreeze it. Another operator's account can
// be frozen, too, for it takes a power away; not one's own. The owner is told by SMS and letter. A repeat does nothing but be logged.
// It locks the account. Faults: Forbidden, InvalidInput, InvalidWMID, AccountNotFound.
func (s *Service) Freeze(ctx context.Context, operator models.Account, wmid, reason string) (models.Account, error) {
	return s.treat(ctx, operator, act{actionFreeze, wmid, "", reason}, s.rooms.Changes.FreezeByOperator)
}

// Unfreeze ends an operator's freeze, whoever's it was. What the owner froze stays so: that takes the owner's code. It gives no operator's
// power back: of an operator's account the role must be withdrawn first. A repeat does nothing but be logged. It locks the account.
// Faults: as Freeze.
func (s *Service) Unfreeze(ctx context.Context, operator models.Account, wmid, reason string) (models.Account, error) {
	return s.treat(ctx, operator, act{actionUnfreeze, wmid, "", reason}, func(tx *postgres.Tx, account models.Account) (models.Account, error) {
		if account.IsOperator() {
			return models.Account{}, fault.New(fault.Forbidden).Because(ofOperator)
		}
		return s.rooms.Changes.UnfreezeByOperator(tx, account)
	})
}

// EndSessions ends all sessions of an account, or the one that is named, as its owner could; all devices then need a code again, or that
// session's. Sockets are closed within seconds, at all servers. The owner is told by SMS and letter. A repeat ends none, and tells nobody.
// It locks the account. Faults: as Freeze; SessionNotFound for one that is not the account's, or is over.
func (s *Service) EndSessions(ctx context.Context, operator models.Account, wmid string, session *uuid.UUID, reason string) (ended []uuid.UUID, err error) {
	a := act{actionEnd, wmid, "all", reason}
	if session != nil {
		a.details = session.String()
	}
	_, err = s.treat(ctx, operator, a, func(tx *postgres.Tx, account models.Account) (models.Account, error) {
		if ended, err = s.end(tx, account, session); err != nil || len(ended) == 0 {
			return account, err
		}
		if err := s.rooms.Accounts.Alert(tx, account, "alert_ended_by_operator", "", nil); err != nil {
			return account, err
		}
		if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.EndedByOperator, Unattended: true}); err != nil {
			return account, err
		}
		return account, events.AppendTx(tx, events.Changed(account.ID))
	})
	if err != nil {
		return nil, err
	}
	s.rooms.Sessions.Ended(ended...)
	return ended, nil
}

func (s *Service) end(tx *postgres.Tx, account models.Account, session *uuid.UUID) ([]uuid.UUID, error) {
	if session == nil {
		return s.rooms.Sessions.EndOthers(tx, account.ID, uuid.Nil)
	}
	return []uuid.UUID{*session}, s.rooms.Sessions.EndOne(tx, account.ID, *session)
}

// treat does something to a person's account, which it locks, and logs it in the same transaction.
func (s *Service) treat(ctx context.Context, operator models.Account, a act, do func(*postgres.Tx, models.Account) (models.Account, error)) (models.Account, error) {
	if err := require(operator); err != nil {
		return models.Account{}, err
	}
	reason, refusal := text.Required(a.reason, reasonLongest, "reason")
	if refusal != nil {
		return models.Account{}, refusal
	}
	found, err := s.rooms.Accounts.FindByWMID(ctx, a.subject, "wmid")
	switch {
	case fault.Is(err, fault.RecipientNotFound):
		return models.Account{}, fault.New(fault.AccountNotFound, "wmid")
	case err != nil:
		return models.Account{}, err
	case found.ID == operator.ID:
		return models.Account{}, fault.New(fault.Forbidden).Because(own)
	}
	a.subject, a.reason = found.WMID, reason
	account, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Account, error) {
		account, err := s.rooms.Accounts.Lock(tx, found.ID)
		if err != nil {
			return models.Account{}, err
		}
		if account.Status == models.AccountClosed { // a moment ago
			return models.Account{}, fault.New(fault.AccountNotFound, "wmid")
		}
		if err := s.recordTx(tx, operator, a); err != nil {
			return models.Account{}, err
		}
		return do(tx, account)
	})
	if err == nil {
		s.rooms.Changes.Done(account)
	}
	return account, err
}
