package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/internal/number"
	"purser/models"
)

// till is what a poster works with beside people's wallets: the system's wallets of its shard, by currency, and the limits of certificates.
type till struct {
	shard     int
	read      time.Time // when; currencies and limits may change
	fees      map[string]int64
	protected map[string]int64
	limits    map[tier]models.SpendingLimit
}

// walletsOf are the wallets that a transfer may move money of.
func (t *till) walletsOf(transfer models.Transfer) []int64 {
	ids := []int64{transfer.FromWalletID, transfer.ToWalletID}
	if transfer.Fee > 0 {
		ids = append(ids, t.fees[transfer.Currency])
	}
	if transfer.IsProtected() {
		ids = append(ids, t.protected[transfer.Currency])
	}
	return ids
}

// takeShard finds a shard that no other poster has, and makes its wallets if there are none yet. When all are taken, the
// first is shared: that is as right, and slower.
func takeShard(ctx context.Context, conn *pgx.Conn) (*till, error) {
	shard := 0
	for candidate := range shards {
		var mine bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, shardLock, candidate).Scan(&mine); err != nil {
			return nil, fmt.Errorf("shard: %w", err)
		}
		if mine {
			shard = candidate
			break
		}
	}
	return openTill(ctx, conn, shard)
}

// openTill makes the wallets of a shard that are not there yet, also for currencies that came later, and reads the till.
func openTill(ctx context.Context, conn *pgx.Conn, shard int) (*till, error) {
	_, err := conn.Exec(ctx, `
INSERT INTO wallets (number, account_id, kind, currency, shard, name, is_default, opened_at)
SELECT letter || digits, $3, kind, letter, $4, name, false, now()
FROM currencies CROSS JOIN (VALUES ('FEES', $1, 'Fees'), ('PROTECTED', $2, 'Protected transfers')) AS k (kind, digits, name) ORDER BY letter, kind
ON CONFLICT DO NOTHING`, shardDigits(shard, feesDigit), shardDigits(shard, protectedDigit), models.SystemAccountID, shard)
	if err != nil {
		return nil, fmt.Errorf("shard's wallets: %w", err)
	}
	return readTill(ctx, conn, shard)
}

// readTill reads the wallets of a shard, and the limits.
func readTill(ctx context.Context, q querier, shard int) (*till, error) {
	t := &till{shard: shard, read: now(), fees: map[string]int64{}, protected: map[string]int64{}, limits: map[tier]models.SpendingLimit{}}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT kind, currency, id FROM wallets WHERE kind IN ('FEES', 'PROTECTED') AND shard = $1`, shard).Query(func(rows pgx.Rows) error {
		var kind, letter string
		var id int64
		_, err := pgx.ForEachRow(rows, []any{&kind, &letter, &id}, func() error {
			map[string]map[string]int64{models.WalletFees: t.fees, models.WalletProtected: t.protected}[kind][letter] = id
			return nil
		})
		return err
	})
	batch.Queue(`SELECT level, currency, per_day, per_week, per_month, balance_cap FROM spending_limits`).Query(func(rows pgx.Rows) error {
		var l models.SpendingLimit
		_, err := pgx.ForEachRow(rows, []any{&l.Level, &l.Currency, &l.PerDay, &l.PerWeek, &l.PerMonth, &l.BalanceCap}, func() error {
			t.limits[tier{l.Level, l.Currency}] = l
			return nil
		})
		return err
	})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("shard's wallets: %w", err)
	}
	return t, nil
}

// Kinds of system wallets in the digits of their numbers. Those of shard 0 came with the schema.
const (
	feesDigit      = 2
	protectedDigit = 3
)

func shardDigits(shard, kind int) string {
	payload := fmt.Sprintf("%07d%04d", shard, kind)
	return payload + string(number.CheckDigit(payload))
}
