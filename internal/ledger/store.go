package ledger

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
	"purser/models"
)

// querier is a poster's connection, or one that only looks.
type querier interface {
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// lock is how rows are locked, those of some tables alone if any are named.
func (b *book) lock(tables ...string) string {
	if b.onlyLook {
		return ""
	}
	lock := "FOR NO KEY UPDATE"
	if len(tables) > 0 {
		lock += " OF " + strings.Join(tables, ", ")
	}
	if b.skipLocked {
		lock += " SKIP LOCKED"
	}
	return lock
}

// queueLocks locks wallets in id order and puts them into the book.
func (b *book) queueLocks(batch *pgx.Batch, ids []int64) {
	batch.Queue(`
SELECT id, account_id, kind, currency, balance, version, head_hash, closed_at, balance_cap, incoming, shut, screened, notified
FROM wallets WHERE id = ANY($1) ORDER BY id `+b.lock(), ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var w models.Wallet
			if err := rows.Scan(&w.ID, &w.AccountID, &w.Kind, &w.Currency, &w.Balance, &w.Version, &w.HeadHash, &w.ClosedAt, &w.Cap, &w.Incoming, &w.Shut, &w.Screened,
				&w.Notified); err != nil {
				return err
			}
			b.wallets[w.ID] = &w
		}
		return rows.Err()
	})
}

const transferColumns = `id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id,
from_account_id, to_account_id, amount, fee, fee_paid_by, memo, challenge_id, confirm_by, confirmed_at, created_at, posted_at, completed_at,
protection, protection_mac, protection_days, attempts_left, protected_until, accepted_at, settle_at, refund_of, refunded`

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

// queueSenders reads what accounts that send to others are judged by, and locks what they have spent.
func (b *book) queueSenders(batch *pgx.Batch, pockets []pocket) {
	slices.SortFunc(pockets, func(a, b pocket) int {
		return cmp.Or(bytes.Compare(a.account[:], b.account[:]), cmp.Compare(a.currency, b.currency))
	})
	pockets = slices.Compact(pockets)
	accounts, currencies := make([]uuid.UUID, len(pockets)), make([]string, len(pockets))
	for i, p := range pockets {
		accounts[i], currencies[i] = p.account, p.currency
	}
	batch.Queue(`
SELECT a.id, s.currency, a.transfers_held_until, a.certificate_level,
       a.accepted_terms >= coalesce((SELECT max(version) FROM agreements WHERE kind = 'TERMS_OF_TRANSFER' AND published_at <= $3), 0)
       AND a.accepted_data >= coalesce((SELECT max(version) FROM agreements WHERE kind = 'PERSONAL_DATA' AND published_at <= $3), 0),
       a.status = 'ACTIVE', coalesce(p.without_code_upto, 0),
       s.spent_at, s.day, s.week, s.month, s.uncoded_since, s.uncoded_hours
FROM unnest($1::uuid[], $2::text[]) AS x (account, currency)
JOIN spending s ON s.account_id = x.account AND s.currency = x.currency JOIN accounts a ON a.id = x.account
LEFT JOIN confirmation_policies p ON p.account_id = x.account AND p.currency = x.currency `+b.lock("s"),
		postgres.UUIDs(accounts), currencies, b.now).
		Query(func(rows pgx.Rows) error {
			for rows.Next() {
				s := &sender{}
				spent := &s.spending
				err := rows.Scan(&spent.AccountID, &spent.Currency, &s.heldUntil, &s.level, &s.agreed, &s.active, &s.allowed,
					&spent.SpentAt, &spent.Day, &spent.Week, &spent.Month, &spent.UncodedSince, &spent.UncodedHours)
				if err != nil {
					return err
				}
				b.senders[pocket{spent.AccountID, spent.Currency}] = s
			}
			return rows.Err()
		})
}

// queueSpending writes what the group's senders have spent.
func (b *book) queueSpending(batch *pgx.Batch) {
	var accounts []uuid.UUID
	var currencies []string
	var days, weeks, months, uncoded []int64
	var hours []string // as text: an array of arrays of different lengths cannot be sent
	var since, spent []time.Time
	for p, s := range b.senders {
		if !s.spent {
			continue
		}
		accounts, currencies = append(accounts, p.account), append(currencies, p.currency)
		days, weeks, months = append(days, s.spending.Day), append(weeks, s.spending.Week), append(months, s.spending.Month)
		since, uncoded, spent = append(since, s.spending.UncodedSince), append(uncoded, s.spending.Uncoded), append(spent, s.spending.SpentAt)
		hours = append(hours, arrayOf(s.spending.UncodedHours))
	}
	if len(accounts) == 0 {
		return
	}
	batch.Queue(`
UPDATE spending SET spent_at = s.spent_at, day = s.day, week = s.week, month = s.month, uncoded_since = s.since, uncoded = s.uncoded,
                    uncoded_hours = s.hours::bigint[]
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::bigint[], $8::timestamptz[], $9::text[])
     AS s (account, currency, day, week, month, since, uncoded, spent_at, hours)
WHERE account_id = s.account AND spending.currency = s.currency`,
		postgres.UUIDs(accounts), currencies, days, weeks, months, since, uncoded, spent, hours)
}

// arrayOf is an array as Postgres reads it.
func arrayOf(numbers []int64) string {
	text := []byte{'{'}
	for i, n := range numbers {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, n, 10)
	}
	return string(append(text, '}'))
}

// queueIncoming writes how much protected money may still come to the wallets that some was sent to, or came from.
func (b *book) queueIncoming(batch *pgx.Batch) {
	for _, id := range b.expecting {
		batch.Queue(`UPDATE wallets SET incoming = $2 WHERE id = $1`, id, b.wallets[id].Incoming)
	}
}

// readLimits reads what an account may send by a certificate, nil when that knows no limit, and what it has sent.
func readLimits(ctx context.Context, q querier, account uuid.UUID, level, currency string) (limit *models.SpendingLimit, s models.Spending, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`SELECT per_day, per_week, per_month FROM spending_limits WHERE level = $1 AND currency = $2`, level, currency).
		Query(func(rows pgx.Rows) error {
			l := models.SpendingLimit{}
			_, err := pgx.ForEachRow(rows, []any{&l.PerDay, &l.PerWeek, &l.PerMonth}, func() error { limit = &l; return nil })
			return err
		})
	batch.Queue(`SELECT spent_at, day, week, month FROM spending WHERE account_id = $1 AND currency = $2`, account, currency).
		Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&s.SpentAt, &s.Day, &s.Week, &s.Month}, func() error { return nil })
			return err
		})
	return limit, s, q.SendBatch(ctx, batch).Close()
}

func eachTransfer(rows pgx.Rows, use func(models.Transfer)) error {
	for rows.Next() {
		var t models.Transfer
		err := rows.Scan(&t.ID, &t.Kind, &t.Status, &t.AccountID, &t.IdempotencyKey, &t.Fingerprint, &t.Currency, &t.FromWalletID,
			&t.ToWalletID, &t.FromAccountID, &t.ToAccountID, &t.Amount, &t.Fee, &t.FeePaidBy, &t.Memo, &t.ChallengeID, &t.ConfirmBy,
			&t.ConfirmedAt, &t.CreatedAt, &t.PostedAt, &t.CompletedAt,
			&t.Protection, &t.ProtectionMAC, &t.ProtectionDays, &t.AttemptsLeft, &t.ProtectedUntil, &t.AcceptedAt, &t.SettleAt, &t.RefundOf, &t.Refunded)
		if err != nil {
			return err
		}
		use(t)
	}
	return rows.Err()
}

// queueTransfers inserts the rows of new transfers, posted as they are: the plain ones together.
func queueTransfers(batch *pgx.Batch, inserted []models.Transfer, now time.Time) {
	special := func(t models.Transfer) bool { return t.IsProtected() || t.RefundOf != nil }
	for _, t := range inserted {
		if special(t) {
			queueTransfer(batch, t)
		}
	}
	inserted = slices.DeleteFunc(inserted, special)
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
}

func queueTransfer(batch *pgx.Batch, t models.Transfer) {
	batch.Queue(`
INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id,
                       from_account_id, to_account_id, amount, fee, fee_paid_by, memo, created_at, posted_at, completed_at,
                       protection, protection_mac, protection_days, attempts_left, protected_until, settle_at, refund_of)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`,
		t.ID, t.Kind, t.Status, t.AccountID, t.IdempotencyKey, t.Fingerprint, t.Currency, t.FromWalletID, t.ToWalletID,
		t.FromAccountID, t.ToAccountID, t.Amount, t.Fee, t.FeePaidBy, t.Memo, t.CreatedAt, t.PostedAt, t.CompletedAt,
		t.Protection, t.ProtectionMAC, t.ProtectionDays, t.AttemptsLeft, t.ProtectedUntil, t.SettleAt, t.RefundOf)
}

// queueChanged writes what has become of the stored transfers.
func (b *book) queueChanged(batch *pgx.Batch) {
	for _, id := range b.changed {
		t := b.stored[id]
		batch.Queue(`UPDATE transfers SET status = $2, posted_at = $3, completed_at = $4, protected_until = $5, settle_at = $6, refunded = $7 WHERE id = $1`,
			t.ID, t.Status, t.PostedAt, t.CompletedAt, t.ProtectedUntil, t.SettleAt, t.Refunded)
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
