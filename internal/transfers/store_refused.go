package transfers

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

func insertRefused(ctx context.Context, db *postgres.DB, row models.RefusedTransfer) error {
	_, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (struct{}, error) { return struct{}{}, tx.GORM().Create(&row).Error })
	return wrap("note", err)
}

// listRefused goes by the index on account and id, however long the list is.
func listRefused(ctx context.Context, db *postgres.DB, account uuid.UUID, p Page) ([]models.RefusedTransfer, error) {
	query, order := db.GORM(ctx).Where("account_id = ?", account), "id DESC"
	if p.Before != nil {
		query = query.Where("id < ?", *p.Before)
	}
	if p.After != nil {
		query = query.Where("id > ?", *p.After)
	}
	if p.Oldest {
		order = "id"
	}
	var rows []models.RefusedTransfer
	err := query.Order(order).Limit(p.Limit).Find(&rows).Error
	if p.Oldest {
		slices.Reverse(rows)
	}
	return rows, wrap("refused", err)
}
