package verification

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/models"
)

var errNone = errors.New("verification: no such challenge")

func insertChallenge(tx *postgres.Tx, c models.Challenge) error {
	if err := tx.GORM().Create(&c).Error; err != nil {
		return fmt.Errorf("verification: insert: %w", err)
	}
	return nil
}

func lockChallenge(tx *postgres.Tx, id uuid.UUID) (models.Challenge, error) {
	var c models.Challenge
	err := tx.GORM().Clauses(clause.Locking{Strength: "UPDATE"}).Take(&c, "id = ?", id).Error
	return c, found(err)
}

func findChallenge(orm *gorm.DB, id uuid.UUID) (models.Challenge, error) {
	var c models.Challenge
	err := orm.Take(&c, "id = ?", id).Error
	return c, found(err)
}

func saveChallenge(tx *postgres.Tx, c models.Challenge) error {
	err := tx.GORM().Model(&models.Challenge{}).Where("id = ?", c.ID).
		Select("code_mac", "attempts_left", "sends", "expires_at", "resend_at", "used_at", "message_id").Updates(c).Error
	if err != nil {
		return fmt.Errorf("verification: save: %w", err)
	}
	return nil
}

// bumpCounter adds one to a window, or begins a new one when the old is over.
func bumpCounter(tx *postgres.Tx, key []byte, window time.Duration) (used int, endsAt time.Time, err error) {
	ends := tx.Now.Add(window)
	// The key does not stand first behind a parenthesis: GORM would take its bytes for a list of values.
	err = tx.GORM().Raw(`
INSERT INTO rate_counters AS c (used, key_mac, ends_at) VALUES (1, ?, ?)
ON CONFLICT (key_mac) DO UPDATE SET
    used    = CASE WHEN c.ends_at <= ? THEN 1 ELSE c.used + 1 END,
    ends_at = CASE WHEN c.ends_at <= ? THEN excluded.ends_at ELSE c.ends_at END
RETURNING used, ends_at`, key, ends, tx.Now, tx.Now).Row().Scan(&used, &endsAt)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("verification: count: %w", err)
	}
	return used, endsAt, nil
}

// lowerCounter takes one from a window that is still open; of one that has ended meanwhile, at most a count too many is forgotten.
func lowerCounter(tx *postgres.Tx, key []byte) error {
	err := tx.GORM().Exec(`UPDATE rate_counters SET used = used - 1 WHERE key_mac = ? AND used > 0 AND ends_at > ?`, key, tx.Now).Error
	if err != nil {
		return fmt.Errorf("verification: count: %w", err)
	}
	return nil
}

func readCounter(ctx context.Context, db *postgres.DB, key []byte) (used int, endsAt time.Time, err error) {
	var row struct {
		Used   int
		EndsAt time.Time
	}
	err = db.GORM(ctx).Raw(`SELECT used, ends_at FROM rate_counters WHERE key_mac = ?`, key).Scan(&row).Error
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("verification: counter: %w", err)
	}
	return row.Used, row.EndsAt, nil
}

// lockedCounter reads a counter and keeps others from changing it until the commit. The caller holds the challenge it is about.
func lockedCounter(tx *postgres.Tx, key []byte) (used int, endsAt time.Time, err error) {
	var row struct {
		Used   int
		EndsAt time.Time
	}
	err = tx.GORM().Raw(`SELECT used, ends_at FROM rate_counters WHERE key_mac = ? FOR UPDATE`, key).Scan(&row).Error
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("verification: counter: %w", err)
	}
	return row.Used, row.EndsAt, nil
}

func dropCounter(tx *postgres.Tx, key []byte) error {
	if err := tx.GORM().Exec(`DELETE FROM rate_counters WHERE key_mac = ?`, key).Error; err != nil {
		return fmt.Errorf("verification: counter: %w", err)
	}
	return nil
}

func voidChallenges(tx *postgres.Tx, ids []uuid.UUID) error {
	err := tx.GORM().Model(&models.Challenge{}).Where("id IN ? AND used_at IS NULL", ids).Update("used_at", tx.Now).Error
	if err != nil {
		return fmt.Errorf("verification: void: %w", err)
	}
	return nil
}

func found(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errNone
	}
	if err != nil {
		return fmt.Errorf("verification: read: %w", err)
	}
	return nil
}
