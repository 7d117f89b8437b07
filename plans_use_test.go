package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"purser/internal/config"
	"purser/internal/locale"
	"purser/internal/operators"
	"purser/internal/postgres"
	history "purser/internal/statements"
	"purser/models"
)

// useEverything has a server do all that it does: each request of the API, the pages, and what runs in the background.
func useEverything(t *testing.T, s *server, db *postgres.DB, p *planner, seen *collector) {
	t.Helper()
	anna, boris := s.client(t).anna(), s.client(t).boris()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := boris.wallet("Z")
	boris.listen(t, boris.head()) // so that there is somebody to tell, and a socket to watch
	annaRoubles, _ := anna.wallet("P")
	refused := payFromAHeldWallet(t, p, boris, annaRoubles)

	walkMutations(s.client(t), seen.statements)
	walkPayments(anna, boris, seen.statements)
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	for range 3 {
		ask[created](anna, createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()})
	}
	useRest(t, anna, boris)
	for name, read := range knownReads(annaWallet) {
		if r, err := anna.try(read.query, nil); err != nil || len(r.Errors) > 0 {
			t.Fatalf("%s: %+v, %v", name, r.Errors, err)
		}
	}
	usePages(t, anna, annaWallet)
	useFilters(t, anna, annaWallet, borisWallet)
	askOfAnna := anna.paymentLink(annaWallet)
	ask[any](anna.as(""), `query($l: String!) { paymentRequest(link: $l) { request { recipientName qrSvg } userErrors { code } } }`, vars{"l": askOfAnna})
	statement, receipt := anna.addresses(annaWallet)
	for _, address := range []string{statement["json"], statement["csv"] + "?from=2026-01-01", statement["pdf"], receipt["pdf"], receipt["png"]} {
		if r := anna.fetch(address); r.StatusCode != http.StatusOK {
			t.Errorf("%s is answered with %d", address, r.StatusCode)
		}
	}
	if err := history.New(db, nil, nil, "").RollUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/dev/inbox", "/dev/inbox.json?to=" + url.QueryEscape("+79000000002"), "/healthz", "/readyz"} {
		response, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s is answered with %d", path, response.StatusCode)
		}
	}

	sweepLeftovers(t.Context(), db, slog.New(slog.DiscardHandler))
	refused() // and the planner's connection is free
	useTwoOperators(t, db, p.conn, annaWallet)
	useExport(t, s.client(t), db, p.conn)
	closeOne(t, db, p.conn, "q2@purser.test")
	seen.await(t, "transfers", "'EXPIRED'")
	seen.await(t, "sessions", "s.access_expires_at")
	seen.await(t, "events", "pg_notify")
}

// useRest makes the requests that the walk through the mutations does not make.
func useRest(t *testing.T, anna, boris *client) {
	t.Helper()
	wallet, _ := anna.wallet("E")
	other, _ := boris.wallet("E")
	for _, to := range []vars{{"phone": "+79000000003"}, {"wmid": wmidOf(boris)}, {"walletNumber": other}} {
		request := vars{"from": wallet, "to": to, "key": newKey()}
		for range 2 { // the second is a repeat
			r, err := anna.try(`mutation($from: WalletNumber!, $to: RecipientInput!, $key: UUID!) { createTransfer(input: {from: $from, to: $to, amount: "1",
				idempotencyKey: $key}) { transfer { id } userErrors { code } } }`, request)
			if err != nil || len(r.Errors) > 0 {
				t.Fatalf("to %v: %+v, %v", to, r.Errors, err)
			}
		}
	}
	for _, query := range []string{
		`mutation { startRegistration(input: {phone: "+79165556677"}) { registration { token } userErrors { code } } }`,
		`mutation { logIn(input: {login: "anna@purser.test", password: "wrong"}) { userErrors { code } } }`,
		`mutation { verifyEmail(input: {token: "none"}) { userErrors { code } } }`,
	} {
		if r, err := anna.as("").try(query, nil); err != nil || len(r.Errors) > 0 {
			t.Fatalf("%s: %+v, %v", query, r.Errors, err)
		}
	}
	empty := ask[struct {
		OpenWallet struct{ Wallet struct{ Number string } }
	}](anna, `mutation { openWallet(input: {currency: "G"}) { wallet { number } } }`, nil).OpenWallet.Wallet.Number
	second := ask[struct {
		OpenWallet struct{ Wallet struct{ Number string } }
	}](anna, `mutation { openWallet(input: {currency: "G"}) { wallet { number } } }`, nil).OpenWallet.Wallet.Number
	for _, number := range []string{second, empty} {
		ask[any](anna, `mutation($n: WalletNumber!) { closeWallet(input: {walletNumber: $n}) { userErrors { code } } }`, vars{"n": number})
	}
	ask[any](anna, byKey, vars{"key": newKey()})
}

// useExport fetches the copy of data that the walk has asked for, and has its time end.
func useExport(t *testing.T, c *client, db *postgres.DB, owner postgres.Querier) {
	t.Helper()
	_, token, _ := strings.Cut(c.awaitLink("q2@purser.test", "/data-export#token="), "#token=")
	if status, _, body := c.fetchExport(token); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if _, err := owner.Exec(t.Context(), `UPDATE data_exports SET expires_at = now() WHERE status = 'READY'`); err != nil {
		t.Fatal(err)
	}
	if ended, err := roomsOn(t, db).exports.Sweep(t.Context()); err != nil || ended == 0 {
		t.Fatalf("%d copies ended, %v", ended, err)
	}
}

// useTwoOperators has one operator ask for more than one moves alone, and another agree.
func useTwoOperators(t *testing.T, db *postgres.DB, owner postgres.Querier, wallet string) {
	t.Helper()
	all := roomsWith(t, db, map[string]string{"SECOND_OPERATOR_ABOVE": "Z:5"})
	posting, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { all.ledger.Run(posting) })
	defer running.Wait()
	defer stop()
	if _, err := owner.Exec(t.Context(), `UPDATE accounts SET role = 'OPERATOR' WHERE phone_mac = $1`, db.Lookup("phone", "+79000000003")); err != nil {
		t.Fatal(err)
	}
	var two []models.Account
	for _, login := range []string{"+79000000001", "+79000000003"} {
		account, err := all.accounts.FindByLogin(t.Context(), login, locale.EN)
		if err != nil {
			t.Fatal(err)
		}
		two = append(two, account)
	}
	for _, amount := range []string{"5", "6"} { // the first alone
		moved, err := all.operators.Issue(t.Context(), two[0], operators.FundsRequest{WalletNumber: wallet, Amount: amount, Reference: "test", Key: uuid.New()})
		if err != nil || (moved.Request == nil) != (amount == "5") {
			t.Fatalf("%+v, %v", moved, err)
		}
		if moved.Request == nil {
			continue
		}
		if done, err := all.operators.Approve(t.Context(), two[1], moved.Request.ID); err != nil || done.Status != models.OperatorRequestApproved {
			t.Fatalf("%+v, %v", done, err)
		}
	}
}

// closeOne closes an account whose owner wants it so, and has nothing left. The time comes over a connection that nobody listens to.
func closeOne(t *testing.T, db *postgres.DB, owner postgres.Querier, email string) {
	t.Helper()
	if _, err := owner.Exec(t.Context(), `UPDATE accounts SET closes_at = now() WHERE email_mac = $1`, db.Lookup("email", email)); err != nil {
		t.Fatal(err)
	}
	if closed, err := roomsOn(t, db).changes.CloseDue(t.Context(), slog.New(slog.DiscardHandler)); err != nil || closed != 1 {
		t.Fatalf("%d accounts were closed, %v", closed, err)
	}
}

// roomsOn are the rooms of another server on a database, which serves nobody.
func roomsOn(t *testing.T, db *postgres.DB) rooms {
	t.Helper()
	return roomsWith(t, db, map[string]string{})
}

func roomsWith(t *testing.T, db *postgres.DB, environment map[string]string) rooms {
	t.Helper()
	c, err := config.Load(environment)
	if err != nil {
		t.Fatal(err)
	}
	all, err := build(t.Context(), c, db, slog.New(slog.DiscardHandler), "https://purser.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wmidOf(c *client) string {
	return ask[struct{ Viewer struct{ WMID string } }](c, `{ viewer { wmid } }`, nil).Viewer.WMID
}

// usePages walks through each list both ways, and asks for things by their ids.
func usePages(t *testing.T, c *client, wallet string) {
	t.Helper()
	type page struct {
		Nodes    []struct{ ID string }
		PageInfo struct{ StartCursor, EndCursor string }
	}
	const bothWays, forward = 4, 2
	for list, ways := range map[string]int{`transfers`: bothWays, `wallet(number: "` + wallet + `") { entries`: bothWays, `events`: forward} {
		var cursor string
		var ids []string
		for _, way := range []string{"first: 2", "first: 2, after: $c", "last: 2", "last: 2, before: $c"}[:ways] {
			query := `query($c: String) { viewer { ` + list + `(` + way + `) { nodes { id } pageInfo { startCursor endCursor } }` + strings.Repeat("}", strings.Count(list, "{")) + ` } }`
			if !strings.Contains(way, "$c") {
				query = strings.Replace(query, "($c: String)", "", 1)
			}
			r, err := c.try(query, vars{"c": cursor})
			if err != nil || len(r.Errors) > 0 {
				t.Fatalf("%s: %+v, %v", query, r.Errors, err)
			}
			found := pageIn[page](t, r)
			cursor = found.PageInfo.EndCursor
			for _, node := range found.Nodes {
				ids = append(ids, node.ID)
			}
		}
		r, err := c.try(`query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`, vars{"ids": ids[:2]})
		if err != nil || len(r.Errors) > 0 {
			t.Fatalf("%v: %+v, %v", ids, r.Errors, err)
		}
	}
}

// useFilters asks for transfers in every way, alone and all together, and makes an attempt that is refused.
func useFilters(t *testing.T, c *client, wallet, other string) {
	t.Helper()
	const span = `from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z"`
	whole := `walletNumber: "` + wallet + `", status: [COMPLETED], kind: [PAYMENT], counterparty: {walletNumber: "` + other + `"}, currency: "Z",
		amountFrom: "0.01", amountTo: "1000", text: "x", ` + span
	for _, filter := range []string{`direction: INCOMING`, `direction: INTERNAL`, `counterparty: {wmid: "` + wmidOf(c) + `"}`, `status: [EXPIRED, COMPLETED]`, span, whole,
		`direction: OUTGOING, ` + whole} {
		for _, way := range []string{"first: 2", "last: 2"} {
			query := `{ viewer { transfers(` + way + `, filter: {` + filter + `}) { nodes { id } pageInfo { endCursor } } } }`
			if r, err := c.try(query, nil); err != nil || len(r.Errors) > 0 {
				t.Fatalf("%s: %+v, %v", query, r.Errors, err)
			}
		}
	}
	for _, way := range []string{"first: 2", "last: 2"} {
		if r, err := c.try(`{ viewer { refusedTransfers(`+way+`) { nodes { code } } } }`, nil); err != nil || len(r.Errors) > 0 {
			t.Fatalf("%+v, %v", r.Errors, err)
		}
	}
	r, err := c.try(createTransfer, vars{"from": wallet, "to": other, "amount": "900000000", "key": newKey()})
	if err != nil || !strings.Contains(string(r.Data), "INSUFFICIENT_FUNDS") {
		t.Errorf("more than there is: %s %+v, %v", r.Data, r.Errors, err)
	}
}

// pageIn finds the one page in an answer, however deep.
func pageIn[T any](t *testing.T, r reply) (page T) {
	t.Helper()
	at := r.Data
	for {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(at, &fields); err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		if _, found := fields["nodes"]; found {
			if err := json.Unmarshal(at, &page); err != nil {
				t.Fatal(err)
			}
			return page
		}
		for _, inner := range fields {
			at = inner
		}
	}
}

// payFromAHeldWallet sends from a wallet that somebody holds, so that the ledger goes around it. The answer, a refusal, takes seconds:
// the returned function waits for it.
func payFromAHeldWallet(t *testing.T, p *planner, c *client, to string) (wait func()) {
	t.Helper()
	from, _ := c.wallet("P")
	c.allowWithoutCode("P", "1000000", "+79000000003")
	holding, err := p.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holding.Exec(t.Context(), `SELECT 1 FROM wallets WHERE number = $1 FOR UPDATE`, from); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, err := c.try(createTransfer, vars{"from": from, "to": to, "amount": "1", "key": newKey()})
		if err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "OVERLOADED" || r.Errors[0].Extensions.RetryAfterSeconds < 1 {
			t.Errorf("a transfer from a wallet that is held is answered with %s %+v, %v", r.Data, r.Errors, err)
		}
	}()
	return func() {
		<-done
		if err := holding.Rollback(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
