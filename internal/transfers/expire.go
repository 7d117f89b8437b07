package transfers

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/postgres"
	"purser/models"
)

const (
	expireEvery = 5 * time.Second
	expireBatch = 500
)

// RunExpiry ends transfers that nobody confirmed in time, until ctx ends. Servers may run it side by side: each takes rows
// that no other has locked.
func (s *Service) RunExpiry(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(expireEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if _, err := s.Expire(ctx); err != nil && ctx.Err() == nil {
				log.Error("transfers could not be expired; trying again", "error", err)
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
		return rows, events.AppendTx(tx, drafts...)
	})
	ids := make([]uuid.UUID, len(expired))
	for i, t := range expired {
		ids[i] = t.FromAccountID
	}
	s.hub.Publish(ids...)
	return len(expired), err
}
