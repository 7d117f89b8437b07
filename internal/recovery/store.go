package recovery

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

func insertRecovery(tx *postgres.Tx, r models.Recovery) error {
	return wrap("insert", tx.GORM().Create(&r).Error)
}

func lockRecovery(tx *postgres.Tx, id uuid.UUID) (models.Recovery, error) {
	var row models.Recovery
	err := tx.GORM().Clauses(clause.Locking{Strength: "UPDATE"}).Take(&row, "id = ?", id).Error
	return row, wrap("lock", err)
}

// readRecovery finds a recovery without locking it.
func readRecovery(tx *postgres.Tx, condition string, mac []byte) (models.Recovery, error) {
	var row models.Recovery
	err := tx.GORM().Take(&row, condition, mac).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, fault.New(fault.CodeExpired, "token")
	}
	return row, wrap("read", err)
}

func saveRecovery(tx *postgres.Tx, r models.Recovery) error {
	return wrap("save", tx.GORM().Model(&models.Recovery{}).Where("id = ?", r.ID).
		Select("challenge_id", "phone_verified_at", "answers_left", "new_phone_sealed", "cancel_mac", "ready_at", "expires_at", "ended_at").Updates(r).Error)
}

// endRecoveries ends all of an account's, also those that others have begun.
func endRecoveries(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("end", tx.GORM().Model(&models.Recovery{}).Where("account_id = ? AND ended_at IS NULL", account).Update("ended_at", tx.Now).Error)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("recovery: %s: %w", what, err)
	}
	return nil
}
