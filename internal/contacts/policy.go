package contacts

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/postgres"
)

// SetPolicy says from whom transfers are taken: models.FromEveryone or models.FromContacts. Under the latter the ledger refuses what anyone else
// sends with RecipientRefuses, as if they were blocked: see Block for what that touches and what not. It locks the account and its wallets: a
// transfer that the ledger has in hand comes before it, and none that begins later is judged by the old one, at any server. A repeat does nothing.
func (s *Service) SetPolicy(ctx context.Context, viewer uuid.UUID, policy string) error {
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		if err := lockWallets(tx, viewer); err != nil {
			return struct{}{}, err
		}
		changed, err := savePolicy(tx, viewer, policy)
		if err != nil || !changed {
			return struct{}{}, err
		}
		if err := screenWallets(tx, viewer); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, events.AppendTx(tx, events.Changed(viewer))
	})
	if err == nil {
		s.hub.Publish(viewer)
	}
	return err
}

// Policy is what SetPolicy has set; models.FromEveryone when nobody has.
func (s *Service) Policy(ctx context.Context, viewer uuid.UUID) (string, error) {
	return readPolicy(ctx, s.db, viewer)
}
