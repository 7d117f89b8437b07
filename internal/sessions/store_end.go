package sessions

import (
	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

func endAll(tx *postgres.Tx, account uuid.UUID) error {
	err := tx.GORM().Model(&models.Session{}).Where("account_id = ? AND revoked_at IS NULL", account).Update("revoked_at", tx.Now).Error
	if err != nil {
		return wrap("end all", err)
	}
	err = tx.GORM().Model(&models.Device{}).Where("account_id = ? AND trust_mac IS NOT NULL", account).
		Updates(map[string]any{"trust_mac": nil, "trusted_until": nil}).Error
	if err != nil {
		return wrap("distrust", err)
	}
	return wrap("end log-ins", tx.GORM().Where("account_id = ?", account).Delete(&models.PendingLogIn{}).Error)
}
