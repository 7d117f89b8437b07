package statements

import (
	"context"
)

// Roll adds up the next entries of a wallet, at most so many.
func (s *Service) Roll(ctx context.Context, wallet int64, most int) (int, error) {
	return rollTurnover(ctx, s.db, wallet, most)
}
