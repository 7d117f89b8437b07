package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"purser/internal/pgtest"
)

// fetch asks for a document with a client's token.
func (c *client) fetch(address string, headers ...string) *http.Response {
	c.t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.(*testing.T).Cleanup(func() { _ = response.Body.Close() })
	return response
}

// addresses are where the API says that a person's documents are: of the first wallet in a currency, and of the newest transfer.
func (c *client) addresses(wallet string) (statement, receipt map[string]string) {
	c.t.Helper()
	found := ask[struct {
		Viewer struct {
			Wallet    struct{ StatementUrls map[string]string }
			Transfers struct {
				Nodes []struct{ ReceiptUrls map[string]string }
			}
		}
	}](c, `query($n: WalletNumber!) { viewer { wallet(number: $n) { statementUrls { pdf csv json } } transfers(first: 1) { nodes { receiptUrls { pdf png } } } } }`,
		vars{"n": wallet}).Viewer
	return found.Wallet.StatementUrls, found.Transfers.Nodes[0].ReceiptUrls
}

// TestDocumentsAreForTheirOwner follows the addresses that the API gives, as the owner, as someone else and as nobody.
func TestDocumentsAreForTheirOwner(t *testing.T) {
	t.Parallel()
	s := serveOn(t, pgtest.New(t))
	anna, boris := s.client(t).anna(), s.client(t).boris()
	wallet, _ := anna.wallet("Z")
	anna.allowWithoutCode("Z", "1000", "+79000000002")
	borisWallet, _ := boris.wallet("Z")
	ask[created](anna, createTransfer, vars{"from": wallet, "to": borisWallet, "amount": "1", "key": newKey()})
	statement, receipt := anna.addresses(wallet)

	for format, contentType := range map[string]string{"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8", "png": "image/png"} {
		for _, address := range []string{statement[format], receipt[format]} {
			if address == "" {
				continue
			}
			r := anna.fetch(address)
			h := r.Header
			name := "." + format + `"`
			if r.StatusCode != http.StatusOK || h.Get("Content-Type") != contentType || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="`) || !strings.HasSuffix(h.Get("Content-Disposition"), name) {
				t.Errorf("%s is answered with %d %v", address, r.StatusCode, h)
			}
			if body, err := io.ReadAll(r.Body); err != nil || len(body) < 100 {
				t.Errorf("%s has %d bytes, %v", address, len(body), err)
			}
			if r := anna.as("").fetch(address); r.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s shows nobody %d", address, r.StatusCode)
			}
			if r := anna.as("nonsense").fetch(address); r.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s shows a bad token %d", address, r.StatusCode)
			}
			want := http.StatusNotFound // a wallet is its owner's, a transfer both sides'
			if strings.Contains(address, "/transfers/") {
				want = http.StatusOK
			}
			if r := boris.fetch(address); r.StatusCode != want {
				t.Errorf("%s shows the other side %d", address, r.StatusCode)
			}
			if r := s.client(t).operator().fetch(address); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s shows a stranger %d", address, r.StatusCode)
			}
		}
	}
	for address, status := range map[string]int{
		s.URL + "/transfers/x/receipt.pdf":                                    http.StatusNotFound,
		s.URL + "/transfers/00000000-0000-0000-0000-000000000000/receipt.png": http.StatusNotFound,
		s.URL + "/wallets/Z1/statement.csv":                                   http.StatusNotFound,
		statement["csv"] + "?from=soon":                                       http.StatusBadRequest,
		statement["csv"] + "?from=2026-02-01&to=2026-01-01":                   http.StatusBadRequest,
		strings.Replace(statement["csv"], ".csv", ".exe", 1):                  http.StatusNotFound,
	} {
		if r := anna.fetch(address); r.StatusCode != status {
			t.Errorf("%s is answered with %d, want %d", address, r.StatusCode, status)
		}
	}
	for _, try := range []struct{ address, header, want string }{
		{statement["csv"] + "?lang=ru", "en", "примечание"}, {statement["csv"], "ru", "примечание"}, {statement["csv"] + "?lang=en", "ru", "memo"},
	} {
		if body, err := io.ReadAll(anna.fetch(try.address, "Accept-Language", try.header).Body); err != nil || !strings.Contains(string(body), try.want) {
			t.Errorf("%s does not speak as asked: %.200s, %v", try.address, body, err)
		}
	}
}

// TestAClientThatLeavesGivesBackItsSeat has clients that read the beginning of a long statement and go: there is room for the next, and Postgres has nothing to do.
func TestAClientThatLeavesGivesBackItsSeat(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := serveOn(t, db)
	anna := s.client(t).anna()
	wallet, _ := anna.wallet("Z")
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash)
		SELECT w.id, w.version + g, e.transfer_id, 1, w.balance + g, now(), sha256(g::text::bytea) FROM wallets w JOIN entries e ON e.wallet_id = w.id AND e.version = 1
		CROSS JOIN generate_series(1, 60000) g WHERE w.number = $1`, wallet); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), `UPDATE wallets SET version = version + 60000, balance = balance + 60000 WHERE number = $1`, wallet); err != nil {
		t.Fatal(err)
	}
	statement, _ := anna.addresses(wallet)
	for range 6 {
		r := anna.fetch(statement["json"])
		for deadline := time.Now().Add(patience); r.StatusCode == http.StatusTooManyRequests && time.Now().Before(deadline); {
			if r.Header.Get("Retry-After") == "" {
				t.Fatal("it is not said when to come again")
			}
			<-time.After(20 * time.Millisecond) // the one before is about to notice
			r = anna.fetch(statement["json"])
		}
		if line, err := bufio.NewReader(r.Body).ReadString(':'); r.StatusCode != http.StatusOK || err != nil || !strings.HasPrefix(line, "{") {
			t.Fatalf("%d %q %v", r.StatusCode, line, err)
		}
		_ = r.Body.Close()
	}
	for deadline := time.Now().Add(patience); ; {
		var open int
		if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CROSS JOIN LATERAL%' AND state <> 'idle'
			AND pid <> pg_backend_pid()`).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if open == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d statements go on for nobody", open)
		}
		<-time.After(20 * time.Millisecond)
	}
	var whole struct{ Count int }
	if err := json.NewDecoder(anna.fetch(statement["json"]).Body).Decode(&whole); err != nil || whole.Count < 60_000 {
		t.Errorf("who stays gets %d entries, %v", whole.Count, err)
	}
}

// TestATornDocumentDoesNotPassForWhole has an entry late in a statement that the ledger did not write: the connection ends before the document does.
func TestATornDocumentDoesNotPassForWhole(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := serveOn(t, db)
	anna := s.client(t).anna()
	wallet, _ := anna.wallet("Z")
	for _, sql := range []string{
		`INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash)
		SELECT w.id, w.version + g, e.transfer_id, 1, w.balance + g + (g = 4900)::int, now(), sha256(g::text::bytea) FROM wallets w
		JOIN entries e ON e.wallet_id = w.id AND e.version = 1 CROSS JOIN generate_series(1, 5000) g WHERE w.number = $1`,
		`UPDATE wallets SET version = version + 5000, balance = balance + 5000 WHERE number = $1`,
	} {
		if _, err := db.Pool.Exec(t.Context(), sql, wallet); err != nil {
			t.Fatal(err)
		}
	}
	statement, _ := anna.addresses(wallet)
	for _, format := range []string{"json", "csv"} {
		r := anna.fetch(statement[format])
		if body, err := io.ReadAll(r.Body); r.StatusCode != http.StatusOK || err == nil || len(body) < 100_000 {
			t.Errorf("%s: %d, %d bytes, and then %v", format, r.StatusCode, len(body), err)
		}
	}
}
