package operators

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

const requestSQL = `SELECT r.*, owner.wmid AS wmid, o.wmid AS asked_by, coalesce(d.wmid, '') AS decided_wmid
FROM operator_requests r JOIN wallets w ON w.number = r.wallet_number JOIN accounts owner ON owner.id = w.account_id
JOIN accounts o ON o.id = r.operator_id LEFT JOIN accounts d ON d.id = r.decided_by `

func readRequests(ctx context.Context, db *postgres.DB, rest string, args ...any) (list []Request, err error) {
	if err := db.GORM(ctx).Raw(requestSQL+rest, args...).Scan(&list).Error; err != nil {
		return nil, fmt.Errorf("operators: requests: %w", err)
	}
	return list, nil
}

// requestByKey is nil when there is none.
func requestByKey(ctx context.Context, db *postgres.DB, operator, key uuid.UUID) (*Request, error) {
	list, err := readRequests(ctx, db, `WHERE r.operator_id = ? AND r.idempotency_key = ?`, operator, key)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func requestByID(ctx context.Context, db *postgres.DB, id uuid.UUID) (Request, error) {
	list, err := readRequests(ctx, db, `WHERE r.id = ?`, id)
	if err == nil && len(list) == 0 {
		err = fault.Invalid(fault.Malformed, "requestId")
	}
	if err != nil {
		return Request{}, err
	}
	return list[0], nil
}

func requestsOf(ctx context.Context, db *postgres.DB, status string, after *uuid.UUID, limit int) ([]Request, error) {
	from := uuid.Nil
	if after != nil {
		from = *after
	}
	return readRequests(ctx, db, `WHERE r.status = ? AND r.id > ? ORDER BY r.id LIMIT ?`, status, from, limit)
}

func lockRequest(tx *postgres.Tx, id uuid.UUID) (r models.OperatorRequest, found bool, err error) {
	err = tx.GORM().Clauses(clause.Locking{Strength: "UPDATE"}).Take(&r, "id = ?", id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("operators: request: %w", err)
	}
	return r, true, nil
}

func insertRequest(tx *postgres.Tx, r models.OperatorRequest) error {
	if err := tx.GORM().Create(&r).Error; err != nil {
		return fmt.Errorf("operators: request: %w", err)
	}
	return nil
}

func saveRequest(tx *postgres.Tx, r models.OperatorRequest) error {
	if err := tx.GORM().Model(&r).Select("status", "decided_by", "decided_at", "reason").Updates(r).Error; err != nil {
		return fmt.Errorf("operators: request: %w", err)
	}
	return nil
}

// movedAlone tells whether a key was dealt with, as a transfer or as a request, and what its operator has moved alone since a time in
// the currency, without what the key itself was tried for.
func movedAlone(tx *postgres.Tx, t models.Transfer, since time.Time) (dealtWith bool, sum int64, err error) {
	err = tx.GORM().Raw(`
SELECT EXISTS (SELECT 1 FROM transfers WHERE account_id = @operator AND idempotency_key = @key)
    OR EXISTS (SELECT 1 FROM operator_requests WHERE operator_id = @operator AND idempotency_key = @key),
    coalesce((SELECT sum(amount) FROM operator_moves
              WHERE operator_id = @operator AND currency = @currency AND moved_at > @since AND idempotency_key <> @key), 0)::bigint`,
		map[string]any{"operator": t.AccountID, "key": t.IdempotencyKey, "currency": t.Currency, "since": since}).Row().Scan(&dealtWith, &sum)
	if err != nil {
		return false, 0, fmt.Errorf("operators: moved: %w", err)
	}
	return dealtWith, sum, nil
}

// noteMove counts what is about to be moved; a key that was tried before counts for what it is tried for now.
func noteMove(tx *postgres.Tx, t models.Transfer) error {
	err := tx.GORM().Clauses(clause.OnConflict{UpdateAll: true}).Create(&models.OperatorMove{
		OperatorID: t.AccountID, IdempotencyKey: t.IdempotencyKey, Currency: t.Currency, Amount: t.Amount, MovedAt: tx.Now,
	}).Error
	if err != nil {
		return fmt.Errorf("operators: move: %w", err)
	}
	return nil
}

func expireRequests(ctx context.Context, db *postgres.DB, limit int) (int, error) {
	result := db.GORM(ctx).Exec(`UPDATE operator_requests SET status = 'EXPIRED' WHERE id = ANY (ARRAY(
SELECT id FROM operator_requests WHERE status = 'PENDING' AND expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))`, db.Now(), limit)
	if result.Error != nil {
		return 0, fmt.Errorf("operators: expire: %w", result.Error)
	}
	return int(result.RowsAffected), nil
}

// readLog goes by the index of what it is filtered by.
func readLog(ctx context.Context, db *postgres.DB, p LogPage) (lines []LogLine, err error) {
	query := db.GORM(ctx).Table("operator_actions AS a").Select("a.*, o.wmid AS operator_wmid").Joins("JOIN accounts o ON o.id = a.operator_id")
	if p.Operator != "" {
		query = query.Where("a.operator_id = (SELECT id FROM accounts WHERE wmid = ?)", p.Operator)
	}
	if p.Subject != "" {
		query = query.Where("a.subject = ?", p.Subject)
	}
	if p.Action != "" {
		query = query.Where("a.action = ?", p.Action)
	}
	if p.Before != nil {
		query = query.Where("(a.created_at, a.id) < (?, ?)", p.Before.At, p.Before.ID)
	}
	if err := query.Order("a.created_at DESC, a.id DESC").Limit(p.Limit).Scan(&lines).Error; err != nil {
		return nil, fmt.Errorf("operators: read log: %w", err)
	}
	return lines, nil
}
