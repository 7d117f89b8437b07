package operators

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

// demoLock is the number of the advisory lock that lets one server at a time write the demo data.
const demoLock = 7_067_001

func issueWallet(ctx context.Context, db *postgres.DB, letter string) (models.Wallet, error) {
	var w models.Wallet
	if err := db.GORM(ctx).Take(&w, "currency = ? AND kind = 'ISSUE' AND shard = 0", letter).Error; err != nil {
		return w, fmt.Errorf("operators: issue wallet: %w", err)
	}
	return w, nil
}

func insertAction(ctx context.Context, db *postgres.DB, a models.OperatorAction) error {
	if err := db.GORM(ctx).Create(&a).Error; err != nil {
		return fmt.Errorf("operators: log: %w", err)
	}
	return nil
}

func insertActionTx(tx *postgres.Tx, a models.OperatorAction) error {
	if err := tx.GORM().Create(&a).Error; err != nil {
		return fmt.Errorf("operators: log: %w", err)
	}
	return nil
}

// onlyOne runs fn while no other server of this database does.
func onlyOne(ctx context.Context, db *postgres.DB, fn func() error) error {
	conn, err := db.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("operators: lock: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, demoLock); err != nil {
		return fmt.Errorf("operators: lock: %w", err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, demoLock) //nolint:errcheck // ends with the connection
	return fn()
}

func operatorsOf(ctx context.Context, db *postgres.DB) (wmids []string, err error) {
	if err := db.GORM(ctx).Raw(`SELECT wmid FROM accounts WHERE role = 'OPERATOR' ORDER BY wmid LIMIT 1000`).Scan(&wmids).Error; err != nil {
		return nil, fmt.Errorf("operators: list: %w", err)
	}
	return wmids, nil
}

// setRole also notes since when: whoever became an operator after a request does not approve it.
func setRole(tx *postgres.Tx, account uuid.UUID, role string) error {
	if err := tx.GORM().Exec(`UPDATE accounts SET role = ?, operator_since = ? WHERE id = ?`, role, tx.Now, account).Error; err != nil {
		return fmt.Errorf("operators: role: %w", err)
	}
	return nil
}
