package sessions

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
)

// Most is how many live sessions an account has: one more ends the one that was seen longest ago.
const Most = 50

// List are an account's live sessions: the current one first, then the most recently seen. One query.
func (s *Service) List(ctx context.Context, account, current uuid.UUID) ([]SessionOf, error) {
	return liveSessionsOf(ctx, s.db, account, current)
}

// LogOut ends the session that asks at once; a repeat does nothing. Open sockets of the session are closed within seconds.
func (s *Service) LogOut(ctx context.Context, account, session uuid.UUID) error {
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (ended bool, err error) {
		if ended, err = revokeSession(tx, account, session); err != nil || !ended {
			return false, err
		}
		return true, journal.Record(tx, journal.Entry{Account: account, Kind: journal.SignedOut, Session: session})
	})
	s.cache.forget(session)
	return err
}

// Revoke ends a session of the account's, as LogOut does; its device is trusted no longer. Faults: SessionNotFound, also for what is
// another account's.
func (s *Service) Revoke(ctx context.Context, account, session uuid.UUID) error {
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (ended bool, err error) {
		if _, err = lockAccount(tx, account); err != nil {
			return false, err
		}
		if err := s.EndOne(tx, account, session); err != nil {
			return false, err
		}
		if err := journal.Record(tx, journal.Entry{Account: account, Kind: journal.SessionEnded}); err != nil {
			return false, err
		}
		return true, events.AppendTx(tx, events.Changed(account))
	})
	if err == nil {
		s.Ended(session)
		s.hub.Publish(account)
	}
	return err
}

// RevokeOthers ends all sessions of the account but one, and says which. A repeat ends none.
func (s *Service) RevokeOthers(ctx context.Context, account, keep uuid.UUID) (ended []uuid.UUID, err error) {
	ended, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) ([]uuid.UUID, error) {
		if _, err := lockAccount(tx, account); err != nil {
			return nil, err
		}
		ended, err := s.EndOthers(tx, account, keep)
		if err != nil || len(ended) == 0 {
			return nil, err
		}
		if err := journal.Record(tx, journal.Entry{Account: account, Kind: journal.OtherSessionsEnded}); err != nil {
			return nil, err
		}
		return ended, events.AppendTx(tx, events.Changed(account))
	})
	if err == nil {
		s.Ended(ended...)
		s.hub.Publish(account)
	}
	return ended, err
}

// EndOthers ends all sessions of an account but one, or all for the zero UUID, in a transaction that holds the account's row. All other
// devices are trusted no longer, and log-ins that wait for a code wait for nothing. Call Ended with the result after the commit.
func (s *Service) EndOthers(tx *postgres.Tx, account, keep uuid.UUID) (ended []uuid.UUID, err error) {
	if err := distrustOthers(tx, account, keep); err != nil {
		return nil, err
	}
	return revokeOthers(tx, account, keep)
}

// EndOne ends a session of an account in a transaction that holds the account's row; its device is trusted no longer. Call Ended after the
// commit. Faults: SessionNotFound, also for what is another account's.
func (s *Service) EndOne(tx *postgres.Tx, account, session uuid.UUID) error {
	ended, err := revokeSession(tx, account, session)
	if err == nil && !ended {
		err = fault.New(fault.SessionNotFound, "sessionId")
	}
	if err != nil {
		return err
	}
	return distrustDeviceOf(tx, session)
}

// Ended notes on this server that sessions are over: their tokens are dead at once, and elsewhere within a second.
func (s *Service) Ended(ids ...uuid.UUID) {
	for _, id := range ids {
		s.cache.forget(id)
	}
}

// Changed notes on this server that an account is not what it was: its sessions are read again at once, elsewhere within a second.
func (s *Service) Changed(account uuid.UUID) { s.cache.reread(account) }

// bound ends what is too much, after a session was opened. The account is locked, so no two sessions are opened at once.
func (s *Service) bound(tx *postgres.Tx, account, opened uuid.UUID) error {
	ended, err := revokeBeyond(tx, account, Most)
	if err != nil || ended == 0 {
		return err
	}
	return journal.Record(tx, journal.Entry{Account: account, Kind: journal.SessionEnded, Session: opened})
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
