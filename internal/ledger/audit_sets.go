package ledger

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"purser/models"
)

// entriesOf is how many entries a posted transfer t has: its money moves once, or, of a protected one, out of reach and then on.
const entriesOf = `CASE WHEN t.protection IS NULL THEN 2 + (t.fee > 0)::int WHEN t.status = 'PROTECTED' THEN 2
				WHEN t.status = 'RETURNED' THEN 4 ELSE 4 + (t.fee > 0)::int END`

// checkSets proves what is about sets of rows; Postgres does that without our memory.
func (r *Report) checkSets(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, wholeSets); err != nil {
		return err
	}
	for _, set := range sets {
		var row string
		switch err := tx.QueryRow(ctx, set.sql).Scan(&row); {
		case err == nil:
			return breach(set.invariant, "%s", row)
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
	}
	return nil
}

// wholeSets has sets compared as a whole. Each query looks for one row, and in a sound ledger there is none: a plan that may find the first
// one soon, such as one that looks for each transfer among all events of its account, goes through all of them for each.
const wholeSets = `SET LOCAL enable_nestloop = off`

// sets are invariants of sets of rows, each with a query for the first row that breaks it.
var sets = []struct{ invariant, sql string }{
	{"an entry belongs to a wallet", `SELECT 'wallet id ' || e.wallet_id || ', entry ' || e.version FROM entries e
			WHERE NOT EXISTS (SELECT 1 FROM wallets w WHERE w.id = e.wallet_id) LIMIT 1`},
	{"the entries of a transfer sum to zero", `SELECT 'transfer ' || transfer_id || ': ' || sum(amount) FROM entries GROUP BY transfer_id HAVING sum(amount) <> 0
			ORDER BY transfer_id LIMIT 1`},
	// There is no index on the transfer of an entry: only this asks for it, and it asks for all.
	{"a posted transfer has its entries", `SELECT 'transfer ' || t.id FROM transfers t
			LEFT JOIN (SELECT transfer_id, count(*) AS n FROM entries GROUP BY transfer_id) e ON e.transfer_id = t.id
			WHERE t.posted_at IS NOT NULL AND coalesce(e.n, 0) <> ` + entriesOf + ` ORDER BY t.id LIMIT 1`},
	{"an entry belongs to a posted transfer", `SELECT 'wallet ' || e.wallet_id || ', entry ' || e.version FROM entries e
			LEFT JOIN transfers t ON t.id = e.transfer_id WHERE t.posted_at IS NULL ORDER BY e.wallet_id, e.version LIMIT 1`},
	{"what a transfer moved is what it says", `SELECT 'transfer ' || e.transfer_id FROM entries e JOIN transfers t ON t.id = e.transfer_id
			JOIN wallets w ON w.id = e.wallet_id
			CROSS JOIN LATERAL (SELECT t.amount + CASE t.fee_paid_by WHEN 'SENDER' THEN t.fee ELSE 0 END AS debit) d
			WHERE w.currency <> t.currency OR NOT CASE
				WHEN e.wallet_id = t.from_wallet_id AND e.amount < 0 THEN e.amount = -debit AND e.posted_at = t.posted_at
				WHEN e.wallet_id = t.from_wallet_id THEN e.amount = debit AND t.status = 'RETURNED' AND e.posted_at = t.completed_at
				WHEN e.wallet_id = t.to_wallet_id THEN e.amount = debit - t.fee AND e.posted_at = t.completed_at
				WHEN w.kind = 'FEES' THEN e.amount = t.fee AND e.posted_at = t.completed_at
				WHEN w.kind = 'PROTECTED' THEN t.protection IS NOT NULL
					AND ((e.amount = debit AND e.posted_at = t.posted_at) OR (e.amount = -debit AND e.posted_at = t.completed_at))
				ELSE false END ORDER BY e.transfer_id LIMIT 1`},
	{"the protected wallets hold what is protected", `SELECT 'currency ' || c.letter FROM currencies c
			WHERE (SELECT coalesce(sum(balance), 0) FROM wallets w WHERE w.kind = 'PROTECTED' AND w.currency = c.letter)
				<> (SELECT coalesce(sum(t.amount + CASE t.fee_paid_by WHEN 'SENDER' THEN t.fee ELSE 0 END), 0) FROM transfers t
					WHERE t.status = 'PROTECTED' AND t.currency = c.letter) ORDER BY c.letter LIMIT 1`},
	{"a wallet knows what protected money may still come to it", `SELECT 'wallet ' || w.number FROM wallets w
			LEFT JOIN (SELECT to_wallet_id, sum(amount + CASE fee_paid_by WHEN 'SENDER' THEN fee ELSE 0 END - fee) AS coming FROM transfers
				WHERE status = 'PROTECTED' GROUP BY to_wallet_id) t ON t.to_wallet_id = w.id
			WHERE w.incoming <> coalesce(t.coming, 0) ORDER BY w.id LIMIT 1`},
	{"what was sent back of a payment is the sum of its refunds", `SELECT 'transfer ' || t.id FROM transfers t
			LEFT JOIN (SELECT refund_of, sum(amount) AS back FROM transfers WHERE posted_at IS NOT NULL GROUP BY refund_of) r ON r.refund_of = t.id
			WHERE t.refunded <> coalesce(r.back, 0) ORDER BY t.id LIMIT 1`},
	{"a refund goes the way of its payment back", `SELECT 'transfer ' || r.id FROM transfers r JOIN transfers t ON t.id = r.refund_of
			WHERE r.from_wallet_id <> t.to_wallet_id OR r.to_wallet_id <> t.from_wallet_id OR t.kind <> 'PAYMENT' OR r.fee <> 0 ORDER BY r.id LIMIT 1`},
	{"the parties of a transfer own its wallets", `SELECT 'transfer ' || t.id FROM transfers t
			JOIN wallets f ON f.id = t.from_wallet_id JOIN wallets r ON r.id = t.to_wallet_id
			WHERE f.account_id <> t.from_account_id OR r.account_id <> t.to_account_id ORDER BY t.id LIMIT 1`},
	{"a transfer is of the kind that its wallets make it", `SELECT 'transfer ' || t.id FROM transfers t
			JOIN wallets f ON f.id = t.from_wallet_id JOIN wallets r ON r.id = t.to_wallet_id
			WHERE (t.kind = 'ISSUE') <> (f.kind = 'ISSUE') OR (t.kind = 'REDEMPTION') <> (r.kind = 'ISSUE') ORDER BY t.id LIMIT 1`},
	{"an account has a head of its events", `SELECT 'account ' || a.id FROM accounts a
			WHERE NOT EXISTS (SELECT 1 FROM event_heads h WHERE h.account_id = a.id) ORDER BY a.id LIMIT 1`},
	{"an account's events run 1..n without a gap", `SELECT 'account ' || account_id FROM events GROUP BY account_id
			HAVING min(seq) <> 1 OR max(seq) <> count(*) ORDER BY account_id LIMIT 1`},
	{"an account's event head is its last event", `SELECT 'account ' || h.account_id FROM event_heads h
			WHERE h.last_seq <> (SELECT coalesce(max(seq), 0) FROM events e WHERE e.account_id = h.account_id) ORDER BY h.account_id LIMIT 1`},
	{"both sides have the news of a transfer", `SELECT 'transfer ' || t.id FROM transfers t
			LEFT JOIN events s ON s.account_id = t.from_account_id AND s.kind = 'TRANSFER_SENT' AND s.subject = t.id::text
			LEFT JOIN events r ON r.account_id = t.to_account_id AND r.kind = 'TRANSFER_RECEIVED' AND r.subject = t.id::text
			WHERE t.posted_at IS NOT NULL AND (
				(t.from_account_id <> '` + models.SystemAccountID.String() + `' AND s.seq IS NULL) OR
				(t.to_account_id NOT IN (t.from_account_id, '` + models.SystemAccountID.String() + `') AND r.seq IS NULL)) ORDER BY t.id LIMIT 1`},
}
