package contacts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/models"
)

// latelySQL is whom an account has paid among the newest it sent. The account is asked for as a value that the planner does not know: see package
// transfers.
const latelySQL = `
WITH lately AS MATERIALIZED (
    SELECT to_account_id, max(completed_at) AS paid_at FROM (
        SELECT to_account_id, completed_at, status, kind FROM transfers WHERE from_account_id = (SELECT CAST(@account AS uuid)) ORDER BY id DESC LIMIT @looks
    ) t WHERE status = 'COMPLETED' AND kind = 'PAYMENT' AND to_account_id <> @account GROUP BY to_account_id)`

// contactSQL reads a part of an account's contacts, named by a condition, an order and a limit.
const contactSQL = latelySQL + `
SELECT c.id, c.contact_id, c.name_sealed, c.created_at, a.wmid, a.first_name_sealed AS first_name, a.last_name_sealed AS last_name,
       w.number AS wallet_number, l.paid_at,
       EXISTS (SELECT 1 FROM transfers k WHERE k.posted_at IS NOT NULL AND k.status = 'COMPLETED' AND k.from_account_id = @account AND k.to_account_id = c.contact_id)
       OR EXISTS (SELECT 1 FROM transfers k WHERE k.posted_at IS NOT NULL AND k.status = 'COMPLETED' AND k.from_account_id = c.contact_id AND k.to_account_id = @account) AS known
FROM (SELECT * FROM contacts WHERE account_id = @account%s ORDER BY id %s LIMIT @limit) c
JOIN accounts a ON a.id = c.contact_id
LEFT JOIN wallets w ON w.id = c.wallet_id AND w.closed_at IS NULL
LEFT JOIN lately l ON l.to_account_id = c.contact_id
ORDER BY c.id DESC`

func listContacts(ctx context.Context, db *postgres.DB, account uuid.UUID, p Page) (rows []Contact, err error) {
	args := map[string]any{"account": account, "limit": p.Limit, "looks": LooksBack}
	condition, order := "", "DESC"
	if p.Before != nil {
		condition, args["before"] = condition+" AND id < @before", *p.Before
	}
	if p.After != nil {
		condition, args["after"] = condition+" AND id > @after", *p.After
	}
	if p.Oldest {
		order = "ASC"
	}
	err = db.GORM(ctx).Raw(fmt.Sprintf(contactSQL, condition, order), args).Scan(&rows).Error
	return rows, wrap("contacts", err)
}

func contactsByID(ctx context.Context, db *postgres.DB, account uuid.UUID, ids []uuid.UUID) (rows []Contact, err error) {
	args := map[string]any{"account": account, "limit": len(ids), "looks": LooksBack, "ids": ids}
	err = db.GORM(ctx).Raw(fmt.Sprintf(contactSQL, " AND id IN @ids", "DESC"), args).Scan(&rows).Error
	return rows, wrap("contacts", err)
}

// suggested knows them: it has paid them.
func suggested(ctx context.Context, db *postgres.DB, account uuid.UUID, limit int) (rows []Contact, err error) {
	err = db.GORM(ctx).Raw(latelySQL+`
SELECT a.id AS contact_id, a.wmid, a.first_name_sealed AS first_name, a.last_name_sealed AS last_name, l.paid_at, true AS known
FROM lately l JOIN accounts a ON a.id = l.to_account_id
WHERE a.role <> 'SYSTEM' AND a.status <> 'CLOSED' AND NOT EXISTS (SELECT 1 FROM contacts WHERE account_id = @account AND contact_id = a.id)
ORDER BY l.paid_at DESC, a.id LIMIT @limit`, map[string]any{"account": account, "limit": limit, "looks": LooksBack}).Scan(&rows).Error
	return rows, wrap("suggested", err)
}

func contactOf(tx *postgres.Tx, account, other uuid.UUID) (models.Contact, bool, error) {
	return oneContact(tx, "account_id = ? AND contact_id = ?", account, other)
}

func ownContact(tx *postgres.Tx, account, id uuid.UUID) (models.Contact, bool, error) {
	return oneContact(tx, "account_id = ? AND id = ?", account, id)
}

func oneContact(tx *postgres.Tx, condition string, args ...any) (row models.Contact, found bool, err error) {
	var rows []models.Contact
	err = tx.GORM().Where(condition, args...).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return row, false, wrap("contact", err)
	}
	return rows[0], true, nil
}

func countContacts(tx *postgres.Tx, account uuid.UUID) (count int, err error) {
	err = tx.GORM().Raw(`SELECT count(*) FROM contacts WHERE account_id = ?`, account).Row().Scan(&count)
	return count, wrap("count", err)
}

func saveContact(tx *postgres.Tx, row models.Contact) error {
	return wrap("save", tx.GORM().Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"name_sealed", "wallet_id"}),
	}).Create(&row).Error)
}

func deleteContact(tx *postgres.Tx, account, id uuid.UUID) (removed bool, err error) {
	result := tx.GORM().Delete(&models.Contact{}, "account_id = ? AND id = ?", account, id)
	return result.RowsAffected > 0, wrap("remove", result.Error)
}

func savePolicy(tx *postgres.Tx, account uuid.UUID, policy string) (changed bool, err error) {
	result := tx.GORM().Model(&models.Account{}).Where("id = ? AND incoming_policy <> ?", account, policy).Update("incoming_policy", policy)
	return result.RowsAffected > 0, wrap("policy", result.Error)
}

func readPolicy(ctx context.Context, db *postgres.DB, account uuid.UUID) (policy string, err error) {
	err = db.GORM(ctx).Raw(`SELECT incoming_policy FROM accounts WHERE id = ?`, account).Row().Scan(&policy)
	return policy, wrap("policy", err)
}
