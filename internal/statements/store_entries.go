package statements

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/accounts"
	"purser/internal/postgres"
	"purser/models"
)

const (
	// linesAtOnce are read with one statement, and taken by the client before the next: few, so that a slow one is not idle for long.
	linesAtOnce = 250
	// skewed is how many entries may stand beside each other in another order than their times: servers' clocks differ a little.
	skewed = 1000
)

// snapshot is the database as it stood at one moment, to be read only.
type snapshot struct {
	db *postgres.DB
	tx pgx.Tx
}

func openSnapshot(ctx context.Context, db *postgres.DB) (*snapshot, error) {
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	return &snapshot{db, tx}, wrap("snapshot", err)
}

// close gives the connection back; one whose reader left in the middle is closed by pgx.
func (s *snapshot) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.tx.Rollback(ctx) // it has changed nothing
}

// versionBefore is the version of a wallet's last entry before a time, 0 when there is none. Entries have no index by time, which every transfer
// would pay for: their order is that of their times, but for a few that two servers wrote at the same moment, so that it is found by halving. Of
// those few the first that is not before the time is the border, whoever asks.
func (s *snapshot) versionBefore(ctx context.Context, wallet int64, t time.Time) (int64, error) {
	low, high := int64(0), int64(0) // low is before the time, high+1 is not
	if err := s.tx.QueryRow(ctx, `SELECT version FROM wallets WHERE id = $1`, wallet).Scan(&high); err != nil {
		return 0, wrap("head", err)
	}
	for low < high {
		middle := low + (high-low+1)/2
		var at time.Time
		err := s.tx.QueryRow(ctx, `SELECT posted_at FROM entries WHERE wallet_id = $1 AND version = $2`, wallet, middle).Scan(&at)
		if err != nil {
			return 0, wrap("time", err)
		}
		if at.Before(t) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	var border *int64
	err := s.tx.QueryRow(ctx, `SELECT min(version) FROM entries WHERE wallet_id = $1 AND version BETWEEN $2 AND $3 AND posted_at >= $4`,
		wallet, low-skewed, low, t).Scan(&border)
	if err != nil || border == nil {
		return low, wrap("border", err)
	}
	return *border - 1, nil
}

// balanceAt is what a wallet held after an entry, and the entry's hash; before the first, nothing.
func (s *snapshot) balanceAt(ctx context.Context, wallet, version int64) (balance int64, hash []byte, err error) {
	err = s.tx.QueryRow(ctx, `SELECT balance_after, hash FROM entries WHERE wallet_id = $1 AND version = $2`, wallet, version).Scan(&balance, &hash)
	if errors.Is(err, pgx.ErrNoRows) && version == 0 {
		return 0, nil, nil
	}
	return balance, hash, wrap("balance", err)
}

// lines are the next entries behind a version, at most linesAtOnce. What moved money has made the two sides known to each other: names are whole.
func (s *snapshot) lines(ctx context.Context, wallet, after, last int64) ([]line, error) {
	rows, err := s.tx.Query(ctx, `
SELECT e.version, e.posted_at, t.id, t.kind, o.number, o.id, o.first_name_sealed, o.last_name_sealed, t.memo, e.amount, e.balance_after, e.hash
FROM (SELECT * FROM entries WHERE wallet_id = $1 AND version > $2 AND version <= $3 ORDER BY version LIMIT $4) AS e
CROSS JOIN LATERAL (SELECT * FROM transfers WHERE id = e.transfer_id LIMIT 1) AS t
CROSS JOIN LATERAL (SELECT w.number, a.id, a.first_name_sealed, a.last_name_sealed FROM wallets w JOIN accounts a ON a.id = w.account_id
    WHERE w.id = CASE WHEN t.from_wallet_id = e.wallet_id THEN t.to_wallet_id ELSE t.from_wallet_id END LIMIT 1) AS o
ORDER BY e.version`, wallet, after, last, linesAtOnce)
	if err != nil {
		return nil, wrap("lines", err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l line, err error) {
		var owner uuid.UUID
		var first, last []byte
		err = row.Scan(&l.Version, &l.At, &l.Transfer, &l.Kind, &l.Number, &owner, &first, &last, &l.Memo, &l.Amount, &l.Balance, &l.Hash)
		if err == nil {
			l.Name, err = s.nameOf(owner, first, last)
		}
		return l, err
	})
	return lines, wrap("lines", err)
}

func (s *snapshot) nameOf(owner uuid.UUID, first, last []byte) (string, error) {
	firstName, err := s.db.OpenSealed("accounts", "first_name_sealed", owner, first)
	if err != nil {
		return "", err
	}
	lastName, err := s.db.OpenSealed("accounts", "last_name_sealed", owner, last)
	return accounts.DisplayName(firstName, lastName), err
}

// entryOf is the entry that a transfer made in a wallet at about a time, nil when it made none.
func (s *snapshot) entryOf(ctx context.Context, wallet int64, transfer uuid.UUID, at time.Time) (*models.Entry, error) {
	before, err := s.versionBefore(ctx, wallet, at)
	if err != nil {
		return nil, err
	}
	var e models.Entry
	err = s.tx.QueryRow(ctx, `SELECT version, amount, balance_after, posted_at, hash FROM entries
WHERE wallet_id = $1 AND version BETWEEN $2 AND $3 AND transfer_id = $4 ORDER BY version DESC LIMIT 1`, wallet, before-skewed, before+5*skewed, transfer).
		Scan(&e.Version, &e.Amount, &e.BalanceAfter, &e.PostedAt, &e.Hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // no money has moved in it
	}
	return &e, wrap("entry", err)
}
