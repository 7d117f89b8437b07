package statements

import (
	"context"
	"encoding/hex"

	"github.com/google/uuid"
)

// EntryHash is the hash that an account's receipt of a transfer shows; empty when it shows none.
func (s *Service) EntryHash(ctx context.Context, account, id uuid.UUID) string {
	view, ok, err := s.transfers.Find(ctx, account, id)
	if err != nil || !ok {
		return "not found"
	}
	entry, err := s.ownEntry(ctx, account, view)
	if err != nil {
		return err.Error()
	}
	if entry == nil {
		return ""
	}
	return hex.EncodeToString(entry.Hash)
}

// Roll adds up the next entries of a wallet, at most so many.
func (s *Service) Roll(ctx context.Context, wallet int64, most int) (int, error) {
	return rollTurnover(ctx, s.db, wallet, most)
}
