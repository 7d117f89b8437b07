package changes

import (
	"purser/internal/events"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/models"
)

// FreezeByOperator keeps an account's money from leaving until an operator lets it, in a transaction that holds the account's row. A closing
// is called off. The owner is told on all channels and reads of it in the security log. A repeat does nothing. Call Done after the commit.
func (s *Service) FreezeByOperator(tx *postgres.Tx, account models.Account) (_ models.Account, err error) {
	if account.IsFrozenByOperator() {
		return account, nil
	}
	if account.ClosesAt != nil {
		if account, err = s.callOff(tx, account, journal.Entry{Unattended: true}); err != nil {
			return models.Account{}, err
		}
	}
	freeze := models.FreezeAlone
	if account.Status == models.AccountFrozen {
		freeze = models.FreezeBeside
	}
	account.Status, account.OperatorFreeze = models.AccountFrozen, &freeze
	return account, s.byOperator(tx, account, journal.FrozenByOperator, "alert_frozen_by_operator")
}

// UnfreezeByOperator ends an operator's freeze, in a transaction that holds the account's row; the owner's own, if there is one, stays. The
// owner is told on all channels. For an account that no operator froze it does nothing. Call Done after the commit.
func (s *Service) UnfreezeByOperator(tx *postgres.Tx, account models.Account) (models.Account, error) {
	if !account.IsFrozenByOperator() {
		return account, nil
	}
	if *account.OperatorFreeze == models.FreezeAlone {
		account.Status = models.AccountActive
	}
	account.OperatorFreeze = nil
	return account, s.byOperator(tx, account, journal.UnfrozenByOperator, "alert_unfrozen_by_operator")
}

func (s *Service) byOperator(tx *postgres.Tx, account models.Account, kind journal.Kind, template string) error {
	if err := save(tx, account, "status", "operator_freeze"); err != nil {
		return err
	}
	if err := s.accounts.Alert(tx, account, template, "", nil); err != nil {
		return err
	}
	if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: kind, Unattended: true}); err != nil {
		return err
	}
	return events.AppendTx(tx, events.Changed(account.ID))
}

// Done takes notice on this server of what was committed for an account, and wakes listeners.
func (s *Service) Done(account models.Account) {
	s.sessions.Changed(account.ID)
	s.hub.Publish(account.ID)
}

// freezeBeside notes of an account that an operator froze that its owner wants so, too.
func (s *Service) freezeBeside(tx *postgres.Tx, who Who, c change) (change, error) {
	if !c.account.IsFrozenByOperator() || *c.account.OperatorFreeze == models.FreezeBeside {
		return c, nil
	}
	beside := models.FreezeBeside
	c.account.OperatorFreeze = &beside
	if err := save(tx, c.account, "operator_freeze"); err != nil {
		return change{}, err
	}
	if err := s.notify(tx, c.account, "frozen"); err != nil {
		return change{}, err
	}
	return c, s.record(tx, who, journal.Frozen)
}
