package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
	"purser/models"
)

// Report is what an audit has seen. Breach is nil when every invariant holds.
type Report struct {
	At         time.Time         `json:"at"`
	Wallets    int64             `json:"wallets"`
	Entries    int64             `json:"entries"`
	Transfers  int64             `json:"transfers"`
	Currencies []CurrencyReport  `json:"currencies"`
	Breach     *Breach           `json:"breach"`
	walk       map[string]*tally // by currency
}

// CurrencyReport sums a currency up, in minor units. Circulation is what the issuer owes; Held is what people and the
// system's other wallets hold. The two are equal in a sound ledger.
type CurrencyReport struct {
	Letter      string `json:"letter"`
	Circulation int64  `json:"circulation"`
	Held        int64  `json:"held"`
	Fees        int64  `json:"fees"`
}

// Breach is the first thing that is not as it must be.
type Breach struct {
	Invariant string `json:"invariant"`
	Row       string `json:"row"`
}

type tally struct{ issued, held, fees int64 }

// progressEvery is how many entries are walked between two reports of progress.
const progressEvery = 20_000

// Audit proves the ledger's invariants, or finds the first row that breaks one. It only reads, in one snapshot, so it is right
// and harmless on a live system; it streams, so its memory does not grow with the ledger. progress may be nil.
func Audit(ctx context.Context, db *postgres.DB, progress func(done, total int64)) (Report, error) {
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Report{}, fmt.Errorf("audit: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it has only read

	r := Report{At: db.Now(), walk: map[string]*tally{}}
	if err := r.count(ctx, tx); err != nil {
		return r, err
	}
	for _, check := range []func(context.Context, pgx.Tx) error{
		func(ctx context.Context, tx pgx.Tx) error { return r.walkEntries(ctx, tx, progress) },
		r.sumCurrencies, r.checkSets,
	} {
		err := check(ctx, tx)
		if breach := (&breachError{}); errors.As(err, &breach) {
			r.Breach = &breach.Breach
			return r, nil
		}
		if err != nil {
			return r, fmt.Errorf("audit: %w", err)
		}
	}
	return r, nil
}

// breachError carries a breach out of a walk.
type breachError struct{ Breach }

func (e *breachError) Error() string { return e.Invariant + ": " + e.Row }

func breach(invariant, row string, args ...any) error {
	return &breachError{Breach{Invariant: invariant, Row: fmt.Sprintf(row, args...)}}
}

func (r *Report) count(ctx context.Context, tx pgx.Tx) error {
	err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM wallets), (SELECT coalesce(sum(version), 0)::bigint FROM wallets),
		(SELECT count(*) FROM transfers WHERE posted_at IS NOT NULL)`).Scan(&r.Wallets, &r.Entries, &r.Transfers)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// walkEntries walks every wallet with its entries, in order: versions 1, 2, 3…, balances that follow from each other, none
// below zero but the issuer's, and the chain of hashes; and at the end of each, the wallet's own balance, version and hash.
func (r *Report) walkEntries(ctx context.Context, tx pgx.Tx, progress func(done, total int64)) error {
	rows, err := tx.Query(ctx, `
SELECT w.id, w.number, w.kind, w.currency, w.balance, w.version, w.head_hash,
       coalesce(e.version, 0), coalesce(e.transfer_id, $1), coalesce(e.amount, 0), coalesce(e.balance_after, 0),
       coalesce(e.posted_at, w.opened_at), coalesce(e.hash, '')
FROM wallets w LEFT JOIN entries e ON e.wallet_id = w.id ORDER BY w.id, e.version`, uuid.Nil)
	if err != nil {
		return err
	}
	defer rows.Close()

	var at models.Wallet        // as its row says
	var so models.Wallet        // as its entries have led so far
	var none = make([]byte, 32) // what the first entry is chained to
	var done int64
	for rows.Next() {
		var w models.Wallet
		var e models.Entry
		if err := rows.Scan(&w.ID, &w.Number, &w.Kind, &w.Currency, &w.Balance, &w.Version, &w.HeadHash,
			&e.Version, &e.TransferID, &e.Amount, &e.BalanceAfter, &e.PostedAt, &e.Hash); err != nil {
			return err
		}
		if w.ID != at.ID {
			if err := r.endWallet(at, so); err != nil {
				return err
			}
			at, so = w, models.Wallet{HeadHash: none}
		}
		if e.Version == 0 {
			continue // a wallet without entries
		}
		e.WalletID = w.ID
		if err := follow(w, &so, e); err != nil {
			return err
		}
		if done++; progress != nil && done%progressEvery == 0 {
			progress(done, r.Entries)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return r.endWallet(at, so)
}

// follow judges one entry by those before it.
func follow(w models.Wallet, so *models.Wallet, e models.Entry) error {
	switch {
	case e.Version != so.Version+1:
		return breach("versions of a wallet run 1..n without a gap", "wallet %s: entry %d follows entry %d", w.Number, e.Version, so.Version)
	case e.BalanceAfter != so.Balance+e.Amount:
		return breach("each balance follows from the one before", "wallet %s, entry %d: %d and %d make %d", w.Number, e.Version, so.Balance, e.Amount, e.BalanceAfter)
	case e.BalanceAfter < 0 && w.Kind != models.WalletIssue:
		return breach("no wallet but the issuer's is below zero", "wallet %s, entry %d: %d", w.Number, e.Version, e.BalanceAfter)
	case !bytes.Equal(e.Hash, Chain(so.HeadHash, e)):
		return breach("the chain of hashes holds", "wallet %s, entry %d", w.Number, e.Version)
	}
	so.Version, so.Balance, so.HeadHash = e.Version, e.BalanceAfter, e.Hash
	return nil
}

// endWallet compares a wallet's row with what its entries led to, and adds it to its currency.
func (r *Report) endWallet(at, so models.Wallet) error {
	if at.ID == 0 {
		return nil
	}
	if at.Balance != so.Balance || at.Version != so.Version || !bytes.Equal(at.HeadHash, so.HeadHash) {
		return breach("a wallet's balance, version and hash are those of its last entry",
			"wallet %s: balance %d at version %d, its entries lead to %d at %d", at.Number, at.Balance, at.Version, so.Balance, so.Version)
	}
	sum := r.walk[at.Currency]
	if sum == nil {
		sum = &tally{}
		r.walk[at.Currency] = sum
	}
	switch at.Kind {
	case models.WalletIssue:
		sum.issued -= at.Balance
	case models.WalletFees:
		sum.fees += at.Balance
		fallthrough
	default:
		sum.held += at.Balance
	}
	return nil
}

// sumCurrencies proves that all that was issued is held by someone.
func (r *Report) sumCurrencies(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT letter FROM currencies ORDER BY position`)
	if err != nil {
		return err
	}
	letters, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, letter := range letters {
		sum := r.walk[letter]
		if sum == nil {
			sum = &tally{}
		}
		r.Currencies = append(r.Currencies, CurrencyReport{Letter: letter, Circulation: sum.issued, Held: sum.held, Fees: sum.fees})
		if sum.issued != sum.held {
			return breach("a currency sums to zero", "%s: %d issued, %d held", letter, sum.issued, sum.held)
		}
	}
	return nil
}

// checkSets proves what is about sets of rows; Postgres does that without our memory.
func (r *Report) checkSets(ctx context.Context, tx pgx.Tx) error {
	for _, set := range []struct{ invariant, sql string }{
		{"an entry belongs to a wallet", `SELECT 'wallet id ' || e.wallet_id || ', entry ' || e.version FROM entries e
			WHERE NOT EXISTS (SELECT 1 FROM wallets w WHERE w.id = e.wallet_id) LIMIT 1`},
		{"the entries of a transfer sum to zero", `SELECT 'transfer ' || transfer_id || ': ' || sum(amount) FROM entries GROUP BY transfer_id HAVING sum(amount) <> 0
			ORDER BY transfer_id LIMIT 1`},
		// There is no index on the transfer of an entry: only this asks for it, and it asks for all.
		{"a posted transfer has its entries", `SELECT 'transfer ' || t.id FROM transfers t
			LEFT JOIN (SELECT transfer_id, count(*) AS n FROM entries GROUP BY transfer_id) e ON e.transfer_id = t.id
			WHERE t.posted_at IS NOT NULL AND coalesce(e.n, 0) <> CASE WHEN t.fee > 0 THEN 3 ELSE 2 END ORDER BY t.id LIMIT 1`},
		{"an entry belongs to a posted transfer", `SELECT 'wallet ' || e.wallet_id || ', entry ' || e.version FROM entries e
			LEFT JOIN transfers t ON t.id = e.transfer_id WHERE t.posted_at IS NULL ORDER BY e.wallet_id, e.version LIMIT 1`},
		{"what a transfer moved is what it says", `SELECT 'transfer ' || e.transfer_id FROM entries e JOIN transfers t ON t.id = e.transfer_id
			JOIN wallets w ON w.id = e.wallet_id
			WHERE e.posted_at <> t.posted_at OR w.currency <> t.currency OR CASE e.wallet_id
				WHEN t.from_wallet_id THEN e.amount <> -(t.amount + CASE t.fee_paid_by WHEN 'SENDER' THEN t.fee ELSE 0 END)
				WHEN t.to_wallet_id THEN e.amount <> t.amount - CASE t.fee_paid_by WHEN 'RECIPIENT' THEN t.fee ELSE 0 END
				ELSE e.amount <> t.fee OR w.kind <> 'FEES' END ORDER BY e.transfer_id LIMIT 1`},
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
	} {
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
