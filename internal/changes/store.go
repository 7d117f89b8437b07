package changes

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

// lockAccount refuses an account that was closed a moment ago: nobody is signed in to it any more. Faults: Unauthenticated.
func lockAccount(tx *postgres.Tx, id uuid.UUID) (models.Account, error) {
	var account models.Account
	err := tx.GORM().Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&account, "id = ?", id).Error
	if err == nil && account.Status == models.AccountClosed {
		return models.Account{}, fault.New(fault.Unauthenticated)
	}
	return account, wrap("lock", err)
}

// save writes some columns of an account that is locked.
func save(tx *postgres.Tx, account models.Account, columns ...string) error {
	err := tx.GORM().Model(&account).Select(columns).Updates(account).Error
	if postgres.Violates(err, "accounts_phone_key") {
		return fault.New(fault.PhoneTaken)
	}
	return wrap("save", err)
}

func phoneIsTaken(tx *postgres.Tx, mac []byte) (taken bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM accounts WHERE phone_mac = ?)`, mac).Row().Scan(&taken)
	return taken, wrap("phone", err)
}

// findPhoneChange reads the change that an account has begun. The account is locked, so nobody else writes it.
func findPhoneChange(tx *postgres.Tx, account uuid.UUID) (row models.PhoneChange, begun bool, err error) {
	err = tx.GORM().Take(&row, "account_id = ?", account).Error
	return row, err == nil, missing("phone change", err)
}

func replacePhoneChange(tx *postgres.Tx, row models.PhoneChange) error {
	return wrap("phone change", tx.GORM().Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}

func dropPhoneChange(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("phone change", tx.GORM().Delete(&models.PhoneChange{}, "account_id = ?", account).Error)
}

// findThaw is findPhoneChange for the code that unfreezes an account.
func findThaw(tx *postgres.Tx, account uuid.UUID) (row models.Thaw, begun bool, err error) {
	err = tx.GORM().Take(&row, "account_id = ?", account).Error
	return row, err == nil, missing("thaw", err)
}

func replaceThaw(tx *postgres.Tx, row models.Thaw) error {
	return wrap("thaw", tx.GORM().Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}

func dropThaw(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("thaw", tx.GORM().Delete(&models.Thaw{}, "account_id = ?", account).Error)
}

// missing is wrap for a row that need not be there.
func missing(what string, err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	return wrap(what, err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("changes: %s: %w", what, err)
	}
	return nil
}
