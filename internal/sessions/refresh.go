package sessions

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// reuseGrace is how long a used refresh token still gets the answer it got: an app that refreshes twice at once, or whose
// answer was lost, is not thrown out. Later, a used token means that two hold it, and one of them is a thief.
const reuseGrace = time.Minute

// Refresh changes a refresh token for its successor and a new access token, and prolongs the session. Each token works
// once; the reuse of an old one ends the session (RFC 9700, 4.14.2). Within a minute, and until the successor is used, a repeat gets the same successor. A session of an operator
// who must have a factor and has none ends: it was opened before that was asked.
// Faults: SessionExpired.
func (s *Service) Refresh(ctx context.Context, token string) (Tokens, error) {
	expired := fault.New(fault.SessionExpired, "refreshToken")
	var refused bool
	var ended uuid.UUID
	tokens, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Tokens, error) {
		refused = false
		row, session, ok, err := lockRefreshToken(tx, s.refreshMAC(token))
		if err != nil {
			return Tokens{}, err
		}
		if !ok || !session.IsLive(tx.Now) || !tx.Now.Before(row.ExpiresAt) {
			refused = true
			return Tokens{}, nil
		}
		account, device, err := ownerOf(tx, session)
		if err != nil {
			return Tokens{}, err
		}
		if account.Status == models.AccountClosed {
			refused = true
			return Tokens{}, nil
		}
		switch err := s.refuseWithoutFactor(tx, account); { // it was opened by a version that did not ask for one
		case fault.Is(err, fault.SecondFactorRequired):
			refused, ended = true, session.ID
			return Tokens{}, s.endWeak(tx, session)
		case err != nil:
			return Tokens{}, err
		}
		successor := s.box.Succeed(token)
		if row.UsedAt != nil {
			fresh, err := isUnused(tx, s.refreshMAC(successor))
			if err != nil {
				return Tokens{}, err
			}
			if !fresh || tx.Now.Sub(*row.UsedAt) > reuseGrace {
				refused, ended = true, session.ID
				return Tokens{}, s.endReused(tx, account, session) // committed, with the refusal
			}
			session.AccessExpiresAt = tx.Now.Add(s.config.AccessTTL) // for the access token that this answer brings
			if err := prolongSession(tx, session); err != nil {
				return Tokens{}, err
			}
		} else if err := s.rotate(tx, row, &session, successor); err != nil {
			return Tokens{}, err
		}
		return s.tokens(tx.Now, account, device, session, successor)
	})
	if err == nil && refused {
		s.cache.forget(ended)
		err = expired
	}
	return tokens, err
}

// endWeak ends the session of an operator who must have a factor and has none.
func (s *Service) endWeak(tx *postgres.Tx, session models.Session) error {
	if _, err := revokeSession(tx, session.AccountID, session.ID); err != nil {
		return err
	}
	return journal.Record(tx, journal.Entry{Account: session.AccountID, Kind: journal.SessionEnded, Session: session.ID})
}

// endReused ends the session of a token that two hold, and tells its owner.
func (s *Service) endReused(tx *postgres.Tx, account models.Account, session models.Session) error {
	if _, err := revokeSession(tx, session.AccountID, session.ID); err != nil {
		return err
	}
	if err := s.accounts.Alert(tx, account, "alert_token_reused", "", nil); err != nil {
		return err
	}
	return journal.Record(tx, journal.Entry{Account: session.AccountID, Kind: journal.TokenReused, Session: session.ID})
}

func (s *Service) rotate(tx *postgres.Tx, row models.RefreshToken, session *models.Session, successor string) error {
	session.LastSeenAt, session.ExpiresAt = tx.Now, tx.Now.Add(s.config.RefreshTTL)
	session.AccessExpiresAt = tx.Now.Add(s.config.AccessTTL)
	if err := prolongSession(tx, *session); err != nil {
		return err
	}
	if err := useRefreshToken(tx, row.TokenMAC); err != nil {
		return err
	}
	return s.storeRefreshToken(tx, *session, successor)
}

func (s *Service) storeRefreshToken(tx *postgres.Tx, session models.Session, token string) error {
	return insertRefreshToken(tx, models.RefreshToken{
		TokenMAC: s.refreshMAC(token), SessionID: session.ID, CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(s.config.RefreshTTL),
	})
}

func (s *Service) refreshMAC(token string) []byte { return s.box.MAC(secret.Tokens, "refresh", token) }
