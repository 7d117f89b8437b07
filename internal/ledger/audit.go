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
	Protected   int64  `json:"protected"`
}

// Breach is the first thing that is not as it must be.
type Breach struct {
	Invariant string `json:"invariant"`
	Row       string `json:"row"`
}

type tally struct{ issued, held, fees, protected int64 }

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
	case e.BalanceAfter < 0 && w.Kind != models.WalletIssue && w.Kind != models.WalletProtected: // a shard of it may be
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
		sum.fees, sum.held = sum.fees+at.Balance, sum.held+at.Balance
	case models.WalletProtected:
		sum.protected, sum.held = sum.protected+at.Balance, sum.held+at.Balance
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
		r.Currencies = append(r.Currencies, CurrencyReport{Letter: letter, Circulation: sum.issued, Held: sum.held, Fees: sum.fees, Protected: sum.protected})
		if sum.protected < 0 {
			return breach("the protected wallets of a currency are not below zero together", "%s: %d", letter, sum.protected)
		}
		if sum.issued != sum.held {
			return breach("a currency sums to zero", "%s: %d issued, %d held", letter, sum.issued, sum.held)
		}
	}
	return nil
}
