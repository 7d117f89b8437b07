package ledger

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
	"purser/models"
)

func (b *book) lock() string {
	if b.skipLocked {
		return "FOR NO KEY UPDATE SKIP LOCKED"
	}
	return "FOR NO KEY UPDATE"
}

// queueLocks locks wallets in id order and puts them into the book.
func (b *book) queueLocks(batch *pgx.Batch, ids []int64) {
	batch.Queue(`
SELECT id, account_id, kind, currency, balance, version, head_hash, closed_at
FROM wallets WHERE id = ANY($1) ORDER BY id `+b.lock(), ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var w models.Wallet
			if err := rows.Scan(&w.ID, &w.AccountID, &w.Kind, &w.Currency, &w.Balance, &w.Version, &w.HeadHash, &w.ClosedAt); err != nil {
				return err
			}
			b.wallets[w.ID] = &w
		}
		return rows.Err()
	})
}

const transferColumns = `id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id,
from_account_id, to_account_id, amount, fee, fee_paid_by, memo, challenge_id, confirm_by, confirmed_at, created_at, posted_at, completed_at`

// queueKeys finds the transfers that postings repeat. It reads after the locks, so it sees what whoever held them has written.
func (b *book) queueKeys(batch *pgx.Batch, accounts, keys []uuid.UUID) {
	batch.Queue(`SELECT `+transferColumns+` FROM transfers
JOIN unnest($1::uuid[], $2::uuid[]) AS asked (by_account, by_key) ON account_id = by_account AND idempotency_key = by_key`,
		postgres.UUIDs(accounts), postgres.UUIDs(keys)).
		Query(func(rows pgx.Rows) error {
			return eachTransfer(rows, func(t models.Transfer) { b.byKey[key{t.AccountID, t.IdempotencyKey}] = t })
		})
}

// queueStored locks the transfers that postings continue, in id order.
func (b *book) queueStored(batch *pgx.Batch, ids []uuid.UUID) {
	batch.Queue(`SELECT `+transferColumns+` FROM transfers WHERE id = ANY($1) ORDER BY id `+b.lock(), postgres.UUIDs(ids)).Query(func(rows pgx.Rows) error {
		return eachTransfer(rows, func(t models.Transfer) { b.stored[t.ID] = t })
	})
}

// queueHeads locks the heads of the accounts' events, where they are to be had. A group that waits for nobody must know before it
// writes; any other waits for them when it does.
func (b *book) queueHeads(batch *pgx.Batch, accounts []uuid.UUID) {
	batch.Queue(`SELECT account_id FROM event_heads WHERE account_id = ANY($1) ORDER BY account_id `+b.lock(), postgres.UUIDs(accounts)).
		Query(func(rows pgx.Rows) error {
			var account uuid.UUID
			_, err := pgx.ForEachRow(rows, []any{&account}, func() error { b.heads[account] = true; return nil })
			return err
		})
}

// queuePolicies reads how much accounts let go without a code; of one that is not active, nothing.
func (b *book) queuePolicies(batch *pgx.Batch, accounts []uuid.UUID) {
	batch.Queue(`SELECT p.account_id, p.currency, p.without_code_upto FROM confirmation_policies p
JOIN accounts a ON a.id = p.account_id WHERE p.account_id = ANY($1) AND a.status = 'ACTIVE'`, postgres.UUIDs(accounts)).
		Query(func(rows pgx.Rows) error {
			var p policy
			var upTo int64
			_, err := pgx.ForEachRow(rows, []any{&p.account, &p.currency, &upTo}, func() error { b.allowed[p] = upTo; return nil })
			return err
		})
}

// queueParties reads whether accounts have agreed to what counts now, until when they are held, and whether anything may come in. Whoever
// closes an account holds its wallets until the commit: it reads after the locks, so nothing comes in behind a closing.
func (b *book) queueParties(batch *pgx.Batch, accounts []uuid.UUID) {
	batch.Queue(`
SELECT a.id, a.closes_at IS NOT NULL OR a.status = 'CLOSED', a.transfers_held_until, a.accepted_terms >= coalesce(c.terms, 0) AND a.accepted_data >= coalesce(c.data, 0)
FROM accounts a CROSS JOIN (SELECT max(version) FILTER (WHERE kind = 'TERMS_OF_TRANSFER') AS terms, max(version) FILTER (WHERE kind = 'PERSONAL_DATA') AS data
    FROM agreements WHERE published_at <= $2) c
WHERE a.id = ANY($1)`, postgres.UUIDs(accounts), b.now).
		Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var id uuid.UUID
				var p party
				if err := rows.Scan(&id, &p.takesNothing, &p.heldUntil, &p.agreed); err != nil {
					return err
				}
				b.parties[id] = p
			}
			return rows.Err()
		})
}

func eachTransfer(rows pgx.Rows, use func(models.Transfer)) error {
	for rows.Next() {
		var t models.Transfer
		err := rows.Scan(&t.ID, &t.Kind, &t.Status, &t.AccountID, &t.IdempotencyKey, &t.Fingerprint, &t.Currency, &t.FromWalletID,
			&t.ToWalletID, &t.FromAccountID, &t.ToAccountID, &t.Amount, &t.Fee, &t.FeePaidBy, &t.Memo, &t.ChallengeID, &t.ConfirmBy,
			&t.ConfirmedAt, &t.CreatedAt, &t.PostedAt, &t.CompletedAt)
		if err != nil {
			return err
		}
		use(t)
	}
	return rows.Err()
}

// queueTransfers inserts the rows of new transfers, posted as they are, and marks the stored ones as posted.
func queueTransfers(batch *pgx.Batch, inserted, updated []models.Transfer, now time.Time) {
	if n := len(inserted); n > 0 {
		ids, accounts, keys := make([]uuid.UUID, n), make([]uuid.UUID, n), make([]uuid.UUID, n)
		fromAccounts, toAccounts := make([]uuid.UUID, n), make([]uuid.UUID, n)
		kinds, currencies, payers, memos := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		fingerprints, created := make([][]byte, n), make([]time.Time, n)
		from, to, amounts, fees := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		for i, t := range inserted {
			ids[i], kinds[i], accounts[i], keys[i], fingerprints[i] = t.ID, t.Kind, t.AccountID, t.IdempotencyKey, t.Fingerprint
			currencies[i], from[i], to[i], fromAccounts[i], toAccounts[i] = t.Currency, t.FromWalletID, t.ToWalletID, t.FromAccountID, t.ToAccountID
			amounts[i], fees[i], payers[i], memos[i], created[i] = t.Amount, t.Fee, t.FeePaidBy, t.Memo, t.CreatedAt
		}
		batch.Queue(`
INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id,
                       from_account_id, to_account_id, amount, fee, fee_paid_by, memo, created_at, posted_at, completed_at)
SELECT id, kind, 'COMPLETED', account, key, fingerprint, currency, from_wallet, to_wallet,
       from_account, to_account, amount, fee, payer, memo, created, $16, $16
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bytea[], $6::text[], $7::bigint[], $8::bigint[],
            $9::uuid[], $10::uuid[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::timestamptz[])
     AS t (id, kind, account, key, fingerprint, currency, from_wallet, to_wallet, from_account, to_account, amount, fee, payer, memo, created)`,
			postgres.UUIDs(ids), kinds, postgres.UUIDs(accounts), postgres.UUIDs(keys), postgres.Bytes(fingerprints), currencies, from, to,
			postgres.UUIDs(fromAccounts), postgres.UUIDs(toAccounts), amounts, fees, payers, memos, created, now)
	}
	if n := len(updated); n > 0 {
		ids := make([]uuid.UUID, n)
		for i, t := range updated {
			ids[i] = t.ID
		}
		batch.Queue(`UPDATE transfers SET status = 'COMPLETED', posted_at = $2, completed_at = $2 WHERE id = ANY($1)`, postgres.UUIDs(ids), now)
	}
}

func queueEntries(batch *pgx.Batch, entries []models.Entry) {
	n := len(entries)
	wallets, versions, amounts, balances := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	transfers, times, hashes := make([]uuid.UUID, n), make([]time.Time, n), make([][]byte, n)
	for i, e := range entries {
		wallets[i], versions[i], amounts[i], balances[i] = e.WalletID, e.Version, e.Amount, e.BalanceAfter
		transfers[i], times[i], hashes[i] = e.TransferID, e.PostedAt, e.Hash
	}
	batch.Queue(`
INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::bytea[])`,
		wallets, versions, postgres.UUIDs(transfers), amounts, balances, times, postgres.Bytes(hashes))
}

// queueWallets writes the last balance, version and hash of each wallet the group moved.
func queueWallets(batch *pgx.Batch, b *book) {
	moved := map[int64]bool{}
	var ids, balances, versions []int64
	var hashes [][]byte
	for _, e := range b.entries {
		if moved[e.WalletID] {
			continue
		}
		moved[e.WalletID] = true
		w := b.wallets[e.WalletID]
		ids, balances = append(ids, w.ID), append(balances, w.Balance)
		versions, hashes = append(versions, w.Version), append(hashes, w.HeadHash)
	}
	batch.Queue(`
UPDATE wallets SET balance = w.balance, version = w.version, head_hash = w.hash
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[]) AS w (id, balance, version, hash)
WHERE wallets.id = w.id`, ids, balances, versions, postgres.Bytes(hashes))
}
