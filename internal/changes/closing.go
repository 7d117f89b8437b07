package changes

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

const (
	closingGrace = 48 * time.Hour // in which a closing can be called off
	closingBatch = 500            // accounts that one round closes
)

// Reasons of refusals to close.
const (
	transferWaits    = "transfer_waits"
	certificateWaits = "certificate_waits"
)

// Close begins to close an account, in two calls: one without a code, which sends it and returns its challenge, and one with the code. All
// other sessions end. From then on nothing comes in, and after two days CloseDue closes it, unless CancelClosing comes before. For an
// account that is being closed it does nothing. It locks the account, then its wallets.
// Faults: CredentialsRejected, InvalidInput, CodeRejected, CodeExpired, RateLimited, Overloaded; WalletNotEmpty, TransferState while a
// transfer is under way, StepOutOfOrder while a request for a certificate waits; AccountFrozen; Forbidden for an operator.
func (s *Service) Close(ctx context.Context, who Who, password string, proof verification.Proof) (models.Account, *models.Challenge, error) {
	proved, err := s.prove(ctx, who, password)
	if err != nil {
		return models.Account{}, nil, err
	}
	var refusal *fault.Fault
	var challenge *models.Challenge
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		refusal, challenge = nil, nil // of an attempt that Postgres undid
		if c.account, err = begin(tx, proved); err != nil || c.account.ClosesAt != nil {
			return c, err
		}
		asked, begun, err := findClosing(tx, who.Account)
		if err != nil {
			return change{}, err
		}
		if proof.IsEmpty() {
			if challenge, err = s.askToClose(ctx, tx, c.account, asked, begun); err != nil {
				return change{}, err
			}
			_, err = s.mayClose(tx, c.account) // if not, no code is sent
			return c, err
		}
		if !begun {
			return change{}, fault.New(fault.CodeExpired, "code")
		}
		if refusal, err = s.verification.CheckProof(tx, asked.ChallengeID, verification.CloseAccount, proof); err != nil || refusal != nil {
			return change{}, err // a refusal is committed: it has spent an attempt
		}
		if _, err := s.mayClose(tx, c.account); err != nil {
			return change{}, err // the code is not used up by it
		}
		return s.beginClosing(tx, who, c.account)
	})
	if c, err = verification.Settle(c, refusal, err); err != nil {
		return models.Account{}, nil, err
	}
	account, err := s.done(who, c, nil)
	return account, challenge, err
}

func (s *Service) askToClose(ctx context.Context, tx *postgres.Tx, account models.Account, asked models.Closing, begun bool) (*models.Challenge, error) {
	if begun {
		if err := s.verification.Void(tx, asked.ChallengeID); err != nil {
			return nil, err
		}
	}
	challenge, err := s.verification.Begin(tx, verification.Request{
		Purpose: verification.CloseAccount, Account: account.ID, Phone: *account.Phone, Locale: accounts.Speak(ctx, account), Template: "closing_code",
	})
	if err != nil {
		return nil, err
	}
	return &challenge, replaceClosing(tx, models.Closing{AccountID: account.ID, ChallengeID: challenge.ID})
}

// mayClose says why an account cannot be closed now, and returns its open wallets, all empty and locked. The account is locked.
func (s *Service) mayClose(tx *postgres.Tx, account models.Account) ([]models.Wallet, error) {
	switch {
	case account.Role != models.RolePerson:
		return nil, fault.New(fault.Forbidden)
	case account.Status == models.AccountFrozen:
		return nil, fault.New(fault.AccountFrozen)
	}
	open, err := s.wallets.Emptied(tx, account.ID)
	if err != nil {
		return nil, err
	}
	transfer, certificate, err := underWay(tx, account.ID)
	switch {
	case err != nil:
		return nil, err
	case transfer:
		return nil, fault.New(fault.TransferState).Because(transferWaits)
	case certificate:
		return nil, fault.New(fault.StepOutOfOrder).Because(certificateWaits)
	}
	return open, nil
}

func (s *Service) beginClosing(tx *postgres.Tx, who Who, account models.Account) (c change, err error) {
	if err := dropClosing(tx, who.Account); err != nil {
		return change{}, err
	}
	at := tx.Now.Add(closingGrace)
	account.ClosesAt = &at
	c.account = account
	if err := save(tx, account, "closes_at"); err != nil {
		return change{}, err
	}
	if err := s.wallets.Shut(tx, account.ID, true); err != nil {
		return change{}, err
	}
	if c.ended, err = s.sessions.EndOthers(tx, who.Account, who.Session); err != nil {
		return change{}, err
	}
	if err := s.accounts.Alert(tx, account, "alert_closing", "", map[string]any{"Until": at.Format("2006-01-02 15:04 UTC")}); err != nil {
		return change{}, err
	}
	return c, s.record(tx, who, journal.ClosingBegun)
}

// CancelClosing calls a closing off, as long as it has not come about. A repeat does nothing.
func (s *Service) CancelClosing(ctx context.Context, who Who) (models.Account, error) {
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		if c.account, err = lockAccount(tx, who.Account); err != nil || c.account.ClosesAt == nil {
			return c, err
		}
		if c.account, err = s.callOff(tx, c.account, journal.Entry{Session: who.Session}); err != nil {
			return change{}, err
		}
		return c, events.AppendTx(tx, events.Changed(who.Account))
	})
	return s.done(who, c, err)
}

// callOff ends the closing of an account that is locked, and tells its owner. entry says who did it.
func (s *Service) callOff(tx *postgres.Tx, account models.Account, entry journal.Entry) (models.Account, error) {
	account.ClosesAt = nil
	if err := save(tx, account, "closes_at"); err != nil {
		return models.Account{}, err
	}
	if err := s.wallets.Shut(tx, account.ID, false); err != nil {
		return models.Account{}, err
	}
	if err := s.accounts.Alert(tx, account, "alert_closing_cancelled", "", nil); err != nil {
		return models.Account{}, err
	}
	entry.Account, entry.Kind = account.ID, journal.ClosingCancelled
	return account, journal.Record(tx, entry)
}

// CloseDue closes a batch of the accounts whose time has come, each in a transaction of its own, and says how many. Several servers may do
// it side by side: each account is judged again when it is locked. What fails does not stop the others.
func (s *Service) CloseDue(ctx context.Context, log *slog.Logger) (closed int, err error) {
	due, err := dueClosings(ctx, s.db, closingBatch)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range due {
		done, err := s.closeOne(ctx, id)
		if err != nil {
			failed = append(failed, err)
		}
		if done {
			closed++
		}
	}
	if closed > 0 {
		log.Info("closed accounts", "accounts", closed)
	}
	return closed, errors.Join(failed...)
}

// closeOne closes one account that is due. While a transfer is under way it waits for the next round; money that came in all the same,
// through a server of an older version, calls the closing off.
func (s *Service) closeOne(ctx context.Context, id uuid.UUID) (closed bool, err error) {
	who := Who{Account: id}
	c, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (c change, err error) {
		closed = false // of an attempt that Postgres undid
		c.account, err = lockAccount(tx, id)
		switch {
		case fault.Is(err, fault.Unauthenticated): // another server was faster
			return c, nil
		case err != nil || c.account.ClosesAt == nil || tx.Now.Before(*c.account.ClosesAt):
			return c, err
		}
		open, err := s.mayClose(tx, c.account)
		switch {
		case fault.Is(err, fault.WalletNotEmpty):
			if c.account, err = s.callOff(tx, c.account, journal.Entry{Unattended: true}); err != nil {
				return change{}, err
			}
			return c, events.AppendTx(tx, events.Changed(id))
		case fault.Is(err, fault.TransferState), fault.Is(err, fault.StepOutOfOrder), fault.Is(err, fault.AccountFrozen):
			return c, nil
		case err != nil:
			return change{}, err
		}
		closed = true
		return s.finishClosing(tx, c.account, open)
	})
	_, err = s.done(who, c, err)
	return closed && err == nil, err
}

// finishClosing closes an account that may be closed, with all that hangs on it. The owner is told where the owner was reached until now.
func (s *Service) finishClosing(tx *postgres.Tx, account models.Account, open []models.Wallet) (c change, err error) {
	moved, err := s.wallets.HaveMoved(tx, account.ID)
	if err != nil {
		return change{}, err
	}
	if err := s.wallets.CloseAll(tx, open); err != nil {
		return change{}, err
	}
	if c.ended, err = s.sessions.EndOthers(tx, account.ID, uuid.Nil); err != nil {
		return change{}, err
	}
	if err := s.factors.Forget(tx, account.ID); err != nil {
		return change{}, err
	}
	if err := dropAll(tx, account.ID); err != nil {
		return change{}, err
	}
	if err := s.accounts.Alert(tx, account, "alert_closed", "", map[string]any{"WMID": account.WMID}); err != nil {
		return change{}, err
	}
	if c.account, err = s.accounts.Erase(tx, account, moved); err != nil {
		return change{}, err
	}
	if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.Closed, Unattended: true}); err != nil {
		return change{}, err
	}
	return c, events.AppendTx(tx, events.Changed(account.ID))
}
