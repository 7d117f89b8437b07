package main

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// What else two people and an operator do in a run of TestAnyRunOfPaymentsThroughTheAPIAgreesWithAModel.

func decimal(kopecks int64) string { return fmt.Sprintf("%d.%02d", kopecks/100, kopecks%100) }

// payWithCode lets boris, who allows nothing without a code, pay anna: he confirms, first with a wrong code, or calls it off, or leaves it.
func (m *paymentModel) payWithCode(r *rapid.T) {
	if m.coded == 500 {
		r.Skip("so many attempts that move nothing yet are looks at recipients: there are 600 an hour")
	}
	amount := rapid.Int64Range(1, 3000).Draw(r, "kopecks")
	boris := m.person(r, 1)
	done := ask[modelAnswer](boris, payInModel, vars{"from": m.wallets[1], "to": m.wallets[0], "amount": decimal(amount), "key": newKey()}).Done
	if done.Transfer == nil || done.Transfer.Status != "AWAITING_CONFIRMATION" {
		r.Fatalf("%+v", done)
	}
	m.coded++
	id, code := done.Transfer.ID, boris.newestCode("+79000000003")
	switch rapid.SampledFrom([]string{"confirm", "call off", "leave"}).Draw(r, "then") {
	case "call off":
		if got := m.finish(r, "cancelTransfer", id, ""); got != "CANCELLED" {
			r.Fatalf("called off: %s", got)
		}
		if got := m.finish(r, "confirmTransfer", id, code); got != "TRANSFER_STATE" {
			r.Fatalf("confirmed after all: %s", got)
		}
		m.reached["called off"]++
	case "confirm":
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		if got := m.finish(r, "confirmTransfer", id, wrong); got != "CODE_REJECTED" {
			r.Fatalf("a wrong code: %s", got)
		}
		for range 2 { // a repeat says the same and moves nothing
			if got := m.finish(r, "confirmTransfer", id, code); got != "COMPLETED" {
				r.Fatalf("confirmed: %s", got)
			}
		}
		m.held[1] -= amount + kopecks(done.Transfer.Fee.Amount)
		m.held[0] += amount
		m.reached["confirmed"]++
	}
}

// finish is what became of a transfer of boris's, or why not.
func (m *paymentModel) finish(r *rapid.T, field, id, code string) string {
	more := ""
	if code != "" {
		more = fmt.Sprintf(", code: %q", code)
	}
	done := ask[modelAnswer](m.person(r, 1), `mutation($id: ID!) { done: `+field+`(input: {transferId: $id`+more+`}) { transfer { id status } userErrors { code } } }`, vars{"id": id}).Done
	if len(done.UserErrors) == 1 {
		return done.UserErrors[0].Code
	}
	if done.Transfer == nil {
		r.Fatalf("%s: %+v", field, done)
	}
	return done.Transfer.Status
}

// moveAmongOwn moves money of anna's between two wallets, there and back; it costs nothing.
func (m *paymentModel) moveAmongOwn(r *rapid.T) {
	amount := decimal(rapid.Int64Range(1, 3000).Draw(r, "kopecks"))
	anna := m.person(r, 0) // a run may end where it draws
	for _, way := range [][2]string{{m.wallets[0], m.second}, {m.second, m.wallets[0]}} {
		done := ask[modelAnswer](anna, payInModel, vars{"from": way[0], "to": way[1], "amount": amount, "key": newKey()}).Done
		if done.Transfer == nil || done.Transfer.Status != "COMPLETED" || done.Transfer.Fee.Amount != "0.00" {
			r.Fatalf("%+v", done)
		}
	}
	m.reached["moved among own"]++
}

// fund lets the operator bring money to boris, and take some away.
func (m *paymentModel) fund(r *rapid.T) {
	amount := rapid.Int64Range(1, 3000).Draw(r, "kopecks")
	field, sign := "issueFunds", int64(1)
	if rapid.Bool().Draw(r, "away") {
		field, sign = "redeemFunds", -1
	}
	key := newKey()
	for range 2 { // a repeat moves nothing
		done := ask[modelAnswer](m.operator.at(m.servers[rapid.IntRange(0, 1).Draw(r, "server")]), `mutation($w: WalletNumber!, $a: Decimal!, $k: UUID!) {
			done: `+field+`(input: {walletNumber: $w, amount: $a, reference: "a run", idempotencyKey: $k}) { transfer { id status fee { amount } } replayed userErrors { code } } }`,
			vars{"w": m.wallets[1], "a": decimal(amount), "k": key}).Done
		if done.Transfer == nil || done.Transfer.Status != "COMPLETED" {
			r.Fatalf("%s: %+v", field, done)
		}
	}
	m.held[1] += sign * amount
	m.reached["funded"]++
}

// must asks for something that has no reason to be refused.
func (m *paymentModel) must(r *rapid.T, c *client, query string, variables vars) {
	if answer, err := c.try(query, variables); err != nil || len(answer.Errors) > 0 || strings.Contains(string(answer.Data), `"code":"`) {
		r.Fatalf("%s: %s %v, %v", query, answer.Data, answer.Errors, err)
	}
}

// refuse makes a payment of anna's impossible in one of the ways that people have, tries it, and makes it possible again.
func (m *paymentModel) refuse(r *rapid.T) {
	anna, boris, payer := m.person(r, 0), m.person(r, 1), m.person(r, 0) // all is drawn before anything is changed: a run may end where it draws
	wmid := vars{"w": m.wmid}
	way := rapid.SampledFrom([]string{"frozen", "blocked", "only contacts"}).Draw(r, "way")
	if m.reached[way] == map[string]int{"frozen": 3, "blocked": 20, "only contacts": 20}[way] {
		r.Skip("it may not be done so often in an hour")
	}
	wanted := "RECIPIENT_REFUSES"
	switch way {
	case "frozen":
		wanted = "ACCOUNT_FROZEN"
		m.must(r, anna, `mutation { freezeAccount { userErrors { code } } }`, nil)
	case "blocked":
		m.must(r, boris, `mutation($w: WMID!) { blockAccount(input: {wmid: $w}) { userErrors { code } } }`, wmid)
	default:
		m.must(r, boris, `mutation { setIncomingPolicy(input: {policy: CONTACTS}) { userErrors { code } } }`, nil)
	}
	done := ask[modelAnswer](payer, payInModel, vars{"from": m.wallets[0], "to": m.wallets[1], "amount": "1", "key": newKey()}).Done
	if len(done.UserErrors) != 1 || done.UserErrors[0].Code != wanted {
		r.Fatalf("%s: %+v", way, done)
	}
	switch way {
	case "frozen":
		m.must(r, anna, `mutation { unfreezeAccount(input: {}) { challenge { id } userErrors { code } } }`, nil)
		m.must(r, anna, `mutation($c: String) { unfreezeAccount(input: {code: $c}) { userErrors { code } } }`, vars{"c": anna.newestCode("+79000000002")})
	case "blocked":
		m.must(r, boris, `mutation($w: WMID!) { unblockAccount(input: {wmid: $w}) { userErrors { code } } }`, wmid)
	default:
		m.must(r, boris, `mutation { setIncomingPolicy(input: {policy: EVERYONE}) { userErrors { code } } }`, nil)
	}
	m.reached[way]++
}
