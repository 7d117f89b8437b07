package events

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

func pageAfter(ctx context.Context, db *postgres.DB, account uuid.UUID, after int64, limit int) ([]models.Event, error) {
	var page []models.Event
	err := db.GORM(ctx).Where("account_id = ? AND seq > ?", account, after).Order("seq").Limit(limit).Find(&page).Error
	if err != nil {
		return nil, fmt.Errorf("events: read: %w", err)
	}
	return page, nil
}

func headsOf(ctx context.Context, db *postgres.DB, accounts []uuid.UUID) (map[uuid.UUID]int64, error) {
	rows, err := db.Pool.Query(ctx, `SELECT account_id, last_seq FROM event_heads WHERE account_id = ANY($1)`, accounts)
	if err != nil {
		return nil, fmt.Errorf("events: heads: %w", err)
	}
	defer rows.Close()

	heads := make(map[uuid.UUID]int64, len(accounts))
	for rows.Next() {
		var account uuid.UUID
		var seq int64
		if err := rows.Scan(&account, &seq); err != nil {
			return nil, fmt.Errorf("events: heads: %w", err)
		}
		heads[account] = seq
	}
	return heads, rows.Err()
}
