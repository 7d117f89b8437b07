package journal

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

// insert takes the device from the session, as it is called at the moment.
func insert(tx *postgres.Tx, row models.SecurityEvent) error {
	err := tx.GORM().Exec(`
INSERT INTO security_events (id, account_id, kind, session_id, device_name, device_platform, network, request_id, occurred_at)
SELECT e.*, coalesce(d.name, ''), coalesce(d.platform, ''), @network, @request, @at
FROM (SELECT CAST(@id AS uuid), CAST(@account AS uuid), CAST(@kind AS text), CAST(@session AS uuid) AS session_id) AS e
LEFT JOIN sessions s ON s.id = e.session_id LEFT JOIN devices d ON d.id = s.device_id`,
		map[string]any{
			"id": row.ID, "account": row.AccountID, "kind": row.Kind, "session": row.SessionID, "network": row.Network,
			"request": row.RequestID, "at": row.OccurredAt,
		}).Error
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// list goes by the index on account and id, however long the log is.
func list(ctx context.Context, db *postgres.DB, account uuid.UUID, p Page) ([]models.SecurityEvent, error) {
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
	var rows []models.SecurityEvent
	if err := query.Order(order).Limit(p.Limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if p.Oldest {
		slices.Reverse(rows)
	}
	return rows, nil
}
