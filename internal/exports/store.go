package exports

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

func insertExport(tx *postgres.Tx, e models.DataExport) error {
	return wrap("insert", tx.GORM().Create(&e).Error)
}

func saveExport(tx *postgres.Tx, e models.DataExport) error {
	return wrap("save", tx.GORM().Model(&models.DataExport{}).Where("id = ?", e.ID).
		Select("status", "attempt", "claimed_until", "token_mac", "chunks", "bytes", "expires_at").Updates(e).Error)
}

func lastExport(orm *gorm.DB, account uuid.UUID) (*models.DataExport, error) {
	var rows []models.DataExport
	err := orm.Where("account_id = ?", account).Order("requested_at DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, wrap("last", err)
	}
	return &rows[0], nil
}

// lockExport is nil when there is none.
func lockExport(tx *postgres.Tx, id uuid.UUID) (*models.DataExport, error) {
	var rows []models.DataExport
	err := tx.GORM().Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Find(&rows, "id = ?", id).Error
	if err != nil || len(rows) == 0 {
		return nil, wrap("lock", err)
	}
	return &rows[0], nil
}

func exportByMAC(tx *postgres.Tx, mac []byte) (models.DataExport, error) {
	var row models.DataExport
	err := tx.GORM().Take(&row, "token_mac = ?", mac).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, errSpent()
	}
	return row, wrap("find", err)
}

func insertChunk(ctx context.Context, db *postgres.DB, row models.DataExportChunk) error {
	_, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (bool, error) { return true, tx.GORM().Create(&row).Error })
	return wrap("chunk", err)
}

func readChunk(ctx context.Context, db *postgres.DB, e models.DataExport, n int) (row models.DataExportChunk, err error) {
	err = db.GORM(ctx).Take(&row, "export_id = ? AND attempt = ? AND n = ?", e.ID, e.Attempt, n).Error
	return row, wrap("chunk", err)
}

func dropChunks(tx *postgres.Tx, exports []uuid.UUID) error {
	return wrap("drop chunks", tx.GORM().Delete(&models.DataExportChunk{}, "export_id IN ?", exports).Error)
}

// endExports ends what is over, the oldest first; what another server has in hand is left to it.
func endExports(tx *postgres.Tx, limit int) (rows []models.DataExport, err error) {
	err = tx.GORM().Raw(`UPDATE data_exports SET status = CASE status WHEN 'READY' THEN 'EXPIRED' ELSE 'FAILED' END, token_mac = NULL, claimed_until = NULL
WHERE id = ANY(ARRAY(SELECT id FROM data_exports WHERE expires_at <= ? AND status IN ('QUEUED', 'RUNNING', 'READY')
    ORDER BY expires_at LIMIT ? FOR NO KEY UPDATE SKIP LOCKED)) RETURNING *`, tx.Now, limit).Scan(&rows).Error
	return rows, wrap("end", err)
}

// acceptancesOf are the agreements that an account has accepted.
func acceptancesOf(ctx context.Context, db *postgres.DB, account uuid.UUID) (rows []models.AgreementAcceptance, err error) {
	err = db.GORM(ctx).Where("account_id = ?", account).Order("accepted_at, kind, version").Find(&rows).Error
	return rows, wrap("agreements", err)
}

// requestsOf are a part of an account's requests for certificates, oldest first.
func requestsOf(ctx context.Context, db *postgres.DB, account, after uuid.UUID, limit int) (rows []models.CertificateRequest, err error) {
	err = db.GORM(ctx).Where("account_id = ? AND id > ?", account, after).Order("id").Limit(limit).Find(&rows).Error
	return rows, wrap("certificates", err)
}

func passkeysOf(ctx context.Context, db *postgres.DB, account uuid.UUID) (rows []models.Passkey, err error) {
	err = db.GORM(ctx).Where("account_id = ?", account).Order("created_at, id").Find(&rows).Error
	return rows, wrap("passkeys", err)
}

func policiesOf(ctx context.Context, db *postgres.DB, account uuid.UUID) (rows []models.ConfirmationPolicy, err error) {
	err = db.GORM(ctx).Where("account_id = ?", account).Order("currency").Find(&rows).Error
	return rows, wrap("policies", err)
}

func blockedOf(ctx context.Context, db *postgres.DB, account uuid.UUID) (rows []blocked, err error) {
	err = db.GORM(ctx).Raw(`SELECT a.wmid, b.created_at FROM blocks b JOIN accounts a ON a.id = b.blocked_id WHERE b.account_id = ?
ORDER BY b.created_at, a.wmid`, account).Scan(&rows).Error
	return rows, wrap("blocked", err)
}

// known is a contact as it is read.
type known struct {
	ID           uuid.UUID `gorm:"column:id"`
	WMID         string    `gorm:"column:wmid"`
	Name         string    `gorm:"column:name_sealed;serializer:sealed" sealed:"contacts.name_sealed,ID"`
	WalletNumber *string   `gorm:"column:number"`
	CreatedAt    time.Time `gorm:"column:created_at"`
}

func contactsOf(ctx context.Context, db *postgres.DB, account uuid.UUID) (rows []known, err error) {
	err = db.GORM(ctx).Raw(`SELECT c.id, a.wmid, c.name_sealed, w.number, c.created_at FROM contacts c JOIN accounts a ON a.id = c.contact_id
LEFT JOIN wallets w ON w.id = c.wallet_id WHERE c.account_id = ? ORDER BY c.id`, account).Scan(&rows).Error
	return rows, wrap("contacts", err)
}

// refusedOf are a part of what an account tried to send and could not, oldest first.
func refusedOf(ctx context.Context, db *postgres.DB, account, after uuid.UUID, limit int) (rows []models.RefusedTransfer, err error) {
	err = db.GORM(ctx).Where("account_id = ? AND id > ?", account, after).Order("id").Limit(limit).Find(&rows).Error
	return rows, wrap("refused", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("exports: %s: %w", what, err)
	}
	return nil
}
