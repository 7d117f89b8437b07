package factors

import (
	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

func forgetFactors(tx *postgres.Tx, account uuid.UUID) error {
	err := tx.GORM().Delete(&models.TOTPFactor{}, "account_id = ?", account).Error
	if err == nil {
		err = tx.GORM().Delete(&models.BackupCode{}, "account_id = ?", account).Error
	}
	return wrap("forget", err)
}
