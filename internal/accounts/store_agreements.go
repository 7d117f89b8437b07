package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

// acceptAllAgreements accepts what counts now for an account that is being made. What it was given is in the row already, or comes along.
func acceptAllAgreements(tx *postgres.Tx, account uuid.UUID, d Device) error {
	err := tx.GORM().Exec(`
WITH accepted AS (
    INSERT INTO agreement_acceptances (account_id, kind, version, accepted_at, device_name, device_platform)
    SELECT @account, kind, version, @now, @name, @platform FROM (`+currentAgreementsSQL+`) AS current RETURNING kind, version
)
UPDATE accounts SET
    accepted_terms = coalesce((SELECT version FROM accepted WHERE kind = 'TERMS_OF_TRANSFER'), 0),
    accepted_data  = coalesce((SELECT version FROM accepted WHERE kind = 'PERSONAL_DATA'), 0)
WHERE id = @account`, map[string]any{"account": account, "now": tx.Now, "name": d.Name, "platform": d.Platform}).Error
	if err != nil {
		return fmt.Errorf("accounts: accept agreements: %w", err)
	}
	return nil
}

// acceptAgreement writes down that a version was accepted, once, with the device of the session as it is called at the moment.
func acceptAgreement(tx *postgres.Tx, account uuid.UUID, id AgreementID, session *uuid.UUID) error {
	err := tx.GORM().Exec(`
INSERT INTO agreement_acceptances (account_id, kind, version, accepted_at, session_id, device_name, device_platform)
SELECT a.*, coalesce(d.name, ''), coalesce(d.platform, '')
FROM (SELECT CAST(@account AS uuid), CAST(@kind AS text), CAST(@version AS integer), CAST(@now AS timestamptz), CAST(@session AS uuid) AS session_id) AS a
LEFT JOIN sessions s ON s.id = a.session_id LEFT JOIN devices d ON d.id = s.device_id
ON CONFLICT DO NOTHING`,
		map[string]any{"account": account, "kind": id.Kind, "version": id.Version, "now": tx.Now, "session": session}).Error
	if err != nil {
		return fmt.Errorf("accounts: accept an agreement: %w", err)
	}
	return nil
}

func saveAccepted(tx *postgres.Tx, a models.Account) error {
	err := tx.GORM().Model(&models.Account{}).Where("id = ?", a.ID).Select("accepted_terms", "accepted_data").Updates(a).Error
	if err != nil {
		return fmt.Errorf("accounts: accepted agreements: %w", err)
	}
	return nil
}

func pendingAgreements(ctx context.Context, db *postgres.DB, account uuid.UUID) ([]models.Agreement, error) {
	var pending []models.Agreement
	err := db.GORM(ctx).Raw(`
SELECT c.* FROM (`+currentAgreementsSQL+`) AS c JOIN accounts a ON a.id = @account
WHERE c.version > CASE c.kind WHEN 'TERMS_OF_TRANSFER' THEN a.accepted_terms ELSE a.accepted_data END ORDER BY c.kind DESC`,
		map[string]any{"now": db.Now(), "account": account}).Scan(&pending).Error
	if err != nil {
		return nil, fmt.Errorf("accounts: pending agreements: %w", err)
	}
	return pending, nil
}
