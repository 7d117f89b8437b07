package operators

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/sessions"
	"purser/models"
)

// What the log calls these actions. Its operator is the system: they are done by those who run it, beside the servers.
const (
	actionGrant    = "ROLE_GRANTED"
	actionWithdraw = "ROLE_WITHDRAWN"
)

// Roles makes accounts operators', and ordinary ones again. No mutation reaches it: it is for those who run the servers.
type Roles struct {
	db       *postgres.DB
	accounts *accounts.Service
	factors  *factors.Service
	sessions *sessions.Service
	hub      *events.Hub
}

// NewRoles makes it.
func NewRoles(db *postgres.DB, a *accounts.Service, f *factors.Service, s *sessions.Service, hub *events.Hub) *Roles {
	return &Roles{db: db, accounts: a, factors: f, sessions: s, hub: hub}
}

// List reads the WMIDs of all operators, a thousand at most.
func (r *Roles) List(ctx context.Context) ([]string, error) { return operatorsOf(ctx, r.db) }

// Grant makes a person's account an operator's. It must have an authenticator app or a passkey, which it keeps from then on in production.
// All its sessions end: they may have been opened without. It locks the account, then its factors. A repeat does nothing.
// Faults: InvalidWMID, RecipientNotFound, SecondFactorRequired, AccountFrozen.
func (r *Roles) Grant(ctx context.Context, wmid string) error {
	return r.change(ctx, wmid, models.RolePerson, models.RoleOperator, func(tx *postgres.Tx, account models.Account) error {
		if account.Status != models.AccountActive {
			return fault.New(fault.AccountFrozen)
		}
		held, err := r.factors.Hold(tx, account.ID)
		if err == nil && !held.Any() {
			err = fault.New(fault.SecondFactorRequired)
		}
		return err
	})
}

// Withdraw makes an operator's account an ordinary one. All its sessions end. A repeat does nothing. Faults: InvalidWMID, RecipientNotFound.
func (r *Roles) Withdraw(ctx context.Context, wmid string) error {
	return r.change(ctx, wmid, models.RoleOperator, models.RolePerson, func(*postgres.Tx, models.Account) error { return nil })
}

func (r *Roles) change(ctx context.Context, wmid, from, to string, may func(*postgres.Tx, models.Account) error) error {
	found, err := r.accounts.FindByWMID(ctx, wmid)
	if err != nil {
		return err
	}
	ended, err := postgres.InTx(ctx, r.db, func(tx *postgres.Tx) ([]uuid.UUID, error) {
		account, err := r.accounts.Lock(tx, found.ID)
		if err != nil || account.Role != from {
			return nil, err
		}
		if err := may(tx, account); err != nil {
			return nil, err
		}
		return r.set(tx, account, to)
	})
	if err == nil {
		r.sessions.Ended(ended...)
		r.hub.Publish(found.ID)
	}
	return err
}

// set writes the role, the logs and the alert, and ends all sessions.
func (r *Roles) set(tx *postgres.Tx, account models.Account, role string) ([]uuid.UUID, error) {
	action, template := actionGrant, "alert_operator_on"
	if role != models.RoleOperator {
		action, template = actionWithdraw, "alert_operator_off"
	}
	if err := setRole(tx, account.ID, role); err != nil {
		return nil, err
	}
	ended, err := r.sessions.EndOthers(tx, account.ID, uuid.Nil)
	if err != nil {
		return nil, err
	}
	err = insertActionTx(tx, models.OperatorAction{ID: uuid.New(), OperatorID: models.SystemAccountID, Action: action, Subject: account.WMID,
		RequestID: request.Of(tx.Context()).ID, CreatedAt: tx.Now})
	if err != nil {
		return nil, err
	}
	if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.OtherSessionsEnded, Unattended: true}); err != nil {
		return nil, err
	}
	if err := r.accounts.Alert(tx, account, template, "", nil); err != nil {
		return nil, err
	}
	return ended, events.AppendTx(tx, events.Changed(account.ID))
}
