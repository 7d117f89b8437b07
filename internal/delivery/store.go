package delivery

import (
	"context"
	"fmt"

	"purser/internal/postgres"
	"purser/models"
)

func insertMessage(tx *postgres.Tx, m models.Message) error {
	if err := tx.GORM().Create(&m).Error; err != nil {
		return fmt.Errorf("delivery: enqueue: %w", err)
	}
	return nil
}

func newestMessages(ctx context.Context, db *postgres.DB, to string, limit int) ([]models.Message, error) {
	query := db.GORM(ctx).Order("id DESC").Limit(limit)
	if to != "" {
		query = query.Where("recipient = ?", to)
	}
	var rows []models.Message
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("delivery: inbox: %w", err)
	}
	return rows, nil
}
