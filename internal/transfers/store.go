package transfers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

// viewSQL joins both sides of a transfer t. Only a transfer that has moved no money asks whether others did.
const viewSQL = `
SELECT t.*, fw.number AS from_number, fa.wmid AS from_wmid, fa.first_name_sealed AS from_first_name, fa.last_name_sealed AS from_last_name,
       tw.number AS to_number, ta.wmid AS to_wmid, ta.first_name_sealed AS to_first_name, ta.last_name_sealed AS to_last_name, true AS named,
       t.status = 'COMPLETED'
       OR EXISTS (SELECT 1 FROM transfers k WHERE k.posted_at IS NOT NULL AND k.status = 'COMPLETED' AND k.from_account_id = t.from_account_id AND k.to_account_id = t.to_account_id)
       OR EXISTS (SELECT 1 FROM transfers k WHERE k.posted_at IS NOT NULL AND k.status = 'COMPLETED' AND k.from_account_id = t.to_account_id AND k.to_account_id = t.from_account_id) AS known
FROM %s
JOIN wallets fw ON fw.id = t.from_wallet_id JOIN accounts fa ON fa.id = t.from_account_id
JOIN wallets tw ON tw.id = t.to_wallet_id JOIN accounts ta ON ta.id = t.to_account_id
WHERE %s ORDER BY t.id DESC`

func viewsByID(ctx context.Context, db *postgres.DB, account uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]View, error) {
	var views []View
	sql := fmt.Sprintf(viewSQL, "transfers t",
		"t.id IN @ids AND (t.from_account_id = @account OR t.account_id = @account OR (t.to_account_id = @account AND t.posted_at IS NOT NULL))")
	err := db.GORM(ctx).Raw(sql, map[string]any{"ids": ids, "account": account}).Scan(&views).Error
	found := make(map[uuid.UUID]View, len(views))
	for _, v := range views {
		found[v.ID] = v
	}
	return found, wrap("read", err)
}

func viewByKey(ctx context.Context, db *postgres.DB, account, key uuid.UUID) (View, bool, error) {
	var view View
	sql := fmt.Sprintf(viewSQL, "transfers t", "t.account_id = @account AND t.idempotency_key = @key")
	result := db.GORM(ctx).Raw(sql, map[string]any{"account": account, "key": key}).Scan(&view)
	return view, result.RowsAffected > 0, wrap("read by key", result.Error)
}

// acquainted tells whether money has ever moved between two accounts for good: what was protected and came back makes nobody known.
func acquainted(ctx context.Context, db *postgres.DB, a, b uuid.UUID) (known bool, err error) {
	err = db.GORM(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM transfers WHERE posted_at IS NOT NULL AND status = 'COMPLETED' AND from_account_id = @a AND to_account_id = @b)
    OR EXISTS (SELECT 1 FROM transfers WHERE posted_at IS NOT NULL AND status = 'COMPLETED' AND from_account_id = @b AND to_account_id = @a)`,
		map[string]any{"a": a, "b": b}).Row().Scan(&known)
	return known, wrap("acquainted", err)
}

func insertTransfer(tx *postgres.Tx, t models.Transfer) error {
	return wrap("insert", tx.GORM().Create(&t).Error)
}

func lockSent(tx *postgres.Tx, account, id uuid.UUID) (models.Transfer, error) {
	var t models.Transfer
	err := tx.GORM().Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&t, "id = ? AND from_account_id = ?", id, account).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return t, fault.New(fault.TransferNotFound, "transferId")
	}
	return t, wrap("lock", err)
}

// lockReceived finds a transfer that has reached its recipient, protected or not.
func lockReceived(tx *postgres.Tx, account, id uuid.UUID) (models.Transfer, error) {
	var t models.Transfer
	err := tx.GORM().Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).
		Take(&t, "id = ? AND to_account_id = ? AND posted_at IS NOT NULL", id, account).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return t, fault.New(fault.TransferNotFound, "transferId")
	}
	return t, wrap("lock", err)
}

func saveAttempt(tx *postgres.Tx, t models.Transfer) error {
	return wrap("attempt", tx.GORM().Model(&t).Select("accepted_at", "attempts_left", "settle_at").Updates(t).Error)
}

// dueTransfers are protected ones that something has ended, those that wait longest first.
func dueTransfers(ctx context.Context, db *postgres.DB, limit int) ([]models.Transfer, error) {
	var rows []models.Transfer
	err := db.GORM(ctx).Where("status = 'PROTECTED' AND settle_at <= ?", db.Now()).Order("settle_at").Limit(limit).Find(&rows).Error
	return rows, wrap("due", err)
}

func settleLater(ctx context.Context, db *postgres.DB, id uuid.UUID, at time.Time) error {
	return wrap("settle later", db.GORM(ctx).Exec(`UPDATE transfers SET settle_at = ? WHERE id = ? AND status = 'PROTECTED'`, at, id).Error)
}

func markConfirmed(tx *postgres.Tx, id uuid.UUID) error {
	return wrap("confirm", tx.GORM().Model(&models.Transfer{}).Where("id = ?", id).Update("confirmed_at", tx.Now).Error)
}

func setStatus(tx *postgres.Tx, id uuid.UUID, status string) error {
	return wrap("status", tx.GORM().Model(&models.Transfer{}).Where("id = ?", id).Update("status", status).Error)
}

func expireTransfers(tx *postgres.Tx, limit int) ([]models.Transfer, error) {
	var rows []models.Transfer
	err := tx.GORM().Raw(`UPDATE transfers SET status = 'EXPIRED' WHERE id IN (
    SELECT id FROM transfers WHERE status = 'AWAITING_CONFIRMATION' AND confirm_by <= ?
    ORDER BY confirm_by LIMIT ? FOR NO KEY UPDATE SKIP LOCKED) RETURNING *`, tx.Now, limit).Scan(&rows).Error
	slices.SortFunc(rows, func(a, b models.Transfer) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return rows, wrap("expire", err)
}

// lockPolicy reads a policy for one request at a time; the account's row stands in for a policy that has none yet, and tells until when
// transfers are held.
func lockPolicy(tx *postgres.Tx, account uuid.UUID, letter string) (p models.ConfirmationPolicy, heldUntil *time.Time, err error) {
	err = tx.GORM().Raw(`SELECT transfers_held_until FROM accounts WHERE id = ? FOR NO KEY UPDATE`, account).Row().Scan(&heldUntil)
	if err != nil {
		return p, nil, wrap("policy", err)
	}
	var rows []models.ConfirmationPolicy
	err = tx.GORM().Where("account_id = ? AND currency = ?", account, letter).Find(&rows).Error
	return firstPolicy(rows, account, letter), heldUntil, wrap("policy", err)
}

func policiesOf(ctx context.Context, db *postgres.DB, account uuid.UUID) (rows []models.ConfirmationPolicy, err error) {
	err = db.GORM(ctx).Where("account_id = ?", account).Order("currency").Find(&rows).Error
	return rows, wrap("policies", err)
}

func firstPolicy(rows []models.ConfirmationPolicy, account uuid.UUID, letter string) models.ConfirmationPolicy {
	if len(rows) == 0 {
		return models.ConfirmationPolicy{AccountID: account, Currency: letter}
	}
	return rows[0]
}

func savePolicy(tx *postgres.Tx, p models.ConfirmationPolicy) error {
	return wrap("policy", tx.GORM().Clauses(clause.OnConflict{UpdateAll: true}).Create(&p).Error)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("transfers: %s: %w", what, err)
	}
	return nil
}

func isFrozen(orm *gorm.DB, account uuid.UUID) (frozen bool, err error) {
	err = orm.Raw(`SELECT status = 'FROZEN' FROM accounts WHERE id = ?`, account).Row().Scan(&frozen)
	return frozen, wrap("frozen", err)
}
