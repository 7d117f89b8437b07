package statements

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
	"purser/models"
)

// movements says what entries e of transfers t are to their wallet's owner, in columns that end up in turnovers. What stays with the owner is none.
const movements = `
       CAST(date_trunc('month', e.posted_at AT TIME ZONE 'UTC') AS date) AS month,
       CASE WHEN e.amount > 0 THEN e.amount + CASE WHEN e.wallet_id = t.to_wallet_id AND t.fee_paid_by = 'RECIPIENT' THEN t.fee ELSE 0 END ELSE 0 END AS incoming,
       CASE WHEN e.amount < 0 THEN -e.amount - CASE WHEN t.fee_paid_by = 'SENDER' THEN t.fee ELSE 0 END ELSE 0 END AS outgoing,
       CASE WHEN e.amount < 0 AND t.fee_paid_by = 'SENDER' OR e.amount > 0 AND e.wallet_id = t.to_wallet_id AND t.fee_paid_by = 'RECIPIENT' THEN t.fee ELSE 0 END AS fees`

// ofTransfer finds the transfer of each entry e by its id, however many there are: Postgres would rather read the whole table.
const ofTransfer = ` CROSS JOIN LATERAL (SELECT * FROM transfers WHERE id = e.transfer_id LIMIT 1) AS t WHERE t.from_account_id <> t.to_account_id`

// walletsBehind are the wallets of an account whose sums end so far back that reading the rest would take long.
func walletsBehind(ctx context.Context, db *postgres.DB, account uuid.UUID, letter string) ([]int64, error) {
	rows, err := db.Pool.Query(ctx, `SELECT w.id FROM wallets w LEFT JOIN turnover_heads h ON h.wallet_id = w.id
WHERE w.account_id = $1 AND w.currency = $2 AND w.kind = 'USER' AND w.version - coalesce(h.version, 0) > $3 ORDER BY w.id`, account, letter, rollAt)
	if err != nil {
		return nil, wrap("behind", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, wrap("behind", err)
}

// walletsBehindAfter is walletsBehind for the next so many wallets of all; last is the last that was looked at, 0 when there is none.
func walletsBehindAfter(ctx context.Context, db *postgres.DB, after int64) (behind []int64, last int64, err error) {
	rows, err := db.Pool.Query(ctx, `SELECT id, kind = 'USER' AND version - coalesce((SELECT h.version FROM turnover_heads h WHERE h.wallet_id = w.id), 0) > $2
FROM wallets w WHERE id > $1 ORDER BY id LIMIT $3`,
		after, rollAt, walletsBatch)
	if err != nil {
		return nil, 0, wrap("sweep", err)
	}
	var isBehind bool
	_, err = pgx.ForEachRow(rows, []any{&last, &isBehind}, func() error {
		if isBehind {
			behind = append(behind, last)
		}
		return nil
	})
	return behind, last, wrap("sweep", err)
}

// rollTurnover adds the next entries of a wallet to its sums and returns how many there were. It locks the wallet's head, so that no two add
// the same; versions have no gaps and become visible in their order, so that none is left out. The wallet itself is not locked: postings go on.
func rollTurnover(ctx context.Context, db *postgres.DB, wallet int64, most int) (added int, err error) {
	return postgres.InTx(ctx, db, func(tx *postgres.Tx) (added int, err error) {
		var head int64
		if err := tx.GORM().Exec(`INSERT INTO turnover_heads (wallet_id, version) VALUES (?, 0) ON CONFLICT DO NOTHING`, wallet).Error; err != nil {
			return 0, wrap("head", err)
		}
		if err := tx.GORM().Raw(`SELECT version FROM turnover_heads WHERE wallet_id = ? FOR UPDATE`, wallet).Row().Scan(&head); err != nil {
			return 0, wrap("head", err)
		}
		err = tx.GORM().Raw(`
WITH next AS MATERIALIZED (SELECT * FROM entries WHERE wallet_id = @wallet AND version > @head ORDER BY version LIMIT @most),
moved AS (SELECT`+movements+` FROM next e`+ofTransfer+`),
summed AS (INSERT INTO turnovers AS s (wallet_id, month, incoming, outgoing, fees, movements)
    SELECT @wallet, month, sum(incoming), sum(outgoing), sum(fees), count(*) FROM moved GROUP BY month
    ON CONFLICT (wallet_id, month) DO UPDATE SET incoming = s.incoming + excluded.incoming, outgoing = s.outgoing + excluded.outgoing,
        fees = s.fees + excluded.fees, movements = s.movements + excluded.movements)
SELECT count(*) FROM next`, map[string]any{"wallet": wallet, "head": head, "most": most}).Row().Scan(&added)
		if err != nil {
			return 0, wrap("roll up", err)
		}
		return added, wrap("head", tx.GORM().Exec(`UPDATE turnover_heads SET version = version + ? WHERE wallet_id = ?`, added, wallet).Error)
	})
}

// readTurnover reads sums and what follows them with one statement, so that no entry is in both or in neither.
func readTurnover(ctx context.Context, db *postgres.DB, account uuid.UUID, letter string, first, last time.Time) ([]models.Turnover, error) {
	var rows []models.Turnover
	err := db.GORM(ctx).Raw(`
WITH own AS MATERIALIZED (SELECT w.id, coalesce(h.version, 0) AS head FROM wallets w LEFT JOIN turnover_heads h ON h.wallet_id = w.id
    WHERE w.account_id = @account AND w.currency = @letter AND w.kind = 'USER'),
parts AS (
    SELECT s.month, s.incoming, s.outgoing, s.fees, s.movements FROM own JOIN turnovers s ON s.wallet_id = own.id
    WHERE s.month BETWEEN @first AND @last
    UNION ALL
    SELECT m.month, m.incoming, m.outgoing, m.fees, 1 FROM own CROSS JOIN LATERAL (
        SELECT`+movements+` FROM (SELECT * FROM entries WHERE wallet_id = own.id AND version > own.head) AS e`+ofTransfer+`) AS m
    WHERE m.month BETWEEN @first AND @last)
SELECT month, sum(incoming) AS incoming, sum(outgoing) AS outgoing, sum(fees) AS fees, sum(movements) AS movements FROM parts GROUP BY month ORDER BY month`,
		map[string]any{"account": account, "letter": letter, "first": first.Format(time.DateOnly), "last": last.Format(time.DateOnly)}).Scan(&rows).Error
	return rows, wrap("turnover", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("statements: %s: %w", what, err)
	}
	return nil
}
