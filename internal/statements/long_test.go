package statements_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"testing"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/statements"
)

// busy writes the entries of a wallet that has had many transfers straight into the tables: the ledger could not make so many in a test. It returns what they
// come to.
func (w *world) busy(p, other person, many int) (in, out, balance int64) {
	w.t.Helper()
	_, err := w.db.Pool.Exec(w.t.Context(), `
INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id, from_account_id, to_account_id,
                       amount, fee, fee_paid_by, memo, created_at, posted_at, completed_at)
SELECT md5('busy' || g)::uuid, 'PAYMENT', 'COMPLETED', $1, gen_random_uuid(), '', 'Z', CASE WHEN g % 3 = 0 THEN $2::bigint ELSE $4::bigint END,
       CASE WHEN g % 3 = 0 THEN $4::bigint ELSE $2::bigint END, CASE WHEN g % 3 = 0 THEN $1::uuid ELSE $3::uuid END, CASE WHEN g % 3 = 0 THEN $3::uuid ELSE $1::uuid END,
       1 + g % 7, 0, 'SENDER', repeat('Чай и кофе ', g % 12), now(), now(), now() FROM generate_series(1, $5::int) g`,
		p.account.ID, p.wallet.ID, other.account.ID, other.wallet.ID, many)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.db.Pool.Exec(w.t.Context(), `
INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash)
SELECT w.id, w.version + g, md5('busy' || g)::uuid, a, w.balance + sum(a) OVER (ORDER BY g), now(), sha256(g::text::bytea)
FROM wallets w CROSS JOIN (SELECT g, CASE WHEN g % 3 = 0 THEN -1 ELSE 1 END * (1 + g % 7) AS a FROM generate_series(1, $2::int) g) AS x WHERE w.id = $1`,
		p.wallet.ID, many)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.db.Pool.QueryRow(w.t.Context(), `WITH last AS (SELECT version, balance_after, hash FROM entries WHERE wallet_id = $1 ORDER BY version DESC LIMIT 1),
		up AS (UPDATE wallets w SET version = last.version, balance = last.balance_after, head_hash = last.hash FROM last WHERE w.id = $1)
		SELECT coalesce(sum(amount) FILTER (WHERE amount > 0), 0), coalesce(-sum(amount) FILTER (WHERE amount < 0), 0), sum(amount) FROM entries WHERE wallet_id = $1`,
		p.wallet.ID).Scan(&in, &out, &balance)
	if err != nil {
		w.t.Fatal(err)
	}
	return in, out, balance
}

// measured is a sheet that notes, now and then, how much memory is in use.
type measured struct {
	page
	bytes, measuredAt int
	most              uint64
}

func (m *measured) Begin(name, contentType string) io.Writer {
	m.name, m.contentType = name, contentType
	return m
}

func (m *measured) Write(p []byte) (int, error) {
	if m.bytes += len(p); m.bytes-m.measuredAt > 2<<20 {
		m.measuredAt = m.bytes
		m.most = max(m.most, inUse())
	}
	return len(p), nil
}

func inUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestAHundredThousandEntriesTakeLittleMemory is alone in its process while it measures: it is not parallel.
func TestAHundredThousandEntriesTakeLittleMemory(t *testing.T) {
	w := newWorld(t)
	const many = 100_000
	in, out, balance := w.busy(w.anna, w.boris, many)
	ask := func(format string, sheet statements.Sheet) error {
		return w.history.Statement(t.Context(), statements.Request{Account: w.anna.account.ID, Number: w.anna.wallet.Number, Format: format, Locale: locale.EN}, sheet)
	}
	for _, format := range []string{statements.JSON, statements.CSV} {
		before, sheet := inUse(), &measured{}
		if err := ask(format, sheet); err != nil {
			t.Fatal(err)
		}
		if sheet.bytes < 20<<20 || sheet.most == 0 {
			t.Errorf("%s: only %d bytes were written", format, sheet.bytes)
		}
		if grown := int64(sheet.most) - int64(before); grown > 8<<20 {
			t.Errorf("%s: %d bytes written take %d bytes of memory", format, sheet.bytes, grown)
		}
	}
	var sheet page
	if err := ask(statements.JSON, &sheet); err != nil {
		t.Fatal(err)
	}
	w.mustAddUp(sheet.Bytes(), many+1, in, out, balance)

	sheet.Reset()
	if err := ask(statements.CSV, &sheet); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(sheet.Bytes())).ReadAll()
	if err != nil || len(rows) != many+4 { // names, opening, the issue, closing
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err := ask(statements.PDF, &page{}); !fault.Is(err, fault.LimitExceeded) {
		t.Errorf("as a PDF: %v", err)
	}
}

// mustAddUp reads a statement as its reader would, and adds up for itself.
func (w *world) mustAddUp(text []byte, count int, in, out, balance int64) {
	w.t.Helper()
	var s struct {
		OpeningBalance, ClosingBalance, Incoming, Outgoing string
		Count                                              int
		Entries                                            []struct {
			Sequence             int64
			Amount, BalanceAfter string
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		w.t.Fatal(err)
	}
	sum := cents(w.t, s.OpeningBalance)
	for i, e := range s.Entries {
		sum += cents(w.t, e.Amount)
		if e.Sequence != int64(i+1) || cents(w.t, e.BalanceAfter) != sum {
			w.t.Fatalf("entry %d is number %d and leads to %s, want %d", i+1, e.Sequence, e.BalanceAfter, sum)
		}
	}
	if len(s.Entries) != count || s.Count != count || sum != balance || cents(w.t, s.ClosingBalance) != balance || cents(w.t, s.Incoming) != in || cents(w.t, s.Outgoing) != out {
		w.t.Errorf("%d entries, %d said, from %s to %s, in %s, out %s; want %d, %d, %d, %d", len(s.Entries), s.Count, s.OpeningBalance, s.ClosingBalance, s.Incoming, s.Outgoing,
			count, balance, in, out)
	}
}

// TestAStatementThatDoesNotAddUpIsTorn has an entry that the ledger did not write.
func TestAStatementThatDoesNotAddUpIsTorn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy(w.anna, w.boris, 1500)
	for _, sql := range []string{`ALTER TABLE entries DISABLE TRIGGER entries_append_only`, `UPDATE entries SET amount = amount + 1 WHERE version = 1400`} {
		if _, err := w.db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{statements.JSON, statements.CSV, statements.PDF} {
		var sheet page
		err := w.history.Statement(t.Context(), statements.Request{Account: w.anna.account.ID, Number: w.anna.wallet.Number, Format: format}, &sheet)
		if !errors.Is(err, statements.ErrTorn) || sheet.name == "" || json.Valid(sheet.Bytes()) {
			t.Errorf("%s is finished: %v", format, err)
		}
	}
}

// TestALongStatementHasPages makes one of the largest there are.
func TestALongStatementHasPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy(w.anna, w.boris, 4999)
	text := w.statement(w.anna, statements.PDF, "", "").Bytes()
	if pages := bytes.Count(text, []byte("/Type /Page\n")); pages < 100 || pages > 600 || !bytes.HasPrefix(text, []byte("%PDF-")) {
		t.Errorf("it has %d pages in %d bytes", pages, len(text))
	}
	w.statement(w.boris, statements.PDF, "", "")
}
