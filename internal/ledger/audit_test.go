package ledger_test

import (
	"strings"
	"sync"
	"testing"

	"purser/internal/ledger"
)

// busy is a ledger with a little of everything in it.
func busy(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	anna, boris := w.funded(t, 100_000), w.funded(t, 100_000)
	for range 5 {
		for _, err := range []error{second(w.post(transfer(anna, boris, 1000, 8))), second(w.post(transfer(boris, anna, 500, 0)))} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return w
}

func second[T any](_ T, err error) error { return err }

func TestASoundLedgerPassesTheAudit(t *testing.T) {
	t.Parallel()
	w := busy(t)
	report, err := ledger.Audit(t.Context(), w.db, nil)
	if err != nil || report.Breach != nil {
		t.Fatalf("%+v, %v", report.Breach, err)
	}
	dollar := report.Currencies[0]
	if report.Transfers != 12 || report.Entries != 29 || dollar.Circulation != 200_000 || dollar.Held != 200_000 || dollar.Fees != 40 {
		t.Errorf("the report says %+v", report)
	}
}

func TestTheAuditIsRightWhileMoneyMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, boris := w.funded(t, 1_000_000), w.person(t)
	stop := make(chan struct{})
	var moving sync.WaitGroup
	for range 4 {
		moving.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := w.post(transfer(anna, boris, 1, 1)); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for range 10 {
		if report, err := ledger.Audit(t.Context(), w.db, nil); err != nil || report.Breach != nil {
			t.Errorf("%+v, %v", report.Breach, err)
		}
	}
	close(stop)
	moving.Wait()
}

// TestTheAuditNamesWhatIsBroken breaks one thing at a time, as only someone who owns the database can.
func TestTheAuditNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	const user = `(SELECT min(id) FROM wallets WHERE kind = 'USER')`
	for name, broken := range map[string]struct{ sql, invariant string }{
		"an amount":          {`UPDATE entries SET amount = amount + 1 WHERE wallet_id = ` + user + ` AND version = 2`, "each balance follows"},
		"amount and balance": {`UPDATE entries SET amount = amount + 1, balance_after = balance_after + 1 WHERE wallet_id = ` + user + ` AND version = 2`, "the chain of hashes"},
		"a time":             {`UPDATE entries SET posted_at = posted_at + interval '1 day' WHERE wallet_id = ` + user + ` AND version = 3`, "the chain of hashes"},
		"a transfer's entry": {`UPDATE entries SET transfer_id = gen_random_uuid() WHERE wallet_id = ` + user + ` AND version = 1`, "the chain of hashes"},
		"a missing entry":    {`DELETE FROM entries WHERE wallet_id = ` + user + ` AND version = 2`, "versions of a wallet"},
		"the last entry":     {`DELETE FROM entries WHERE wallet_id = ` + user + ` AND version = (SELECT max(version) FROM entries WHERE wallet_id = ` + user + `)`, "a wallet's balance, version and hash"},
		"a balance":          {`UPDATE wallets SET balance = balance + 1 WHERE id = ` + user, "a wallet's balance, version and hash"},
		"a transfer's sum":   {`UPDATE transfers SET amount = amount + 1 WHERE kind = 'PAYMENT' AND fee > 0`, "what a transfer moved"},
		"a transfer's state": {`UPDATE transfers SET status = 'CANCELLED', posted_at = NULL, completed_at = NULL WHERE id = (SELECT id FROM transfers ORDER BY id LIMIT 1)`, "an entry belongs"},
		"a transfer's fee":   {`UPDATE transfers SET fee = 0 WHERE fee > 0`, "a posted transfer has its entries"},
		"a wallet's owner":   {`UPDATE wallets SET is_default = false, account_id = (SELECT account_id FROM wallets WHERE kind = 'USER' ORDER BY id DESC LIMIT 1) WHERE id = ` + user, "the parties of a transfer"},
		"a transfer's party": {`UPDATE transfers SET from_account_id = gen_random_uuid() WHERE kind = 'PAYMENT'`, "the parties of a transfer"},
		"a currency":         {`UPDATE transfers SET currency = 'E' WHERE kind = 'PAYMENT'`, "what a transfer moved"},
		"a transfer's time":  {`UPDATE transfers SET posted_at = posted_at - interval '1 year'`, "what a transfer moved"},
		"a transfer's kind":  {`UPDATE transfers SET kind = 'REDEMPTION' WHERE kind = 'PAYMENT'`, "a transfer is of the kind"},
		"a kind of wallet":   {`UPDATE wallets SET kind = 'PROTECTED', shard = shard + 1000 WHERE kind = 'FEES' AND balance > 0`, "what a transfer moved"},
		"entries of nobody": {`INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash)
			VALUES (900001, 1, gen_random_uuid(), 77, 77, now(), 'x')`, "an entry belongs to a wallet"},
		"a head":        {`DELETE FROM event_heads WHERE account_id = (SELECT account_id FROM events LIMIT 1)`, "an account has a head"},
		"news":          {`DELETE FROM events; UPDATE event_heads SET last_seq = 0`, "both sides have the news"},
		"an event":      {`DELETE FROM events WHERE seq = 2`, "an account's events"},
		"an event head": {`UPDATE event_heads SET last_seq = last_seq + 1`, "an account's event head"},
	} {
		w := busy(t)
		if _, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE entries DISABLE TRIGGER entries_append_only; `+broken.sql); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		report, err := ledger.Audit(t.Context(), w.db, nil)
		if err != nil || report.Breach == nil || !strings.HasPrefix(report.Breach.Invariant, broken.invariant) || report.Breach.Row == "" {
			t.Errorf("%s: the audit says %+v, %v; want %q", name, report.Breach, err, broken.invariant)
		}
	}
}
