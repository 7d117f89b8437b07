package statements_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/statements"
	"purser/internal/transfers"
	"purser/models"

	"github.com/google/uuid"
)

// page is a sheet in memory.
type page struct {
	name, contentType string
	bytes.Buffer
}

func (p *page) Begin(name, contentType string) io.Writer {
	p.name, p.contentType = name, contentType
	return &p.Buffer
}

func (w *world) statement(p person, format, from, to string) *page {
	w.t.Helper()
	out := &page{}
	err := w.history.Statement(w.t.Context(), statements.Request{Account: p.account.ID, Number: p.wallet.Number, From: from, To: to, Format: format, Locale: locale.RU}, out)
	if err != nil {
		w.t.Fatal(err)
	}
	// Whoever wants to look at documents names a folder.
	if folder := os.Getenv("PURSER_LOOK"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, out.name), out.Bytes(), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return out
}

func TestAStatementIsSafeInASpreadsheet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, memo := range []string{`=HYPERLINK("http://evil.test","x")`, "+7", "-1", "@sum", "＝1+1", `a "quoted", memo`, "чай"} {
		w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "1", Memo: memo})
	}
	text := w.statement(w.anna, statements.CSV, "", "").String()
	if !strings.HasPrefix(text, "\uFEFF") || strings.Count(text, "\r\n") != strings.Count(text, "\n") {
		t.Errorf("it does not begin or end its lines as it should: %q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var memos []string
	for _, row := range rows {
		memos = append(memos, row[5])
	}
	want := []string{"примечание", "", "test", `'=HYPERLINK("http://evil.test","x")`, "'+7", "'-1", "'@sum", "'＝1+1", `a "quoted", memo`, "чай", ""}
	if strings.Join(memos, "|") != strings.Join(want, "|") {
		t.Errorf("the memos are %q", memos)
	}
	if last := rows[len(rows)-1]; last[6] != "9992.93" || last[7] != "9992.93" || len(last[9]) != 64 {
		t.Errorf("the closing is %q", last)
	}
}

// TestStatementsMeetWithoutGap takes the time apart at the moment of an entry: it is in the second part, once.
func TestStatementsMeetWithoutGap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		w.later(time.Hour)
		w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "1"})
	}
	type told struct {
		OpeningBalance, ClosingBalance, Incoming, Outgoing, LastEntryHash string
		Count                                                             int
		Entries                                                           []struct {
			Sequence int
			PostedAt string
		}
	}
	read := func(from, to string) (s told) {
		if err := json.Unmarshal(w.statement(w.anna, statements.JSON, from, to).Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	whole := read("", "")
	if whole.Count != 6 || whole.OpeningBalance != "0.00" || whole.ClosingBalance != "9994.95" || whole.Outgoing != "5.05" || whole.Incoming != "10000.00" {
		t.Fatalf("the whole is %+v", whole)
	}
	for _, entry := range whole.Entries {
		before, after := read("", entry.PostedAt), read(entry.PostedAt, "")
		if before.Count != entry.Sequence-1 || after.Count != 6-before.Count || before.ClosingBalance != after.OpeningBalance || after.ClosingBalance != whole.ClosingBalance {
			t.Errorf("before entry %d: %+v, after: %+v", entry.Sequence, before, after)
		}
	}
	nothing := read("2020-01-01", "2020-02-01")
	if nothing.Count != 0 || nothing.OpeningBalance != "0.00" || nothing.ClosingBalance != "0.00" || nothing.LastEntryHash != "" {
		t.Errorf("before there was a wallet: %+v", nothing)
	}
}

func TestAStatementIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, try := range map[string]struct {
		change func(*statements.Request)
		code   fault.Code
	}{
		"someone else's":   {func(r *statements.Request) { r.Number = w.boris.wallet.Number }, fault.WalletNotFound},
		"the system's":     {func(r *statements.Request) { r.Number = "Z000000000019" }, fault.WalletNotFound},
		"no number":        {func(r *statements.Request) { r.Number = "..%2f" }, fault.WalletNotFound},
		"no day":           {func(r *statements.Request) { r.From = "2026-02-30" }, fault.InvalidInput},
		"no time":          {func(r *statements.Request) { r.To = "yesterday" }, fault.InvalidInput},
		"backwards":        {func(r *statements.Request) { r.From, r.To = "2026-02-01", "2026-01-01" }, fault.InvalidInput},
		"what is to come":  {func(r *statements.Request) { r.From = "2999-01-01" }, fault.InvalidInput},
		"a year too large": {func(r *statements.Request) { r.From = "-0001-01-01" }, fault.InvalidInput},
	} {
		r := statements.Request{Account: w.anna.account.ID, Number: w.anna.wallet.Number, Format: statements.CSV}
		try.change(&r)
		out := &page{}
		if err := w.history.Statement(t.Context(), r, out); !fault.Is(err, try.code) || out.name != "" || out.Len() > 0 {
			t.Errorf("%s: %v, %q", name, err, out.String())
		}
	}
}

// TestAReceiptIsWhatItsReaderSees draws receipts in both languages, as PDF and as a picture, from both sides.
func TestAReceiptIsWhatItsReaderSees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paid := w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "12.50", Memo: "Аренда за ноябрь, квартира 5 ☕ — спасибо! " + strings.Repeat("длинно ", 25)})
	own := w.open(w.anna.account, "Z")
	internal := w.pay(w.anna, transfers.Request{To: to(own.Number), Amount: "1"})
	held := w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "3", Protection: byTime(3)})
	if _, err := w.transfers.Reject(t.Context(), w.boris.account, held.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{paid.ID, internal.ID, held.ID} {
		for _, viewer := range []models.Account{w.anna.account, w.boris.account} {
			for _, l := range []locale.Locale{locale.EN, locale.RU} {
				for format, begins := range map[string]string{statements.PDF: "%PDF-", statements.PNG: "\x89PNG"} {
					out := &page{}
					err := w.history.Receipt(t.Context(), viewer.ID, id, l, format, out)
					if id == internal.ID && viewer.ID == w.boris.account.ID {
						if !fault.Is(err, fault.TransferNotFound) || out.Len() > 0 {
							t.Errorf("a stranger's receipt: %v", err)
						}
						continue
					}
					if err != nil || !strings.HasPrefix(out.String(), begins) || out.name != "receipt-"+id.String()+"."+format {
						t.Fatalf("%s %s: %q, %v", l, format, out.name, err)
					}
					if format == statements.PNG {
						if picture, err := png.Decode(bytes.NewReader(out.Bytes())); err != nil || picture.Bounds().Dx() != 1080 {
							t.Errorf("the picture: %v", err)
						}
					}
					if folder := os.Getenv("PURSER_LOOK"); folder != "" {
						if err := os.WriteFile(filepath.Join(folder, viewer.FirstName+"-"+string(l)+"-"+out.name), out.Bytes(), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
}

// TestAReceiptHasTheHashOfItsReadersEntry looks for the entry where many stand, and where there is none.
func TestAReceiptHasTheHashOfItsReadersEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []uuid.UUID
	for range 12 {
		all = append(all, w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "1"}).ID)
	}
	held := w.pay(w.anna, transfers.Request{To: to(w.boris.wallet.Number), Amount: "3", Protection: byTime(3)}).ID
	check := func(p person, id uuid.UUID) {
		t.Helper()
		var want string
		err := w.db.Pool.QueryRow(t.Context(), `SELECT coalesce(max(encode(hash, 'hex')), '') FROM entries WHERE wallet_id = $1 AND transfer_id = $2
			AND version = (SELECT max(version) FROM entries WHERE wallet_id = $1 AND transfer_id = $2)`, p.wallet.ID, id).Scan(&want)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.history.EntryHash(t.Context(), p.account.ID, id); got != want {
			t.Errorf("%s has the hash %q, want %q", id, got, want)
		}
	}
	for _, id := range all {
		check(w.anna, id)
		check(w.boris, id)
	}
	check(w.anna, held)
	check(w.boris, held) // nothing has reached him
	w.later(4 * 24 * time.Hour)
	if _, err := w.transfers.SettleDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(w.boris, held)
}

// TestSoManyDocumentsAtOnce has readers that do not go on.
func TestSoManyDocumentsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(p person, sheet statements.Sheet) error {
		return w.history.Statement(t.Context(), statements.Request{Account: p.account.ID, Number: p.wallet.Number, Format: statements.JSON}, sheet)
	}
	slow := make(chan struct{})
	reading := make(chan struct{}, 8)
	ended := make(chan error, 8)
	begin := func(p person) {
		go func() { ended <- ask(p, stuck{slow, reading}) }()
		<-reading
	}
	vera := w.person(w.people, "+79001110003", "Vera", "Volkova")
	begin(w.anna)
	begin(w.anna)
	if err := ask(w.anna, &page{}); !fault.Is(err, fault.Overloaded) {
		t.Errorf("an account's third is answered with %v", err)
	}
	if err := ask(vera, &page{}); err != nil {
		t.Errorf("another's is in the way of nobody: %v", err)
	}
	begin(w.boris)
	begin(w.boris)
	if err := ask(vera, &page{}); !fault.Is(err, fault.Overloaded) {
		t.Errorf("a server's fifth is answered with %v", err)
	}
	close(slow)
	for range 4 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := ask(w.anna, &page{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// stuck is a sheet whose reader waits with the first byte.
type stuck struct {
	slow    chan struct{}
	reading chan struct{}
}

func (s stuck) Begin(string, string) io.Writer { s.reading <- struct{}{}; return s }

func (s stuck) Write(p []byte) (int, error) {
	<-s.slow
	return len(p), nil
}
