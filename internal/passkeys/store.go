package passkeys

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/models"
)

var errNone = errors.New("passkeys: no such passkey")

func passkeysOf(orm *gorm.DB, account uuid.UUID) ([]models.Passkey, error) {
	var rows []models.Passkey
	return rows, wrap("list", orm.Where("account_id = ?", account).Order("created_at, id").Limit(Most).Find(&rows).Error)
}

func forgetPasskeys(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("forget", tx.GORM().Delete(&models.Passkey{}, "account_id = ?", account).Error)
}

func hasAny(tx *postgres.Tx, account uuid.UUID) (has bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM passkeys WHERE account_id = ?)`, account).Row().Scan(&has)
	return has, wrap("has any", err)
}

func lockPasskey(tx *postgres.Tx, account, id uuid.UUID) (models.Passkey, error) {
	return lock(tx, "id = ? AND account_id = ?", id, account)
}

func lockCredential(tx *postgres.Tx, account uuid.UUID, credential []byte) (models.Passkey, error) {
	return lock(tx, "credential_id = ? AND account_id = ?", credential, account)
}

func lock(tx *postgres.Tx, condition string, values ...any) (models.Passkey, error) {
	var row models.Passkey
	err := tx.GORM().Clauses(clause.Locking{Strength: "UPDATE"}).Take(&row, append([]any{condition}, values...)...).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, errNone
	}
	return row, wrap("lock", err)
}

// ownerOf is the zero UUID when nobody has it.
func ownerOf(tx *postgres.Tx, credential []byte) (owner uuid.UUID, err error) {
	var rows []models.Passkey
	err = tx.GORM().Select("account_id").Limit(1).Find(&rows, "credential_id = ?", credential).Error
	if err != nil || len(rows) == 0 {
		return uuid.Nil, wrap("owner", err)
	}
	return rows[0].AccountID, nil
}

// insertPasskey adds nothing when there is one with its credential id already.
func insertPasskey(tx *postgres.Tx, key models.Passkey) (added bool, err error) {
	result := tx.GORM().Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "credential_id"}}, DoNothing: true}).Create(&key)
	return result.RowsAffected == 1, wrap("insert", result.Error)
}

func renamePasskey(tx *postgres.Tx, key models.Passkey) error {
	return wrap("rename", tx.GORM().Model(&key).Update("name", key.Name).Error)
}

func usePasskey(tx *postgres.Tx, key models.Passkey) error {
	return wrap("use", tx.GORM().Model(&key).Select("sign_count", "backed_up", "last_used_at").Updates(key).Error)
}

func deletePasskey(tx *postgres.Tx, key models.Passkey) error {
	return wrap("delete", tx.GORM().Delete(&key).Error)
}

func insertCeremony(tx *postgres.Tx, row models.PasskeyCeremony) error {
	return wrap("ceremony", tx.GORM().Create(&row).Error)
}

func voidCeremonies(tx *postgres.Tx, account uuid.UUID, kind string) error {
	return wrap("void", tx.GORM().Model(&models.PasskeyCeremony{}).Where("account_id = ? AND kind = ? AND used_at IS NULL", account, kind).
		Update("used_at", tx.Now).Error)
}

// takeCeremony marks a ceremony as used, and returns it only to the one caller who did so in time.
func takeCeremony(tx *postgres.Tx, id uuid.UUID, kind string, account *uuid.UUID, subject string) (row models.PasskeyCeremony, taken bool, err error) {
	result := tx.GORM().Raw(`UPDATE passkey_ceremonies SET used_at = @now
WHERE id = @id AND kind = @kind AND account_id IS NOT DISTINCT FROM CAST(@account AS uuid) AND subject = @subject AND used_at IS NULL AND expires_at > @now
RETURNING *`, map[string]any{"now": tx.Now, "id": id, "kind": kind, "account": account, "subject": subject}).Scan(&row)
	return row, result.RowsAffected == 1, wrap("take", result.Error)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("passkeys: %s: %w", what, err)
	}
	return nil
}
