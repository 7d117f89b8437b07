package sessions

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

func liveSessionsOf(ctx context.Context, db *postgres.DB, account, current uuid.UUID) ([]SessionOf, error) {
	var rows []struct {
		models.Session
		DeviceName string
		Platform   string
	}
	err := db.GORM(ctx).Raw(`SELECT s.*, d.name AS device_name, d.platform FROM sessions s JOIN devices d ON d.id = s.device_id
WHERE s.account_id = ? AND s.revoked_at IS NULL AND s.expires_at > ?
ORDER BY s.id <> ?, s.last_seen_at DESC, s.id LIMIT ?`, account, db.Now(), current, Most).Scan(&rows).Error
	if err != nil {
		return nil, wrap("list", err)
	}
	list := make([]SessionOf, len(rows))
	for i, row := range rows {
		list[i] = SessionOf{Session: row.Session, Device: models.Device{ID: row.DeviceID, Name: row.DeviceName, Platform: row.Platform}}
	}
	return list, nil
}

// revokeBeyond ends the live sessions of an account that were seen before its newest ones.
func revokeBeyond(tx *postgres.Tx, account uuid.UUID, most int) (ended int64, err error) {
	result := tx.GORM().Exec(`UPDATE sessions SET revoked_at = @now WHERE id IN (
SELECT id FROM sessions WHERE account_id = @account AND revoked_at IS NULL AND expires_at > @now
ORDER BY last_seen_at DESC, created_at DESC, id OFFSET @most)`, map[string]any{"now": tx.Now, "account": account, "most": most})
	return result.RowsAffected, wrap("bound", result.Error)
}

func revokeOthers(tx *postgres.Tx, account, keep uuid.UUID) (ended []uuid.UUID, err error) {
	err = tx.GORM().Raw(`UPDATE sessions SET revoked_at = @now
WHERE account_id = @account AND id <> @keep AND revoked_at IS NULL AND expires_at > @now RETURNING id`,
		map[string]any{"now": tx.Now, "account": account, "keep": keep}).Scan(&ended).Error
	return ended, wrap("revoke others", err)
}

func distrustDeviceOf(tx *postgres.Tx, session uuid.UUID) error {
	return wrap("distrust", tx.GORM().Exec(`UPDATE devices SET trust_mac = NULL, trusted_until = NULL
WHERE id = (SELECT device_id FROM sessions WHERE id = ?)`, session).Error)
}

// distrustOthers leaves trust to the device of one session alone, and forgets log-ins that wait for a code.
func distrustOthers(tx *postgres.Tx, account, keep uuid.UUID) error {
	err := tx.GORM().Exec(`UPDATE devices SET trust_mac = NULL, trusted_until = NULL
WHERE account_id = ? AND trust_mac IS NOT NULL AND id IS DISTINCT FROM (SELECT device_id FROM sessions WHERE id = ?)`, account, keep).Error
	if err == nil {
		err = tx.GORM().Exec(`DELETE FROM pending_log_ins WHERE account_id = ?`, account).Error
	}
	return wrap("distrust others", err)
}
