package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/internal/config"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/request"
)

// statements counts what each request asks of the database, by the request's id.
type statements struct {
	mu        sync.Mutex
	byRequest map[string][]string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := request.Of(ctx).ID; id != "" {
		s.byRequest[id] = append(s.byRequest[id], strings.Join(strings.Fields(data.SQL), " "))
	}
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart counts a batch as one statement: it is sent, and answered, in one piece.
func (s *statements) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	var all []string
	for _, queued := range data.Batch.QueuedQueries {
		all = append(all, queued.SQL)
	}
	return s.TraceQueryStart(ctx, conn, pgx.TraceQueryStartData{SQL: strings.Join(all, "; ")})
}

func (s *statements) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// beside are the statements of a request without the one that finds out who asks: it reads the session with its account, or,
// when the session was seen a moment ago, the account if it is shown.
func (s *statements) beside(t *testing.T, r reply) (others []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	asking := 0
	for _, sql := range s.byRequest[r.header.Get("X-Request-Id")] {
		switch {
		case strings.Contains(sql, "FROM sessions s JOIN accounts a"), strings.Contains(sql, `FROM "accounts" WHERE id IN`):
			asking++
		case strings.Contains(sql, "PGGetProductAndVersion"): // River asks it once in the life of a process
		default:
			others = append(others, sql)
		}
	}
	if asking > 2 { // once, and once more where a slow machine took longer than the second that it is remembered for
		t.Errorf("who asks is found out %d times", asking)
	}
	return others
}

// startCounted serves inside the test, on a database whose statements are counted.
func startCounted(t *testing.T) (*server, *statements) {
	t.Helper()
	counted := &statements{byRequest: map[string][]string{}}
	return serveOn(t, pgtest.NewWith(t, postgres.Options{Tracer: counted})), counted
}

// serveOn serves a database inside the test.
func serveOn(t *testing.T, db *postgres.DB) *server {
	t.Helper()
	c, err := config.Load(map[string]string{"LISTEN_ADDR": "127.0.0.1:0", "LOST_PHONE_DELAY": "1ms",
		"WEB_PUSH_KEY": strings.Repeat("A", 42) + "E", "WEB_PUSH_CONTACT": "ops@pay.example"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	serving, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- serve(ctx, surroundings{Config: c}, db, slog.New(slog.DiscardHandler), func(address string) { serving <- address })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	select {
	case address := <-serving:
		return &server{URL: address}
	case <-time.After(patience):
	}
	t.Fatal("the server does not serve")
	return nil
}

// read is a query, and how many statements it takes beside the one that finds out who asks.
type read struct {
	query string
	want  int
}

// knownReads are the screens of an app.
func knownReads(annaWallet string) map[string]read {
	const party = `{ walletNumber wmid displayName wallet { number balance { amount } } }`
	const transfer = `{ id status direction kind from ` + party + ` to ` + party + ` amount { amount currency { name } } fee { amount } total { amount } memo }`
	return map[string]read{
		"nobody":        {`{ currencies { letter name fee { minimum } } }`, 0},
		"viewer":        {`{ viewer { wmid phone email { address verified } profile { firstName } certificate { level } } }`, 0},
		"certificate":   {`{ viewer { certificate { level request { id status } } } }`, 1},
		"agreements":    {`{ agreements { id title text } }`, 1},
		"wallets":       {`{ viewer { wallets { number balance { amount } } } }`, 1},
		"one wallet":    {`{ viewer { wallet(number: "` + annaWallet + `") { number entries(first: 5) { nodes { sequence } } } } }`, 2},
		"home":          {`{ viewer { wallets { number balance { amount currency { code } } } transfers(first: 20) { nodes ` + transfer + ` pageInfo { hasNextPage } } } }`, 3},
		"transfers":     {`{ viewer { transfers(first: 20) { edges { cursor node ` + transfer + ` } } } }`, 2},
		"filtered":      {`{ viewer { transfers(first: 20, filter: {direction: OUTGOING, text: "x"}) { edges { cursor node ` + transfer + ` } } } }`, 2},
		"documents":     {`{ viewer { wallets { statementUrls { pdf csv json } } transfers(first: 20) { nodes { receiptUrls { pdf png } } } } }`, 2},
		"payment link":  {`{ paymentLink(input: {walletNumber: "` + annaWallet + `", amount: "1", memo: "tea"}) { link { url payload expiresAt qrPng qrSvg } userErrors { code } } }`, 1},
		"turnover":      {`{ viewer { turnover(currency: "Z", from: "2026-01-01", to: "2027-12-01") { month incoming { amount } outgoing { amount } fees { amount } count } } }`, 2},
		"refused":       {`{ viewer { refusedTransfers(first: 20) { nodes { refusedAt from to amount { amount } code explanation } } } }`, 1},
		"statement":     {`{ viewer { wallet(number: "` + annaWallet + `") { entries(first: 20) { nodes { amount { amount } balanceAfter { amount } transfer ` + transfer + ` } } } } }`, 4},
		"sessions":      {`{ viewer { events(first: 50) { nodes { ... on SessionOpened { session { id device { name } } } ... on AccountChanged { account { wmid } } } } } }`, 4},
		"signed in":     {`{ viewer { sessions { id current lastSeenAt device { name platform } } } }`, 1},
		"security log":  {`{ viewer { securityLog(first: 50) { nodes { id kind occurredAt network device { name } session { id current } } pageInfo { hasNextPage } } } }`, 3},
		"statements":    {`{ viewer { wallets { number entries(first: 3) { nodes { sequence amount { amount } } } } } }`, 2},
		"events":        {`{ viewer { events(first: 50) { headCursor nodes { cursor ... on TransferSent { transfer ` + transfer + ` } ... on WalletOpened { wallet { number } } } } } }`, 4},
		"told of":       {readSettings, 3},
		"push keys":     {`{ pushKeys { kinds webPush } }`, 0},
		"support":       {`{ supportUrl }`, 0},
		"contacts":      {`{ viewer { contacts { nodes { name displayName lastTransferAt } } suggestedContacts { wmid } incomingPolicy } }`, 3},
		"every account": {`{ viewer { wmid } a: viewer { wmid } b: viewer { wmid } }`, 0},
	}
}

// TestEveryReadHasAKnownNumberOfQueries holds for lists of any length: each read is asked for again when there is more to show.
func TestEveryReadHasAKnownNumberOfQueries(t *testing.T) {
	t.Parallel()
	s, counted := startCounted(t)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := boris.wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")

	reads := knownReads(annaWallet)
	for _, round := range []int{0, 12} {
		for range round {
			ask[created](anna, createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()})
		}
		for name, read := range reads {
			got := counted.fewest(t, anna, name, read.query, read.want)
			if len(got) > read.want || (round > 0 && len(got) != read.want) {
				t.Errorf("%s takes %d queries after %d transfers, want %d:\n%s", name, len(got), round, read.want, strings.Join(got, "\n"))
			}
		}
	}
}

// fewest are the statements of a read. On a machine that is busy with other tests, what the fields of a list ask for may not be
// gathered in time and take one more; a read that needs more takes more each time.
func (s *statements) fewest(t *testing.T, c *client, name, query string, want int) (fewest []string) {
	t.Helper()
	for try := range 20 {
		r, err := c.try(query, nil)
		if err != nil || len(r.Errors) > 0 {
			t.Fatalf("%s: %+v, %v", name, r.Errors, err)
		}
		if got := s.beside(t, r); try == 0 || len(got) < len(fewest) {
			fewest = got
		}
		if len(fewest) <= want {
			break
		}
	}
	return fewest
}

// TestEveryWriteHasAKnownNumberOfQueries says what a mutation costs in statements, begin and commit among them. The posting
// itself is the ledger's, which works for many at once and under no request's id.
func TestEveryWriteHasAKnownNumberOfQueries(t *testing.T) {
	t.Parallel()
	s, counted := startCounted(t)
	anna := s.client(t).anna()
	annaWallet, _ := anna.wallet("E")
	borisWallet, _ := s.client(t).boris().wallet("E")

	request := vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}
	r, err := anna.try(createTransfer, request)
	if err != nil || len(r.Errors) > 0 {
		t.Fatalf("%+v, %v", r.Errors, err)
	}
	// both wallets; recipient; begin, acquainted, app, counter, message, its job, challenge, transfer, events, commit; view
	expect(t, counted, r, "a transfer that needs a code", 17)

	if r, err = anna.try(createTransfer, request); err != nil {
		t.Fatal(err)
	}
	// key; challenge
	expect(t, counted, r, "its repeat", 2)

	anna.allowWithoutCode("E", "1000000", "+79000000002")
	request["key"] = newKey()
	if r, err = anna.try(createTransfer, request); err != nil {
		t.Fatal(err)
	}
	// the wallets are known by now, and the ledger does the rest
	expect(t, counted, r, "a transfer that needs none", 0)
}

func expect(t *testing.T, counted *statements, r reply, what string, want int) {
	t.Helper()
	if got := counted.beside(t, r); len(got) != want {
		t.Errorf("%s takes %d statements, want %d:\n%s", what, len(got), want, strings.Join(got, "\n"))
	}
}
