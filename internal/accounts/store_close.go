package accounts

import (
	"fmt"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

func saveErased(tx *postgres.Tx, a models.Account) error {
	err := tx.GORM().Model(&models.Account{}).Where("id = ?", a.ID).Select("status", "closes_at", "phone_sealed", "phone_mac", "email_sealed", "email_mac",
		"email_verified_at", "first_name_sealed", "middle_name_sealed", "last_name_sealed", "birth_date_sealed", "password_hash", "security_question_sealed", "security_answer_hash").Updates(a).Error
	if err != nil {
		return fmt.Errorf("accounts: erase: %w", err)
	}
	return nil
}

// forgetLinks deletes links to addresses, and ends recoveries with the phones they brought.
func forgetLinks(tx *postgres.Tx, account uuid.UUID) error {
	if err := tx.GORM().Delete(&models.EmailVerification{}, "account_id = ?", account).Error; err != nil {
		return fmt.Errorf("accounts: forget links: %w", err)
	}
	return EndRecoveries(tx, account)
}

// forgetHabits deletes whom an account knew and whom it kept away, and what it wanted to be told of and where. That others know it or keep it away is
// theirs to keep.
func forgetHabits(tx *postgres.Tx, account uuid.UUID) error {
	for _, row := range []any{&models.Contact{}, &models.Block{}, &models.NotificationChoice{}, &models.QuietHours{}, &models.PushDevice{}} {
		if err := tx.GORM().Delete(row, "account_id = ?", account).Error; err != nil {
			return fmt.Errorf("accounts: forget habits: %w", err)
		}
	}
	return nil
}

// EndRecoveries ends the recoveries of an account that is locked: whoever has just changed a password, a question or a contact is there, and
// what an older letter or code has begun is void. A repeat does nothing.
func EndRecoveries(tx *postgres.Tx, account uuid.UUID) error {
	err := tx.GORM().Exec(`UPDATE recoveries SET ended_at = ?, new_phone_sealed = NULL WHERE account_id = ? AND ended_at IS NULL`, tx.Now, account).Error
	if err != nil {
		return fmt.Errorf("accounts: end recoveries: %w", err)
	}
	return nil
}
