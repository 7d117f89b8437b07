package accounts

import (
	"fmt"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

// Lock reads an account for one transaction at a time.
func (s *Service) Lock(tx *postgres.Tx, id uuid.UUID) (models.Account, error) {
	return lockAccount(tx, id)
}

func saveRegained(tx *postgres.Tx, a models.Account) error {
	err := tx.GORM().Model(&models.Account{}).Where("id = ?", a.ID).Select("password_hash", "phone_sealed", "phone_mac", "transfers_held_until").Updates(a).Error
	switch {
	case postgres.Violates(err, "accounts_phone_key"):
		return fault.New(fault.PhoneTaken)
	case err != nil:
		return fmt.Errorf("accounts: regain: %w", err)
	}
	return nil
}
