package transfers

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/ledger"
	"purser/internal/notices"
	"purser/internal/postgres"
	"purser/models"
)

const (
	expireEvery = time.Second
	expireBatch = 500
	settleAgain = time.Minute // after a failure: what cannot be ended keeps no other waiting
)

// RunExpiry ends transfers that nobody confirmed in time, and protected ones whose term has ended, until ctx ends. Servers may run it side
// by side: each takes rows that no other has locked, and the ledger settles a transfer once.
func (s *Service) RunExpiry(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(expireEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if _, err := s.Expire(ctx); err != nil && ctx.Err() == nil {
				log.Error("transfers could not be expired; trying again", "error", err)
			}
			for { // as many as there are: terms tend to end together
				settled, err := s.SettleDue(ctx)
				if err != nil && ctx.Err() == nil {
					log.Error("protected transfers could not be settled; trying again", "error", err)
				}
				if settled < expireBatch || err != nil {
					break
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// Expire ends up to a batch of transfers whose time to confirm is over, and says how many.
func (s *Service) Expire(ctx context.Context) (int, error) {
	expired, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) ([]models.Transfer, error) {
		rows, err := expireTransfers(tx, expireBatch)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, nil
		}
		drafts, challenges := make([]events.Draft, len(rows)), make([]uuid.UUID, len(rows))
		for i, t := range rows {
			drafts[i], challenges[i] = updated(t), *t.ChallengeID
		}
		if err := s.verification.Void(tx, challenges...); err != nil {
			return nil, err
		}
		told := make([]notices.Draft, len(rows))
		for i, t := range rows {
			told[i] = ended(t)
		}
		if err := notices.AppendTx(tx, told...); err != nil {
			return nil, err
		}
		return rows, events.AppendTx(tx, drafts...)
	})
	ids := make([]uuid.UUID, len(expired))
	for i, t := range expired {
		ids[i] = t.FromAccountID
	}
	s.hub.Publish(ids...)
	return len(expired), err
}

// ended is what the sender of a transfer is told that came to nothing before its money moved.
func ended(t models.Transfer) notices.Draft {
	return notices.Draft{Account: t.FromAccountID, Event: models.TransferEnded, Subject: t.ID.String()}
}

// SettleDue ends up to a batch of protected transfers whose term has ended, or whose code was right or tried out, and says how many. They
// are posted together.
func (s *Service) SettleDue(ctx context.Context) (int, error) {
	rows, err := dueTransfers(ctx, s.db, expireBatch)
	if err != nil {
		return 0, err
	}
	failed := make([]error, len(rows))
	var running sync.WaitGroup
	for i, t := range rows {
		running.Go(func() {
			if failed[i] = s.end(ctx, t, ledger.Settle); failed[i] != nil {
				failed[i] = errors.Join(failed[i], settleLater(ctx, s.db, t.ID, s.db.Now().Add(settleAgain)))
			}
		})
	}
	running.Wait()
	return len(rows), errors.Join(failed...)
}
