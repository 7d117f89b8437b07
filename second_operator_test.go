package main

import (
	"strings"
	"sync"
	"testing"
)

const (
	issueAsking = `mutation($w: WalletNumber!, $a: Decimal!, $r: String!, $k: UUID!) { issueFunds(input: {walletNumber: $w, amount: $a, reference: $r, idempotencyKey: $k}) {
  transfer { id status } request { id status operator decidedBy wmid amount { amount } } replayed userErrors { code field } } }`
	redeemAsking = `mutation($w: WalletNumber!, $a: Decimal!, $r: String!, $k: UUID!) { redeemFunds(input: {walletNumber: $w, amount: $a, reference: $r, idempotencyKey: $k}) {
  transfer { id status } request { id status operator decidedBy wmid amount { amount } } replayed userErrors { code field } } }`
	approve = `mutation($i: ID!) { approveOperatorRequest(input: {requestId: $i}) { request { id status decidedBy } userErrors { code message } } }`
	reject  = `mutation($i: ID!, $r: String!) { rejectOperatorRequest(input: {requestId: $i, reason: $r}) { request { id status reason } userErrors { code message } } }`
)

type fundsAsked struct {
	Transfer *struct{ ID, Status string }
	Request  *struct {
		ID, Status, Operator, Wmid string
		DecidedBy                  *string
	}
	Replayed   bool
	UserErrors []userError
}

func (c *client) issue(v vars) fundsAsked {
	c.t.Helper()
	return ask[struct{ IssueFunds fundsAsked }](c, issueAsking, v).IssueFunds
}

// desk is two servers on one database, on which one operator moves 1,000 dollars a day alone.
type desk struct {
	dsn         string
	one, two    *server
	first, next *client // two operators
	anna        *client
	wallet      string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	d := desk{dsn: withDemo(t)}
	const limit = "SECOND_OPERATOR_ABOVE=Z:1000.00,P:0"
	d.one, d.two = startServer(t, d.dsn, limit), startServer(t, d.dsn, limit)
	boris := d.two.client(t).boris().wmid()
	promote(t, d.dsn, boris, "NULL")
	d.first, d.next, d.anna = d.one.client(t).operator(), d.two.client(t).boris(), d.one.client(t).anna()
	d.wallet, _ = d.anna.wallet("Z")
	return d
}

func (d desk) balance(t *testing.T) string {
	t.Helper()
	_, balance := d.anna.wallet("Z")
	return balance
}

func TestLargeMoneyTakesASecondOperatorOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before := d.balance(t)
	large := vars{"w": d.wallet, "a": "1000.01", "r": "a deposit", "k": newKey()}
	asked := d.first.issue(large)
	if asked.Transfer != nil || asked.Request == nil || asked.Request.Status != "PENDING" || asked.Request.Operator != d.first.wmid() || asked.Request.Wmid != d.anna.wmid() {
		t.Fatalf("%+v", asked)
	}
	if again := d.first.at(d.two).issue(large); again.Request == nil || again.Request.ID != asked.Request.ID || again.Transfer != nil {
		t.Errorf("a repeat at the other server: %+v", again)
	}
	other := vars{"w": d.wallet, "a": "5", "r": "a deposit", "k": large["k"]}
	if got := d.first.issue(other); len(got.UserErrors) != 1 || got.UserErrors[0].Code != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another amount under the key: %+v", got)
	}
	if now := d.balance(t); now != before {
		t.Fatalf("it moved without a second operator: %s", now)
	}
	id := asked.Request.ID
	if code := d.first.faultCode(approve, vars{"i": id}); code != "FORBIDDEN" {
		t.Errorf("the first operator approves it: %s", code)
	}
	if queue := d.next.answer(`{ operatorRequests { nodes { id status reference } } }`, nil); !strings.Contains(queue, id) {
		t.Errorf("it does not wait: %s", queue)
	}

	promote(t, d.dsn, d.anna.wmid(), "now()")
	if code := d.one.client(t).anna().faultCode(approve, vars{"i": id}); code != "FORBIDDEN" {
		t.Errorf("who came after the request, and owns the wallet, approves it: %s", code)
	}

	var both sync.WaitGroup
	for range 8 {
		for _, s := range []*server{d.one, d.two} {
			both.Go(func() {
				if r, err := d.next.at(s).try(approve, vars{"i": id}); err != nil || !strings.Contains(string(r.Data), `"status":"APPROVED"`) {
					t.Errorf("an approval among many: %s %+v %v", r.Data, r.Errors, err)
				}
			})
		}
	}
	both.Wait()
	if now := d.balance(t); before != "1000.00" || now != "2000.01" {
		t.Errorf("she had %s and has %s", before, now)
	}
	done := d.first.issue(large)
	if done.Transfer == nil || !done.Replayed || done.Request == nil || done.Request.Status != "APPROVED" || *done.Request.DecidedBy != d.next.wmid() {
		t.Errorf("the first operator sees %+v", done)
	}
	if got := d.next.answer(reject, vars{"i": id, "r": "too late"}); !strings.Contains(got, `"STEP_OUT_OF_ORDER"`) {
		t.Errorf("rejected afterwards: %s", got)
	}
	check(t, d.dsn)
}

func TestManySmallAmountsCountAsOneLargeOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var mu sync.Mutex
	var both sync.WaitGroup
	moved, waiting := 0, 0
	for i := range 20 { // together twice what one operator moves alone, at two servers at once
		s := []*server{d.one, d.two}[i%2]
		both.Go(func() {
			got := d.first.at(s).issue(vars{"w": d.wallet, "a": "100", "r": "a part", "k": newKey()})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case got.Transfer != nil:
				moved++
			case got.Request != nil:
				waiting++
			}
		})
	}
	both.Wait()
	if moved != 10 || waiting != 10 || d.balance(t) != "2000.00" {
		t.Errorf("%d moved, %d wait; she has %s", moved, waiting, d.balance(t))
	}
	if got := ask[struct{ RedeemFunds fundsAsked }](d.first, redeemAsking, vars{"w": d.wallet, "a": "1", "r": "out", "k": newKey()}).RedeemFunds; got.Request == nil {
		t.Errorf("taking out does not count: %+v", got)
	}
	rubles, _ := d.anna.wallet("P")
	if got := d.first.issue(vars{"w": rubles, "a": "900000", "r": "free", "k": newKey()}); got.Transfer == nil {
		t.Errorf("a currency without a limit: %+v", got)
	}
	if got := d.next.issue(vars{"w": d.wallet, "a": "100", "r": "another's sum", "k": newKey()}); got.Transfer == nil {
		t.Errorf("another operator: %+v", got)
	}
	if err := execOn(t, d.dsn, `UPDATE operator_moves SET moved_at = moved_at - interval '24 hours'`); err != nil {
		t.Fatal(err)
	}
	if got := d.first.issue(vars{"w": d.wallet, "a": "1000", "r": "the next day", "k": newKey()}); got.Transfer == nil {
		t.Errorf("the next day: %+v", got)
	}
	check(t, d.dsn)
}

func TestAKeyThatWasTriedSmallDoesNotCarryALargeAmount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	empty := walletOf(d.one.client(t).as(d.anna.token))
	key := newKey()
	small := ask[struct{ RedeemFunds fundsAsked }](d.first, redeemAsking, vars{"w": empty, "a": "1", "r": "out", "k": key}).RedeemFunds
	if len(small.UserErrors) != 1 || small.UserErrors[0].Code != "INSUFFICIENT_FUNDS" {
		t.Fatalf("%+v", small)
	}
	if got := d.first.issue(vars{"w": d.wallet, "a": "1000000", "r": "in", "k": key}); got.Transfer != nil || got.Request == nil {
		t.Errorf("%+v", got)
	}
	check(t, d.dsn)
}

func TestARequestIsJudgedAgainWhenItIsApproved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := func(amount string) string {
		got := ask[struct{ RedeemFunds fundsAsked }](d.first, redeemAsking, vars{"w": d.wallet, "a": amount, "r": "out", "k": newKey()}).RedeemFunds
		if got.Request == nil {
			t.Fatalf("%+v", got)
		}
		return got.Request.ID
	}
	tooMuch := out("1500")
	if got := d.next.answer(approve, vars{"i": tooMuch}); !strings.Contains(got, `"INSUFFICIENT_FUNDS"`) {
		t.Errorf("more than there is: %s", got)
	}
	if queue := d.next.answer(`{ operatorRequests { nodes { id } } }`, nil); !strings.Contains(queue, tooMuch) {
		t.Error("a request that could not be does not wait any more")
	}
	if got := d.next.answer(reject, vars{"i": tooMuch, "r": "there is less"}); !strings.Contains(got, `"status":"REJECTED","reason":"there is less"`) {
		t.Errorf("rejected: %s", got)
	}
	if got := d.next.answer(approve, vars{"i": tooMuch}); !strings.Contains(got, `"STEP_OUT_OF_ORDER"`) {
		t.Errorf("approved afterwards: %s", got)
	}
	late, gone := out("1200"), out("1201")
	if err := execOn(t, d.dsn, `UPDATE operator_requests SET expires_at = now() WHERE amount = 120000`); err != nil {
		t.Fatal(err)
	}
	if got := d.next.answer(approve, vars{"i": late}); !strings.Contains(got, `"STEP_OUT_OF_ORDER"`) || !strings.Contains(got, "has expired") {
		t.Errorf("after its time: %s", got)
	}
	if list := d.next.answer(`{ operatorRequests(status: EXPIRED) { nodes { id } } }`, nil); !strings.Contains(list, late) {
		t.Errorf("what has run out: %s", list)
	}
	d.next.answer(freezeBy, vars{"w": d.first.wmid(), "r": "a stolen device"})
	if got := d.next.answer(approve, vars{"i": gone}); !strings.Contains(got, `"STEP_OUT_OF_ORDER"`) || !strings.Contains(got, "no longer an operator") {
		t.Errorf("of an operator who is frozen: %s", got)
	}
	for _, id := range []string{"", "nonsense", d.wallet} {
		if got := d.next.answer(approve, vars{"i": id}); !strings.Contains(got, `"INVALID_INPUT"`) {
			t.Errorf("%q: %s", id, got)
		}
	}
	if d.balance(t) != "1000.00" {
		t.Errorf("she has %s", d.balance(t))
	}
	if err := execOn(t, d.dsn, `UPDATE operator_requests SET status = 'APPROVED', decided_by = operator_id, decided_at = now() WHERE amount = 120100`); err == nil {
		t.Error("the database lets one operator agree with himself")
	}
	check(t, d.dsn)
}
