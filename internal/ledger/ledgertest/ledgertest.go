// Package ledgertest proves the ledger's invariants on a test's database, as they must hold at any moment.
package ledgertest

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/ledger"
	"purser/internal/postgres"
	"purser/models"
)

// Check fails the test for every invariant that is broken.
func Check(t testing.TB, db *postgres.DB) {
	t.Helper()
	for name, sql := range map[string]string{
		"a currency does not sum to zero": `SELECT w.currency FROM entries e JOIN wallets w ON w.id = e.wallet_id GROUP BY w.currency HAVING sum(e.amount) <> 0`,
		"a transfer does not sum to zero": `SELECT transfer_id::text FROM entries GROUP BY transfer_id HAVING sum(amount) <> 0`,
		"a balance is not the sum of its entries": `SELECT w.number FROM wallets w LEFT JOIN entries e ON e.wallet_id = w.id
			GROUP BY w.id HAVING w.balance <> coalesce(sum(e.amount), 0)`,
		"a balance is not that of the last entry": `SELECT w.number FROM wallets w JOIN entries e ON e.wallet_id = w.id AND e.version = w.version
			WHERE e.balance_after <> w.balance OR e.hash <> w.head_hash`,
		"versions have gaps": `SELECT w.number FROM wallets w LEFT JOIN entries e ON e.wallet_id = w.id
			GROUP BY w.id HAVING w.version <> count(e.version) OR coalesce(min(e.version), 1) <> 1 OR coalesce(max(e.version), 0) <> w.version`,
		"a user's wallet is below zero": `SELECT w.number FROM wallets w JOIN entries e ON e.wallet_id = w.id WHERE w.kind NOT IN ('ISSUE', 'PROTECTED') AND e.balance_after < 0`,
		"a posted transfer has not its entries, or an unposted one has some": `SELECT t.id::text FROM transfers t LEFT JOIN entries e ON e.transfer_id = t.id
			GROUP BY t.id HAVING count(e.version) <> CASE WHEN t.posted_at IS NULL THEN 0 WHEN t.protection IS NULL THEN 2 + (t.fee > 0)::int
				WHEN t.status = 'PROTECTED' THEN 2 WHEN t.status = 'RETURNED' THEN 4 ELSE 4 + (t.fee > 0)::int END`,
		"the protected wallets do not hold what is protected": `SELECT c.letter FROM currencies c
			WHERE (SELECT coalesce(sum(balance), 0) FROM wallets w WHERE w.kind = 'PROTECTED' AND w.currency = c.letter)
				<> (SELECT coalesce(sum(t.amount + CASE t.fee_paid_by WHEN 'SENDER' THEN t.fee ELSE 0 END), 0) FROM transfers t
					WHERE t.status = 'PROTECTED' AND t.currency = c.letter)`,
		"a wallet does not know what protected money may come to it": `SELECT w.number FROM wallets w
			LEFT JOIN (SELECT to_wallet_id, sum(amount + CASE fee_paid_by WHEN 'SENDER' THEN fee ELSE 0 END - fee) AS coming FROM transfers
				WHERE status = 'PROTECTED' GROUP BY to_wallet_id) t ON t.to_wallet_id = w.id WHERE w.incoming <> coalesce(t.coming, 0)`,
		"more or less was sent back than the refunds say": `SELECT t.id::text FROM transfers t WHERE t.refunded <> (SELECT coalesce(sum(r.amount), 0)
			FROM transfers r WHERE r.refund_of = t.id AND r.posted_at IS NOT NULL)`,
		"events have gaps": `SELECT account_id::text FROM events GROUP BY account_id HAVING min(seq) <> 1 OR max(seq) <> count(*)`,
		"an event head is not the last event": `SELECT h.account_id::text FROM event_heads h
			WHERE h.last_seq <> (SELECT count(*) FROM events e WHERE e.account_id = h.account_id)`,
	} {
		rows, err := db.Pool.Query(context.Background(), sql)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		broken, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(broken) > 0 {
			t.Errorf("%s: %v", name, broken[:min(len(broken), 5)])
		}
	}
	checkChains(t, db)
}

// checkChains computes every hash anew.
func checkChains(t testing.TB, db *postgres.DB) {
	t.Helper()
	rows, err := db.Pool.Query(context.Background(),
		`SELECT wallet_id, version, transfer_id, amount, balance_after, posted_at, hash FROM entries ORDER BY wallet_id, version`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var wallet int64
	var previous []byte
	for rows.Next() {
		var e models.Entry
		if err := rows.Scan(&e.WalletID, &e.Version, &e.TransferID, &e.Amount, &e.BalanceAfter, &e.PostedAt, &e.Hash); err != nil {
			t.Fatal(err)
		}
		if e.WalletID != wallet {
			wallet, previous = e.WalletID, make([]byte, 32)
		}
		if !bytes.Equal(e.Hash, ledger.Chain(previous, e)) {
			t.Errorf("the chain of wallet %d breaks at entry %d", e.WalletID, e.Version)
		}
		previous = e.Hash
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
}

// Person is an account with a wallet, made by NewPerson.
type Person struct {
	Account uuid.UUID
	Wallet  models.Wallet
}

// NewPerson writes an account and an empty wallet of a currency straight into the database.
func NewPerson(t testing.TB, db *postgres.DB, wmid, walletNumber string) Person {
	t.Helper()
	p := Person{Account: uuid.Must(uuid.NewV7())}
	ctx := context.Background()
	_, err := db.Pool.Exec(ctx, `INSERT INTO accounts (id, wmid, role, status, certificate_level, locale, phone_mac, email_mac, password_hash, security_answer_hash, created_at, accepted_terms, accepted_data)
		VALUES ($1, $2, 'PERSON', 'ACTIVE', 'PERSONAL', 'EN', decode(md5($2), 'hex'), decode(md5($2), 'hex'), '', '', now(), 1, 1)`, p.Account, wmid)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Pool.QueryRow(ctx, `INSERT INTO wallets (number, account_id, kind, currency, name, is_default, opened_at)
		VALUES ($1::text, $2, 'USER', left($1::text, 1), 'Test', true, now()) RETURNING id`, walletNumber, p.Account).Scan(&p.Wallet.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.Wallet.Number, p.Wallet.AccountID, p.Wallet.Currency, p.Wallet.Kind = walletNumber, p.Account, walletNumber[:1], models.WalletUser
	return p
}
