package sessions

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/models"
)

func signingKeys(ctx context.Context, db *postgres.DB) ([]models.SigningKey, error) {
	var rows []models.SigningKey
	err := db.GORM(ctx).Order("created_at, kid").Find(&rows).Error
	return rows, wrap("signing keys", err)
}

// insertSigningKey does nothing when another server was first.
func insertSigningKey(ctx context.Context, db *postgres.DB, row models.SigningKey) error {
	return wrap("signing key", db.GORM(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error)
}

// lockKeyInUse is for one rotation at a time: who waited for another one finds no key, or the new one.
func lockKeyInUse(tx *postgres.Tx) (models.SigningKey, error) {
	var row models.SigningKey
	err := tx.GORM().Clauses(clause.Locking{Strength: "UPDATE"}).Take(&row, "retired_at IS NULL").Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return row, wrap("key in use", err)
	}
	var count int64
	if err := tx.GORM().Model(&models.SigningKey{}).Count(&count).Error; err != nil {
		return row, wrap("key in use", err)
	}
	if count > 0 {
		return row, ErrRotating
	}
	return row, errNoKeyInUse
}

func retireKey(tx *postgres.Tx, kid string, at time.Time) error {
	return wrap("retire", tx.GORM().Model(&models.SigningKey{}).Where("kid = ?", kid).Update("retired_at", at).Error)
}

func insertKey(tx *postgres.Tx, row models.SigningKey) error {
	return wrap("signing key", tx.GORM().Create(&row).Error)
}

func deleteRetiredKey(tx *postgres.Tx, kid string) error {
	result := tx.GORM().Where("kid = ? AND retired_at <= ?", kid, tx.Now).Delete(&models.SigningKey{})
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrKeyInUse
	}
	return wrap("remove key", result.Error)
}
