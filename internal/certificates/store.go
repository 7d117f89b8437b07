package certificates

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

var forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}

func lockedAccount(tx *postgres.Tx, id uuid.UUID) (models.Account, error) {
	var account models.Account
	err := tx.GORM().Clauses(forUpdate).Take(&account, "id = ?", id).Error
	return account, wrap("account", err)
}

func lockAccount(tx *postgres.Tx, id uuid.UUID) error {
	_, err := lockedAccount(tx, id)
	return err
}

// setLevel gives an account a certificate, and its wallets what they may hold by it. They are locked in id order, as the ledger does.
func setLevel(tx *postgres.Tx, account uuid.UUID, level string) error {
	err := tx.GORM().Model(&models.Account{}).Where("id = ?", account).Update("certificate_level", level).Error
	if err == nil {
		err = tx.GORM().Exec(`SELECT 1 FROM wallets WHERE account_id = ? ORDER BY id FOR NO KEY UPDATE`, account).Error
	}
	if err == nil {
		err = tx.GORM().Exec(`UPDATE wallets w SET balance_cap = (SELECT l.balance_cap FROM spending_limits l WHERE l.level = ? AND l.currency = w.currency)
			WHERE w.account_id = ? AND w.kind = 'USER'`, level, account).Error
	}
	return wrap("level", err)
}

func hasPending(tx *postgres.Tx, account uuid.UUID) (pending bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM certificate_requests WHERE account_id = ? AND status = 'PENDING')`, account).Row().Scan(&pending)
	return pending, wrap("pending", err)
}

func insertRequest(tx *postgres.Tx, r models.CertificateRequest) error {
	return wrap("request", tx.GORM().Create(&r).Error)
}

func saveRequest(tx *postgres.Tx, r models.CertificateRequest) error {
	return wrap("decide", tx.GORM().Select("status", "reason", "decided_at", "decided_by").Updates(&r).Error)
}

// lockRequest locks the account before the request, as everything does that touches both.
func lockRequest(tx *postgres.Tx, id uuid.UUID) (r models.CertificateRequest, account models.Account, err error) {
	err = tx.GORM().Take(&r, "id = ?", id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, account, fault.New(fault.StepOutOfOrder, "requestId")
	}
	if err != nil {
		return r, account, wrap("request", err)
	}
	if account, err = lockedAccount(tx, r.AccountID); err != nil {
		return r, account, err
	}
	err = tx.GORM().Clauses(forUpdate).Take(&r, "id = ?", id).Error
	return r, account, wrap("request", err)
}

func latestRequest(ctx context.Context, db *postgres.DB, account uuid.UUID) (*models.CertificateRequest, error) {
	var rows []models.CertificateRequest
	err := db.GORM(ctx).Where("account_id = ?", account).Order("id DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, wrap("latest", err)
	}
	return &rows[0], nil
}

func requestsByID(ctx context.Context, db *postgres.DB, account uuid.UUID, ids []uuid.UUID) ([]models.CertificateRequest, error) {
	var rows []models.CertificateRequest
	err := db.GORM(ctx).Where("id IN ? AND account_id = ?", ids, account).Find(&rows).Error
	return rows, wrap("read", err)
}

func waitingRequests(ctx context.Context, db *postgres.DB, after *uuid.UUID, limit int) ([]models.CertificateRequest, error) {
	query := db.GORM(ctx).Where("status = 'PENDING'").Order("id").Limit(limit)
	if after != nil {
		query = query.Where("id > ?", *after)
	}
	var rows []models.CertificateRequest
	err := query.Find(&rows).Error
	return rows, wrap("queue", err)
}

func findDocument(tx *postgres.Tx, id uuid.UUID) (*models.Document, error) {
	var rows []models.Document
	err := tx.GORM().Find(&rows, "id = ?", id).Error
	if err != nil || len(rows) == 0 {
		return nil, wrap("document", err)
	}
	return &rows[0], nil
}

func readDocument(ctx context.Context, db *postgres.DB, id uuid.UUID) (models.Document, error) {
	var row models.Document
	err := db.GORM(ctx).Take(&row, "id = ?", id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, fault.New(fault.Forbidden)
	}
	return row, wrap("document", err)
}

func countLoose(tx *postgres.Tx, account uuid.UUID) (n int64, err error) {
	err = tx.GORM().Model(&models.Document{}).Where("account_id = ? AND request_id IS NULL", account).Count(&n).Error
	return n, wrap("count documents", err)
}

func insertDocument(tx *postgres.Tx, d models.Document) error {
	return wrap("insert document", tx.GORM().Create(&d).Error)
}

// attachDocuments gives a request those of its documents that may belong to it, and says of which kinds they are.
func attachDocuments(tx *postgres.Tx, r models.CertificateRequest, ids []uuid.UUID) (kinds []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = tx.GORM().Raw(`UPDATE documents SET request_id = @request WHERE id IN @ids AND account_id = @account AND request_id IS NULL RETURNING kind`,
		map[string]any{"request": r.ID, "ids": ids, "account": r.AccountID}).Scan(&kinds).Error
	return kinds, wrap("attach", err)
}

func documentsOf(ctx context.Context, db *postgres.DB, requests []uuid.UUID) (map[uuid.UUID][]models.Document, error) {
	var rows []models.Document
	err := db.GORM(ctx).Omit("sealed").Where("request_id IN ?", requests).Order("id").Find(&rows).Error
	found := make(map[uuid.UUID][]models.Document, len(requests))
	for _, row := range rows {
		found[*row.RequestID] = append(found[*row.RequestID], row)
	}
	return found, wrap("documents", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("certificates: %s: %w", what, err)
	}
	return nil
}
