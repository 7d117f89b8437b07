package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

// ErrUnknown is returned when no account answers the question.
var ErrUnknown = errors.New("accounts: no such account")

const currentAgreementsSQL = `SELECT DISTINCT ON (kind) * FROM agreements WHERE published_at <= @now ORDER BY kind DESC, version DESC`

func insertAccount(tx *postgres.Tx, account models.Account) error {
	err := tx.GORM().Create(&account).Error
	switch {
	case postgres.Violates(err, "accounts_phone_key"):
		return fault.New(fault.PhoneTaken)
	case postgres.Violates(err, "accounts_email_key"):
		return fault.New(fault.EmailTaken, "email")
	case err != nil:
		return fmt.Errorf("accounts: insert: %w", err)
	}
	return nil
}

func accountBy(ctx context.Context, db *postgres.DB, condition string, value any) (models.Account, error) {
	var account models.Account
	err := db.GORM(ctx).Take(&account, condition, value).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return account, ErrUnknown
	}
	if err != nil {
		return account, fmt.Errorf("accounts: read: %w", err)
	}
	return account, nil
}

func accountsByID(ctx context.Context, db *postgres.DB, ids []uuid.UUID) (map[uuid.UUID]models.Account, error) {
	var rows []models.Account
	if err := db.GORM(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("accounts: read: %w", err)
	}
	found := make(map[uuid.UUID]models.Account, len(rows))
	for _, row := range rows {
		found[row.ID] = row
	}
	return found, nil
}

// recipient is accountBy for someone else's account: the system's own is nobody's recipient, nor is a closed one.
func recipient(ctx context.Context, db *postgres.DB, field []string, condition string, value any) (models.Account, error) {
	account, err := accountBy(ctx, db, condition+" AND role <> 'SYSTEM' AND status <> 'CLOSED'", value)
	if errors.Is(err, ErrUnknown) {
		return account, fault.New(fault.RecipientNotFound, field...)
	}
	return account, err
}

func lockAccount(tx *postgres.Tx, id uuid.UUID) (models.Account, error) {
	var account models.Account
	if err := tx.GORM().Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&account, "id = ?", id).Error; err != nil {
		return account, fmt.Errorf("accounts: lock: %w", err)
	}
	return account, nil
}

// replaceHash does nothing when the hash is another by now.
func replaceHash(tx *postgres.Tx, id uuid.UUID, old, renewed string) error {
	err := tx.GORM().Model(&models.Account{}).Where("id = ? AND password_hash = ?", id, old).Update("password_hash", renewed).Error
	if err != nil {
		return fmt.Errorf("accounts: renew hash: %w", err)
	}
	return nil
}

func phoneIsTaken(tx *postgres.Tx, mac []byte) (taken bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM accounts WHERE phone_mac = ?)`, mac).Row().Scan(&taken)
	if err != nil {
		return false, fmt.Errorf("accounts: phone: %w", err)
	}
	return taken, nil
}

func emailIsFree(tx *postgres.Tx, mac []byte) error {
	var taken bool
	err := tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM accounts WHERE email_mac = ?)`, mac).Row().Scan(&taken)
	if err != nil {
		return fmt.Errorf("accounts: e-mail: %w", err)
	}
	if taken {
		return fault.New(fault.EmailTaken, "email")
	}
	return nil
}

func confirmEmail(tx *postgres.Tx, id uuid.UUID) error {
	err := tx.GORM().Model(&models.Account{}).Where("id = ?", id).Update("email_verified_at", tx.Now).Error
	if err != nil {
		return fmt.Errorf("accounts: confirm e-mail: %w", err)
	}
	return nil
}

func changeEmail(tx *postgres.Tx, account models.Account) error {
	err := tx.GORM().Model(&account).Select("email_sealed", "email_mac", "email_verified_at").Updates(account).Error
	if postgres.Violates(err, "accounts_email_key") {
		return fault.New(fault.EmailTaken)
	}
	if err != nil {
		return fmt.Errorf("accounts: change e-mail: %w", err)
	}
	return nil
}

// replaceEmailLinks voids an account's unused links and stores a new one.
func replaceEmailLinks(tx *postgres.Tx, link models.EmailVerification) error {
	err := tx.GORM().Model(&models.EmailVerification{}).Where("account_id = ? AND used_at IS NULL", link.AccountID).
		Update("used_at", tx.Now).Error
	if err == nil {
		err = tx.GORM().Create(&link).Error
	}
	if err != nil {
		return fmt.Errorf("accounts: e-mail link: %w", err)
	}
	return nil
}

// emailLinkOwner finds whose link it is, without locking it.
func emailLinkOwner(tx *postgres.Tx, mac []byte) (uuid.UUID, error) {
	var link models.EmailVerification
	err := tx.GORM().Select("account_id").Take(&link, "token_mac = ?", mac).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return link.AccountID, fault.New(fault.CodeExpired, "token")
	}
	if err != nil {
		return link.AccountID, fmt.Errorf("accounts: e-mail link: %w", err)
	}
	return link.AccountID, nil
}

// useEmailLink marks a link as used, and returns it only to the one caller who did so in time.
func useEmailLink(tx *postgres.Tx, mac []byte) (models.EmailVerification, error) {
	var link models.EmailVerification
	result := tx.GORM().Raw(`UPDATE email_verifications SET used_at = ?
WHERE token_mac = ? AND used_at IS NULL AND expires_at > ? RETURNING *`, tx.Now, mac, tx.Now).Scan(&link)
	if result.Error != nil {
		return link, fmt.Errorf("accounts: e-mail link: %w", result.Error)
	}
	if result.RowsAffected == 0 {
		return link, fault.New(fault.CodeExpired, "token")
	}
	return link, nil
}

func insertRegistration(tx *postgres.Tx, r models.Registration) error {
	if err := tx.GORM().Create(&r).Error; err != nil {
		return fmt.Errorf("accounts: registration: %w", err)
	}
	return nil
}

func registrationByMAC(tx *postgres.Tx, mac []byte) (models.Registration, error) {
	var r models.Registration
	err := tx.GORM().Clauses(clause.Locking{Strength: "UPDATE"}).Take(&r, "token_mac = ?", mac).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, fault.New(fault.RegistrationExpired, "token")
	}
	if err != nil {
		return r, fmt.Errorf("accounts: registration: %w", err)
	}
	return r, nil
}

func saveRegistration(tx *postgres.Tx, r models.Registration) error {
	if err := tx.GORM().Save(&r).Error; err != nil {
		return fmt.Errorf("accounts: registration: %w", err)
	}
	return nil
}

func currentAgreements(ctx context.Context, db *postgres.DB) ([]models.Agreement, error) {
	var current []models.Agreement
	if err := db.GORM(ctx).Raw(currentAgreementsSQL, map[string]any{"now": db.Now()}).Scan(&current).Error; err != nil {
		return nil, fmt.Errorf("accounts: agreements: %w", err)
	}
	return current, nil
}
