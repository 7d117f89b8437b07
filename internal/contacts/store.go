package contacts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/models"
)

// lockWallets locks an account and then its wallets, in id order. Nobody opens a wallet meanwhile, and the ledger posts nothing into one.
func lockWallets(tx *postgres.Tx, account uuid.UUID) error {
	err := lockAccount(tx, account)
	if err == nil {
		err = tx.GORM().Exec(`SELECT 1 FROM wallets WHERE account_id = ? ORDER BY id FOR NO KEY UPDATE`, account).Error
	}
	return wrap("lock", err)
}

func lockAccount(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("lock", tx.GORM().Exec(`SELECT 1 FROM accounts WHERE id = ? FOR NO KEY UPDATE`, account).Error)
}

// lockList locks as lockWallets does, and reads whom the account blocks.
func lockList(tx *postgres.Tx, account uuid.UUID) (map[uuid.UUID]time.Time, error) {
	if err := lockWallets(tx, account); err != nil {
		return nil, err
	}
	var rows []models.Block
	err := tx.GORM().Where("account_id = ?", account).Limit(Most + 1).Find(&rows).Error
	list := make(map[uuid.UUID]time.Time, len(rows))
	for _, row := range rows {
		list[row.BlockedID] = row.CreatedAt
	}
	return list, wrap("lock", err)
}

func insertBlock(tx *postgres.Tx, row models.Block) error {
	return wrap("insert", tx.GORM().Create(&row).Error)
}

func deleteBlock(tx *postgres.Tx, account, blocked uuid.UUID) error {
	return wrap("delete", tx.GORM().Delete(&models.Block{}, "account_id = ? AND blocked_id = ?", account, blocked).Error)
}

// screenWallets marks the wallets of an account for the ledger, or takes the mark away, by what stands in the tables now.
func screenWallets(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("screen", tx.GORM().Exec(`UPDATE wallets SET screened = NOT screened WHERE account_id = @account AND screened <> is_screened(@account)`,
		map[string]any{"account": account}).Error)
}

func blocksOf(ctx context.Context, db *postgres.DB, account uuid.UUID) (rows []models.Block, err error) {
	err = db.GORM(ctx).Where("account_id = ?", account).Order("created_at DESC, blocked_id").Limit(Most).Find(&rows).Error
	return rows, wrap("list", err)
}

func peopleBlockedBy(ctx context.Context, db *postgres.DB, account uuid.UUID) (map[uuid.UUID]models.Account, error) {
	var rows []models.Account
	err := db.GORM(ctx).Where("id = ANY (ARRAY(SELECT blocked_id FROM blocks WHERE account_id = ?))", account).Find(&rows).Error
	people := make(map[uuid.UUID]models.Account, len(rows))
	for _, row := range rows {
		people[row.ID] = row
	}
	return people, wrap("people", err)
}

// blockedBy finds an account among those that another blocks; the zero UUID when it is not among them. Faults: InvalidWMID.
func blockedBy(ctx context.Context, db *postgres.DB, account uuid.UUID, wmid string) (uuid.UUID, error) {
	wmid = strings.TrimSpace(wmid)
	if !number.ValidWMID(wmid) {
		return uuid.Nil, fault.New(fault.InvalidWMID, "wmid")
	}
	var ids []uuid.UUID
	err := db.GORM(ctx).Raw(`SELECT b.blocked_id FROM accounts a JOIN blocks b ON b.blocked_id = a.id AND b.account_id = ? WHERE a.wmid = ?`, account, wmid).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return uuid.Nil, wrap("find", err)
	}
	return ids[0], nil
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("contacts: %s: %w", what, err)
	}
	return nil
}
