package wallets

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

func allCurrencies(ctx context.Context, db *postgres.DB) ([]models.Currency, error) {
	var rows []models.Currency
	err := db.GORM(ctx).Order("position").Find(&rows).Error
	return rows, wrap("currencies", err)
}

// lockWalletsOf locks the account's row, which serialises changes to the set of its wallets, then its wallets in id order,
// as the ledger does. The owner is read as far as it says whether anything may come in.
func lockWalletsOf(tx *postgres.Tx, account uuid.UUID) (rows []models.Wallet, owner models.Account, err error) {
	err = tx.GORM().Raw(`SELECT status, closes_at FROM accounts WHERE id = ? FOR NO KEY UPDATE`, account).Scan(&owner).Error
	if err != nil {
		return nil, owner, wrap("lock account", err)
	}
	err = tx.GORM().Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("account_id = ?", account).Order("id").Find(&rows).Error
	return rows, owner, wrap("lock", err)
}

func insertWallet(tx *postgres.Tx, w models.Wallet) (models.Wallet, error) {
	err := tx.GORM().Create(&w).Error
	return w, wrap("insert", err)
}

func saveWallet(tx *postgres.Tx, w models.Wallet) error {
	return wrap("save", tx.GORM().Model(&models.Wallet{}).Where("id = ?", w.ID).Select("name", "is_default", "closed_at").Updates(w).Error)
}

// protectedAt tells whether protected money may still come to a wallet, or come back to it. The wallet is locked: no more can begin to.
func protectedAt(tx *postgres.Tx, wallet int64) (waiting bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM transfers WHERE status = 'PROTECTED' AND from_wallet_id = @wallet)
    OR EXISTS (SELECT 1 FROM transfers WHERE status = 'PROTECTED' AND to_wallet_id = @wallet)`, map[string]any{"wallet": wallet}).Row().Scan(&waiting)
	return waiting, wrap("protected", err)
}

func walletsOf(ctx context.Context, db *postgres.DB, account uuid.UUID) ([]models.Wallet, error) {
	var rows []models.Wallet
	err := db.GORM(ctx).Where("account_id = ? AND kind = 'USER'", account).Order("id").Find(&rows).Error
	return rows, wrap("list", err)
}

func walletByNumber(ctx context.Context, db *postgres.DB, number string, field []string) (models.Wallet, error) {
	var w models.Wallet
	err := db.GORM(ctx).Take(&w, "number = ? AND kind = 'USER'", number).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return w, fault.New(fault.RecipientNotFound, field...)
	}
	return w, wrap("find", err)
}

// identityByNumber is asked for with most transfers to someone new, so it speaks to the pool itself: GORM would cost more than
// all else about it.
func identityByNumber(ctx context.Context, db *postgres.DB, number string, field []string) (Identity, error) {
	found := Identity{Number: number}
	err := db.Pool.QueryRow(ctx, `SELECT id, account_id, currency FROM wallets WHERE number = $1 AND kind = 'USER'`, number).
		Scan(&found.ID, &found.AccountID, &found.Currency)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, fault.New(fault.RecipientNotFound, field...)
	}
	return found, wrap("identify", err)
}

func defaultWallet(ctx context.Context, db *postgres.DB, account uuid.UUID, letter string, field []string) (models.Wallet, error) {
	var w models.Wallet
	err := db.GORM(ctx).Take(&w, "account_id = ? AND currency = ? AND is_default", account, letter).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return w, fault.New(fault.RecipientHasNoWallet, field...)
	}
	return w, wrap("default", err)
}

func walletsByNumber(ctx context.Context, db *postgres.DB, account uuid.UUID, numbers []string) (map[string]models.Wallet, error) {
	var rows []models.Wallet
	err := db.GORM(ctx).Where("number IN ? AND account_id = ?", numbers, account).Find(&rows).Error
	found := make(map[string]models.Wallet, len(rows))
	for _, row := range rows {
		found[row.Number] = row
	}
	return found, wrap("numbers", err)
}

// entriesOf takes the same part of each wallet's statement by its primary key, however long the statements are.
func entriesOf(ctx context.Context, db *postgres.DB, walletIDs []int64, span Span) (map[int64][]models.Entry, error) {
	order, bounds := "DESC", ""
	if span.Oldest {
		order = "ASC"
	}
	if span.After > 0 {
		bounds += " AND version > @after"
	}
	if span.Before > 0 {
		bounds += " AND version < @before"
	}
	var rows []models.Entry
	err := db.GORM(ctx).Raw(`SELECT e.* FROM wallets w CROSS JOIN LATERAL (
    SELECT * FROM entries WHERE wallet_id = w.id`+bounds+` ORDER BY version `+order+` LIMIT @limit) e
WHERE w.id IN @ids ORDER BY e.wallet_id, e.version DESC`,
		map[string]any{"ids": walletIDs, "after": span.After, "before": span.Before, "limit": span.Limit}).Scan(&rows).Error
	found := make(map[int64][]models.Entry, len(walletIDs))
	for _, row := range rows {
		found[row.WalletID] = append(found[row.WalletID], row)
	}
	return found, wrap("entries", err)
}

func entriesAt(ctx context.Context, db *postgres.DB, pairs [][]any) ([]models.Entry, error) {
	var rows []models.Entry
	err := db.GORM(ctx).Where("(wallet_id, version) IN ?", pairs).Find(&rows).Error
	return rows, wrap("entries", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("wallets: %s: %w", what, err)
	}
	return nil
}

func shutWallets(tx *postgres.Tx, account uuid.UUID, shut bool) error {
	return wrap("shut", tx.GORM().Exec(`UPDATE wallets SET shut = ? WHERE account_id = ?`, shut, account).Error)
}

func closeWallets(tx *postgres.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return wrap("close", tx.GORM().Exec(`UPDATE wallets SET closed_at = ?, is_default = false WHERE id IN ?`, tx.Now, ids).Error)
}

func haveMoved(tx *postgres.Tx, account uuid.UUID) (moved bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM wallets WHERE account_id = ? AND version > 0)`, account).Row().Scan(&moved)
	return moved, wrap("moved", err)
}
