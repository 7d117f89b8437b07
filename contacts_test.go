package main

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

const (
	blockAccount   = `mutation($w: WMID!) { blockAccount(input: {wmid: $w}) { blocked { wmid displayName since } userErrors { code field } } }`
	unblockAccount = `mutation($w: WMID!) { unblockAccount(input: {wmid: $w}) { account { wmid } userErrors { code field } } }`
	quoteTransfer  = `query($from: WalletNumber!, $to: WalletNumber!) { transferQuote(input: {from: $from, to: {walletNumber: $to}, amount: "1"}) { userErrors { code message field } } }`
)

// TestABlockAgainstTransfersUnderWayHasOneOutcome blocks at one server while money is sent at both: what came before it is there, and nothing after.
func TestABlockAgainstTransfersUnderWayHasOneOutcome(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	two := []*server{startServer(t, dsn), startServer(t, dsn)}
	anna, boris := two[0].client(t).anna(), two[1].client(t).boris()
	annas, boriss := anna.wmid(), boris.wmid()
	to, before := anna.wallet("Z")
	from, _ := boris.wallet("Z")
	boris.allowWithoutCode("Z", "1000000", "+79000000003")
	send := func(at *server) string {
		r, err := boris.at(at).try(createTransfer, vars{"from": from, "to": to, "amount": "1", "key": newKey()})
		if err != nil || len(r.Errors) > 0 {
			t.Errorf("%+v, %v", r.Errors, err)
		}
		return codeOf(r)
	}
	for round := range 6 {
		var mu sync.Mutex
		var running sync.WaitGroup
		blocked, passed := false, 0
		_, had := anna.wallet("Z")
		for i := range 40 {
			running.Go(func() {
				if i == 13 {
					if got := anna.answer(blockAccount, vars{"w": boriss}); !strings.Contains(got, boriss) {
						t.Error(got)
					}
					mu.Lock()
					blocked = true
					mu.Unlock()
					return
				}
				mu.Lock()
				late := blocked
				mu.Unlock()
				switch code := send(two[i%2]); {
				case code == "" && late:
					t.Error("a transfer that began after the block was answered has passed")
				case code == "":
					mu.Lock()
					passed++
					mu.Unlock()
				case code != "RECIPIENT_REFUSES":
					t.Errorf("it is answered with %s", code)
				}
			})
		}
		running.Wait()
		for _, s := range two {
			if code := send(s); code != "RECIPIENT_REFUSES" {
				t.Errorf("round %d, after the block: %q", round, code)
			}
		}
		if _, has := anna.wallet("Z"); cents(t, has)-cents(t, had) != int64(passed)*100 {
			t.Errorf("round %d: %d passed, she had %s and has %s", round, passed, had, has)
		}
		if got := anna.answer(unblockAccount, vars{"w": boriss}); !strings.Contains(got, annas) {
			t.Error(got)
		}
		if code := send(two[1]); code != "" {
			t.Errorf("unblocked: %s", code)
		}
	}
	if _, after := anna.wallet("Z"); after == before {
		t.Error("nothing came at all")
	}
	check(t, dsn)
}

func cents(t *testing.T, amount string) (minor int64) {
	t.Helper()
	for _, digit := range strings.Replace(amount, ".", "", 1) {
		minor = minor*10 + int64(digit-'0')
	}
	return minor
}

// TestWhoIsBlockedLearnsNothingElse also has money that waits for a code, money that is protected, and a refund.
func TestWhoIsBlockedLearnsNothingElse(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	boriss := boris.wmid()
	to, _ := anna.wallet("Z")
	from, _ := boris.wallet("Z")
	anna.send(to, from, "30", "+79000000002") // which boris can refund
	paid := ask[struct {
		Viewer struct {
			Transfers struct{ Nodes []struct{ ID string } }
		}
	}](boris, `{ viewer { transfers(first: 1) { nodes { id } } } }`, nil).Viewer.Transfers.Nodes[0].ID
	waiting := ask[created](boris, createTransfer, vars{"from": from, "to": to, "amount": "2", "key": newKey()}).CreateTransfer.Transfer.ID
	code := boris.newestCode("+79000000003")
	boris.allowWithoutCode("Z", "1000000", "+79000000003")
	protected := ask[created](boris, `mutation($f: WalletNumber!, $t: WalletNumber!, $k: UUID!) { createTransfer(input: {from: $f, to: {walletNumber: $t}, amount: "5",
		protection: {kind: CODE, code: "open sesame", days: 3}, idempotencyKey: $k}) { transfer { id status } userErrors { code } } }`,
		vars{"f": from, "t": to, "k": newKey()}).CreateTransfer
	if protected.Transfer == nil || protected.Transfer.Status != "PROTECTED" {
		t.Fatalf("%+v", protected)
	}

	for range 2 { // a repeat does nothing
		if got := anna.answer(blockAccount, vars{"w": boriss}); !strings.Contains(got, `"displayName":"Boris I."`) {
			t.Fatal(got)
		}
	}
	if list := anna.answer(`{ viewer { blockedAccounts { wmid } } }`, nil); strings.Count(list, boriss) != 1 {
		t.Errorf("the list is %s", list)
	}
	empty := walletOf(boris)
	for what, r := range map[string]string{
		"a quote":                      boris.answer(quoteTransfer, vars{"from": from, "to": to}),
		"a quote from an empty wallet": boris.answer(quoteTransfer, vars{"from": empty, "to": to}),
		"a wallet opened since":        boris.answer(quoteTransfer, vars{"from": from, "to": walletOf(anna)}),
		"what waited for its code":     boris.answer(confirmTransfer, vars{"id": waiting, "code": code}),
	} {
		if strings.Count(r, `"code":`) != 1 || !strings.Contains(r, `"RECIPIENT_REFUSES"`) || !strings.Contains(r, "accept transfers from you") {
			t.Errorf("%s is answered with %s", what, r)
		}
	}
	if got := boris.answer(`mutation($i: ID!, $k: UUID!) { refundTransfer(input: {transferId: $i, amount: "1", idempotencyKey: $k}) { transfer { status } userErrors { code } } }`,
		vars{"i": paid, "k": newKey()}); !strings.Contains(got, `"COMPLETED"`) {
		t.Errorf("a refund: %s", got)
	}
	if got := anna.answer(`mutation($i: ID!) { acceptTransfer(input: {transferId: $i, protectionCode: "open sesame"}) { transfer { status } userErrors { code } } }`,
		vars{"i": protected.Transfer.ID}); !strings.Contains(got, `"COMPLETED"`) {
		t.Errorf("what was protected before: %s", got)
	}
	anna.send(to, from, "1", "+79000000002") // she may send to him
	for wmid, want := range map[string]string{"123": "INVALID_WMID", anna.wmid(): "INVALID_INPUT", "000000000002": "RECIPIENT_NOT_FOUND"} {
		if got := anna.answer(blockAccount, vars{"w": wmid}); !strings.Contains(got, want) {
			t.Errorf("%s: %s", wmid, got)
		}
	}
	if got := boris.answer(unblockAccount, vars{"w": anna.wmid()}); !strings.Contains(got, `"userErrors":[]`) {
		t.Errorf("whom one does not block: %s", got)
	}
	if code := anna.as("").faultCode(blockAccount, vars{"w": boriss}); code != "UNAUTHENTICATED" {
		t.Errorf("nobody blocks: %s", code)
	}
	check(t, dsn)
}

// TestWhoBlocksNobodyPaysNothingForIt looks at what the ledger asks: the list is read only for a wallet whose owner has one.
func TestWhoBlocksNobodyPaysNothingForIt(t *testing.T) {
	t.Parallel()
	seen := &collector{statements: &statements{byRequest: map[string][]string{}}, bySQL: map[string]statement{}}
	s := serveOn(t, pgtest.NewWith(t, postgres.Options{Tracer: seen}))
	anna, boris := s.client(t).anna(), s.client(t).boris()
	annas, borisZ := walletNumber(anna), walletNumber(boris)
	asked := func() bool {
		return slices.ContainsFunc(seen.all(), func(s statement) bool { return s.room == "ledger" && strings.Contains(s.sql, "FROM blocks") })
	}
	operator := s.client(t).operator().wmid()
	anna.send(annas, borisZ, "1", "+79000000002")
	anna.answer(blockAccount, vars{"w": operator}) // who sends is not screened by those she blocks
	anna.send(annas, borisZ, "1", "+79000000002")
	if asked() {
		t.Error("the ledger looks for blocks of somebody who blocks nobody")
	}
	boris.answer(blockAccount, vars{"w": operator})
	anna.send(annas, borisZ, "1", "+79000000002")
	if !asked() {
		t.Error("the ledger does not look for blocks")
	}
}

func walletNumber(c *client) string {
	number, _ := c.wallet("Z")
	return number
}
