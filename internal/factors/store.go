package factors

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

func readStatus(ctx context.Context, db *postgres.DB, account uuid.UUID) (Status, error) {
	var row struct {
		On   bool
		Left int
	}
	err := db.GORM(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM totp_factors WHERE account_id = @account AND confirmed_at IS NOT NULL) AS on,
    (SELECT count(*) FROM backup_codes WHERE account_id = @account AND used_at IS NULL) AS left`,
		map[string]any{"account": account}).Scan(&row).Error
	return Status{TOTP: row.On, BackupCodesLeft: row.Left}, wrap("status", err)
}

func readHeld(tx *postgres.Tx, account uuid.UUID) (held verification.Held, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM totp_factors WHERE account_id = @account AND confirmed_at IS NOT NULL),
    EXISTS (SELECT 1 FROM passkeys WHERE account_id = @account)`, map[string]any{"account": account}).Row().Scan(&held.App, &held.Passkey)
	return held, wrap("held", err)
}

// ensureFactor locks an account's row, and makes one without a secret where there is none, also when one is just being deleted.
func ensureFactor(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("ensure", tx.GORM().Exec(`
INSERT INTO totp_factors AS f (last_step, wrong_in_a_row, account_id, sealed_secret, created_at) VALUES (0, 0, ?, '', ?)
ON CONFLICT (account_id) DO UPDATE SET wrong_in_a_row = f.wrong_in_a_row`, account, tx.Now).Error)
}

// forgetSecret leaves a row that counts wrong codes for an account that has passkeys.
func forgetSecret(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("forget", tx.GORM().Exec(`UPDATE totp_factors SET sealed_secret = '', confirmed_at = NULL, last_step = 0 WHERE account_id = ?`, account).Error)
}

// roleOf reads what an account may do, as of now: it may have changed since the request began.
func roleOf(tx *postgres.Tx, account uuid.UUID) (role string, err error) {
	err = tx.GORM().Raw(`SELECT role FROM accounts WHERE id = ?`, account).Row().Scan(&role)
	return role, wrap("role", err)
}

func hasBackupCodes(tx *postgres.Tx, account uuid.UUID) (has bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM backup_codes WHERE account_id = ?)`, account).Row().Scan(&has)
	return has, wrap("has backup codes", err)
}

// startFactor writes a factor that waits for its first code, over an earlier one that waits, too. How often codes were wrong is kept.
func startFactor(tx *postgres.Tx, f models.TOTPFactor) (started bool, err error) {
	result := tx.GORM().Exec(`
INSERT INTO totp_factors AS f (last_step, wrong_in_a_row, account_id, sealed_secret, created_at) VALUES (0, 0, ?, ?, ?)
ON CONFLICT (account_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, last_step = 0
WHERE f.confirmed_at IS NULL`, f.AccountID, f.SealedSecret, f.CreatedAt)
	return result.RowsAffected == 1, wrap("start", result.Error)
}

// lockFactor is nil when there is none.
func lockFactor(tx *postgres.Tx, account uuid.UUID) (*models.TOTPFactor, error) {
	var rows []models.TOTPFactor
	err := tx.GORM().Clauses(clause.Locking{Strength: "UPDATE"}).Find(&rows, "account_id = ?", account).Error
	if err != nil || len(rows) == 0 {
		return nil, wrap("lock", err)
	}
	return &rows[0], nil
}

func saveFactor(tx *postgres.Tx, f models.TOTPFactor) error {
	return wrap("save", tx.GORM().Model(&f).Select("last_step", "wrong_in_a_row", "locked_until").Updates(f).Error)
}

func confirmFactor(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("confirm", tx.GORM().Model(&models.TOTPFactor{}).Where("account_id = ?", account).Update("confirmed_at", tx.Now).Error)
}

func deleteFactor(tx *postgres.Tx, account uuid.UUID) error {
	if err := tx.GORM().Where("account_id = ?", account).Delete(&models.BackupCode{}).Error; err != nil {
		return wrap("delete", err)
	}
	return wrap("delete", tx.GORM().Where("account_id = ?", account).Delete(&models.TOTPFactor{}).Error)
}

func useBackupCode(tx *postgres.Tx, account uuid.UUID, mac []byte) (used bool, err error) {
	result := tx.GORM().Model(&models.BackupCode{}).Where("code_mac = ? AND account_id = ? AND used_at IS NULL", mac, account).Update("used_at", tx.Now)
	return result.RowsAffected == 1, wrap("backup code", result.Error)
}

func replaceBackupCodes(tx *postgres.Tx, account uuid.UUID, rows []models.BackupCode) error {
	if err := tx.GORM().Where("account_id = ?", account).Delete(&models.BackupCode{}).Error; err != nil {
		return wrap("backup codes", err)
	}
	return wrap("backup codes", tx.GORM().Create(&rows).Error)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("factors: %s: %w", what, err)
	}
	return nil
}
