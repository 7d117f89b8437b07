package changes

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/models"
)

// findClosing is findPhoneChange for the code that closes an account.
func findClosing(tx *postgres.Tx, account uuid.UUID) (row models.Closing, begun bool, err error) {
	err = tx.GORM().Take(&row, "account_id = ?", account).Error
	return row, err == nil, missing("closing", err)
}

func replaceClosing(tx *postgres.Tx, row models.Closing) error {
	return wrap("closing", tx.GORM().Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}

func dropClosing(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("closing", tx.GORM().Delete(&models.Closing{}, "account_id = ?", account).Error)
}

// dropAll forgets every change that an account has begun.
func dropAll(tx *postgres.Tx, account uuid.UUID) error {
	for _, row := range []any{&models.PhoneChange{}, &models.Thaw{}, &models.Closing{}} {
		if err := tx.GORM().Delete(row, "account_id = ?", account).Error; err != nil {
			return wrap("drop", err)
		}
	}
	return nil
}

// underWay tells whether a transfer waits for its code or is protected, on either side, and whether a request for a certificate waits.
func underWay(tx *postgres.Tx, account uuid.UUID) (transfer, certificate bool, err error) {
	err = tx.GORM().Raw(`
SELECT EXISTS (SELECT 1 FROM transfers WHERE from_account_id = @account AND status IN ('AWAITING_CONFIRMATION', 'PROTECTED'))
    OR EXISTS (SELECT 1 FROM transfers WHERE to_account_id = @account AND status = 'PROTECTED'),
    EXISTS (SELECT 1 FROM certificate_requests WHERE account_id = @account AND status = 'PENDING')`,
		map[string]any{"account": account}).Row().Scan(&transfer, &certificate)
	return transfer, certificate, wrap("under way", err)
}

func dueClosings(ctx context.Context, db *postgres.DB, limit int) (ids []uuid.UUID, err error) {
	err = db.GORM(ctx).Raw(`SELECT id FROM accounts WHERE closes_at <= ? ORDER BY closes_at LIMIT ?`, db.Now(), limit).Scan(&ids).Error
	return ids, wrap("due", err)
}
