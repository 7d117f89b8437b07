package notifications

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/models"
)

// lockWallets locks accounts and then their wallets, each in id order, as package contacts does.
func lockWallets(tx *postgres.Tx, accounts []uuid.UUID) error {
	err := tx.GORM().Exec(`SELECT 1 FROM accounts WHERE id IN ? ORDER BY id FOR NO KEY UPDATE`, accounts).Error
	if err == nil {
		err = tx.GORM().Exec(`SELECT 1 FROM wallets WHERE account_id IN ? ORDER BY id FOR NO KEY UPDATE`, accounts).Error
	}
	return wrap("lock", err)
}

// markWallets marks the wallets of accounts for the ledger, or takes the mark away, by what stands in the tables now.
func markWallets(tx *postgres.Tx, accounts []uuid.UUID) error {
	return wrap("mark", tx.GORM().Exec(`UPDATE wallets SET notified = NOT notified WHERE account_id IN ? AND notified <> is_notified(account_id)`, accounts).Error)
}

func choicesOf(orm *gorm.DB, account uuid.UUID) (rows []models.NotificationChoice, err error) {
	err = orm.Where("account_id = ?", account).Find(&rows).Error
	return rows, wrap("choices", err)
}

func saveChoice(tx *postgres.Tx, row models.NotificationChoice) error {
	return wrap("choice", tx.GORM().Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}

func quietRow(orm *gorm.DB, account uuid.UUID) (row models.QuietHours, set bool, err error) {
	var rows []models.QuietHours
	err = orm.Where("account_id = ?", account).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return row, false, wrap("quiet hours", err)
	}
	return rows[0], true, nil
}

func quietOf(orm *gorm.DB, account uuid.UUID) (*Quiet, error) {
	row, set, err := quietRow(orm, account)
	if err != nil || !set {
		return nil, err
	}
	return quietView(row), nil
}

func saveQuiet(tx *postgres.Tx, row models.QuietHours) error {
	return wrap("quiet hours", tx.GORM().Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
}

func dropQuiet(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("quiet hours", tx.GORM().Delete(&models.QuietHours{}, "account_id = ?", account).Error)
}

// dueNotices are those to be told now, those that wait longest first.
func dueNotices(ctx context.Context, db *postgres.DB, limit int) (rows []models.Notice, err error) {
	err = db.GORM(ctx).Where("due_at <= ?", db.Now()).Order("due_at").Limit(limit).Find(&rows).Error
	return rows, wrap("due", err)
}

// lockNotice takes a notice that is still due, unless another server has it.
func lockNotice(tx *postgres.Tx, id uuid.UUID) (row models.Notice, held bool, err error) {
	found := tx.GORM().Raw(`SELECT * FROM notices WHERE id = ? AND due_at <= ? FOR UPDATE SKIP LOCKED`, id, tx.Now).Scan(&row)
	return row, found.RowsAffected > 0, wrap("take", found.Error)
}

func dropNotice(tx *postgres.Tx, id uuid.UUID) error {
	return wrap("told", tx.GORM().Delete(&models.Notice{}, "id = ?", id).Error)
}

func deferNotice(tx *postgres.Tx, id uuid.UUID, until time.Time) error {
	return wrap("defer", tx.GORM().Exec(`UPDATE notices SET due_at = ?, lettered = true WHERE id = ?`, until, id).Error)
}

func postpone(ctx context.Context, db *postgres.DB, id uuid.UUID, until time.Time) error {
	_, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (struct{}, error) {
		err := tx.GORM().Exec(`DELETE FROM notices WHERE id = ? AND created_at < ?`, id, tx.Now.Add(-3*tellLife)).Error // enough of it
		if err == nil {
			err = tx.GORM().Exec(`UPDATE notices SET due_at = ? WHERE id = ? AND due_at <= ?`, until, id, tx.Now).Error
		}
		return struct{}{}, err
	})
	return wrap("postpone", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("notifications: %s: %w", what, err)
	}
	return nil
}
