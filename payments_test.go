package main

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/postgres"
)

// TestAProtectedPaymentIsFollowedByBothSides walks it through at two servers, with the recipient listening.
func TestAProtectedPaymentIsFollowedByBothSides(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, other := startServer(t, dsn), startServer(t, dsn)
	anna, boris := one.client(t).anna(), other.client(t).boris()
	annaWallet, before := anna.wallet("Z")
	borisWallet, _ := boris.wallet("Z")
	listening := boris.listen(t, boris.head())

	made := ask[struct{ CreateTransfer payment }](anna, createProtected, vars{"from": annaWallet, "to": borisWallet, "key": newKey(),
		"p": vars{"kind": "CODE", "code": "синий кит", "days": 3}}).CreateTransfer
	ask[any](anna, confirmTransfer, vars{"id": made.Transfer.ID, "code": anna.newestCode("+79000000002")})
	if _, left := anna.wallet("Z"); left == before {
		t.Error("the money has not left")
	}
	if heard := listening.next(); heard.Amount != "2.00" {
		t.Errorf("the recipient hears of %+v", heard)
	}
	type seen struct {
		Node struct {
			Status, Direction string
			Protection        struct {
				Kind         string
				ExpiresAt    time.Time
				AttemptsLeft int
			}
		}
	}
	const look = `query($id: ID!) { node(id: $id) { ... on Transfer { status direction protection { kind expiresAt attemptsLeft } } } }`
	got := ask[seen](boris, look, vars{"id": made.Transfer.ID}).Node
	if in := time.Until(got.Protection.ExpiresAt); got.Status != "PROTECTED" || got.Direction != "INCOMING" || got.Protection.AttemptsLeft != 8 || in < 71*time.Hour || in > 73*time.Hour {
		t.Errorf("%+v", got)
	}
	const accept = `mutation($id: ID!, $code: String!) { acceptTransfer(input: {transferId: $id, protectionCode: $code}) {
		transfer { status } userErrors { code message ... on CodeRejected { attemptsLeft } } } }`
	type accepted struct {
		AcceptTransfer struct {
			Transfer   *struct{ Status string }
			UserErrors []struct {
				Code, Message string
				AttemptsLeft  int
			}
		}
	}
	wrong := ask[accepted](boris, accept, vars{"id": made.Transfer.ID, "code": "red whale"}).AcceptTransfer
	if len(wrong.UserErrors) != 1 || wrong.UserErrors[0].Code != "CODE_REJECTED" || wrong.UserErrors[0].AttemptsLeft != 7 || !strings.Contains(wrong.UserErrors[0].Message, "7") {
		t.Errorf("%+v", wrong)
	}
	right := ask[accepted](boris, accept, vars{"id": made.Transfer.ID, "code": "синий кит"}).AcceptTransfer
	if right.Transfer == nil || right.Transfer.Status != "COMPLETED" {
		t.Errorf("%+v", right)
	}
	kinds := ask[struct {
		Viewer struct {
			Events struct {
				Nodes []struct {
					Typename string `json:"__typename"`
				}
			}
		}
	}](anna, `{ viewer { events(first: 100) { nodes { __typename } } } }`, nil).Viewer.Events.Nodes
	if !slices.ContainsFunc(kinds, func(k struct {
		Typename string `json:"__typename"`
	}) bool {
		return k.Typename == "TransferUpdated"
	}) {
		t.Errorf("the sender's devices have not heard of the end: %+v", kinds)
	}
	check(t, dsn)
}

func TestAServerEndsWhatIsDueByItself(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	annaWallet, _ := anna.wallet("E")
	borisWallet, before := boris.wallet("E")
	made := ask[struct{ CreateTransfer payment }](anna, createProtected, vars{"from": annaWallet, "to": borisWallet, "key": newKey(),
		"p": vars{"kind": "TIME", "days": 1}}).CreateTransfer
	ask[any](anna, confirmTransfer, vars{"id": made.Transfer.ID, "code": anna.newestCode("+79000000002")})
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if _, err := db.Pool.Exec(t.Context(), `UPDATE transfers SET protected_until = now(), settle_at = now() WHERE status = 'PROTECTED'`); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; {
		if _, now := boris.wallet("E"); now != before {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody settled it")
		}
		<-time.After(20 * time.Millisecond)
	}
	check(t, dsn)
}

// TestAnyRunOfPaymentsThroughTheAPIAgreesWithAModel lets two people do whatever they like at two servers, and finds the shortest run after
// which a balance or a status is not what a few integers say. The audit has the last word.
func TestAnyRunOfPaymentsThroughTheAPIAgreesWithAModel(t *testing.T) {
	t.Parallel()
	if err := flag.Set("rapid.checks", strconv.Itoa(ledgertest.Size(20, 300))); err != nil {
		t.Fatal(err)
	}
	dsn := withDemo(t)
	servers := []*server{startServer(t, dsn), startServer(t, dsn)}
	anna, boris := servers[0].client(t).anna(), servers[0].client(t).boris()
	anna.allowWithoutCode("P", "1000000", "+79000000002")
	m := &paymentModel{t: t, people: [2]*client{anna, boris}, servers: servers, reached: map[string]int{}}
	for i, c := range m.people {
		m.wallets[i], _ = c.wallet("P")
		m.held[i] = 5_000_000
	}
	m.operator = servers[0].client(t).operator()
	m.wmid = ask[struct{ Viewer struct{ WMID string } }](anna, `{ viewer { wmid } }`, nil).Viewer.WMID
	m.second = ask[struct {
		OpenWallet struct{ Wallet struct{ Number string } }
	}](anna, `mutation { openWallet(input: {currency: "P"}) { wallet { number } } }`, nil).OpenWallet.Wallet.Number
	wanted := []string{"paid", "protected", "accepted", "guessed", "rejected", "cancelled", "refunded", "too much", "repeated", "too late",
		"confirmed", "called off", "moved among own", "funded", "frozen", "blocked", "only contacts"}
	missed := func() bool {
		return slices.ContainsFunc(wanted, func(what string) bool { return m.reached[what] == 0 })
	}
	for round := 0; round == 0 || (missed() && round < 8); round++ { // chance alone decides what a run comes to
		rapid.Check(t, func(r *rapid.T) {
			m.payments = nil
			r.Repeat(map[string]func(*rapid.T){"": m.compare, "pay": m.pay, "pay protected": m.pay, "accept": m.accept, "guess": m.guess, "reject": m.reject,
				"cancel": m.cancel, "refund": m.refund, "refund again": m.refund, "repeat": m.repeat,
				"pay with a code": m.payWithCode, "move among own": m.moveAmongOwn, "fund": m.fund, "refuse": m.refuse})
		})
	}
	if missed() {
		t.Errorf("no run ever came to some of %q: %v", wanted, m.reached)
	}
	check(t, dsn)
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if report, err := ledger.Audit(t.Context(), db, nil); err != nil || report.Breach != nil {
		t.Errorf("the audit: %+v, %v", report.Breach, err)
	}
}

// TestWhoIsUnfrozenAtOneServerPaysAtAnother at once, though that one has just read them frozen and remembers it for a second.
func TestWhoIsUnfrozenAtOneServerPaysAtAnother(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	here, there := startServer(t, dsn), startServer(t, dsn)
	anna, boris := here.client(t).anna(), here.client(t).boris()
	anna.allowWithoutCode("P", "1000", "+79000000002")
	annaWallet, _ := anna.wallet("P")
	borisWallet, _ := boris.wallet("P")
	boris.allowWithoutCode("P", "1000", "+79000000003")
	back := ask[created](boris, createTransfer, vars{"from": borisWallet, "to": annaWallet, "amount": "3", "key": newKey()}).CreateTransfer.Transfer.ID
	freeze := func() {
		ask[any](anna, `mutation { freezeAccount { userErrors { code } } }`, nil)
		if text := anna.at(there).answer(`{ viewer { status } }`, nil); !strings.Contains(text, "FROZEN") {
			t.Fatalf("after the freeze: %s", text)
		}
	}
	for what, act := range map[string]struct {
		query     string
		variables vars
	}{
		"a payment": {createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}},
		"a quote": {`query($from: WalletNumber!, $to: WalletNumber!) { transferQuote(input: {from: $from, to: {walletNumber: $to}, amount: "1"}) { quote { fee { amount } } userErrors { code } } }`,
			vars{"from": annaWallet, "to": borisWallet}},
		"a refund": {`mutation($id: ID!, $key: UUID!) { refundTransfer(input: {transferId: $id, amount: "1", idempotencyKey: $key}) { transfer { id } userErrors { code } } }`, vars{"id": back, "key": newKey()}},
	} {
		freeze()
		if text := anna.at(there).answer(act.query, act.variables); !strings.Contains(text, "ACCOUNT_FROZEN") {
			t.Errorf("%s of a frozen account: %s", what, text)
		}
		ask[any](anna, `mutation { unfreezeAccount(input: {}) { challenge { id } } }`, nil)
		ask[any](anna, `mutation($c: String) { unfreezeAccount(input: {code: $c}) { userErrors { code } } }`, vars{"c": anna.newestCode("+79000000002")})
		if text := anna.at(there).answer(act.query, act.variables); !strings.Contains(text, `"userErrors":[]`) {
			t.Errorf("%s of an account that is unfrozen: %s", what, text)
		}
	}
}

// paymentModel is what two people have and have sent, in kopecks.
type paymentModel struct {
	t        *testing.T
	people   [2]*client
	servers  []*server
	operator *client
	wmid     string // of the first
	second   string // another wallet of the first
	wallets  [2]string
	held     [2]int64
	payments []*modelPayment
	coded    int // payments of the second that took a code
	reached  map[string]int
}

type modelPayment struct {
	id, key, status         string
	amount, fee, back, left int64
	byCode                  bool
}

func (m *paymentModel) person(r *rapid.T, who int) *client {
	return m.people[who].at(m.servers[rapid.IntRange(0, 1).Draw(r, "server")])
}

func (m *paymentModel) pick(r *rapid.T) *modelPayment {
	if len(m.payments) == 0 {
		r.Skip("nothing has been paid")
	}
	return rapid.SampledFrom(m.payments).Draw(r, "payment")
}

const payInModel = `mutation($from: WalletNumber!, $to: WalletNumber!, $amount: Decimal!, $key: UUID!, $p: TransferProtectionInput) {
  done: createTransfer(input: {from: $from, to: {walletNumber: $to}, amount: $amount, idempotencyKey: $key, protection: $p}) {
    transfer { id status fee { amount } } replayed userErrors { code } } }`

type modelAnswer struct {
	Done struct {
		Transfer *struct {
			ID, Status string
			Fee        struct{ Amount string }
		}
		Replayed   bool
		UserErrors []userError
	}
}

func kopecks(amount string) (minor int64) {
	minor, _ = strconv.ParseInt(strings.Replace(amount, ".", "", 1), 10, 64)
	return minor
}

// pay lets anna pay boris, one in two times protected.
func (m *paymentModel) pay(r *rapid.T) {
	p := &modelPayment{amount: rapid.Int64Range(1, 3000).Draw(r, "kopecks"), key: newKey(), left: 8}
	var protection vars
	if rapid.Bool().Draw(r, "protected") {
		p.byCode = rapid.Bool().Draw(r, "by code")
		protection = vars{"kind": "TIME", "days": 5}
		if p.byCode {
			protection = vars{"kind": "CODE", "code": "blue whale", "days": 5}
		}
	}
	variables := vars{"from": m.wallets[0], "to": m.wallets[1], "amount": fmt.Sprintf("%d.%02d", p.amount/100, p.amount%100), "key": p.key, "p": protection}
	done := ask[modelAnswer](m.person(r, 0), payInModel, variables).Done
	if done.Transfer == nil {
		m.t.Logf("first seen: %+v", done) // what a shorter run is refused for may be another thing
		r.Fatalf("%+v", done)
	}
	p.id, p.status, p.fee = done.Transfer.ID, done.Transfer.Status, kopecks(done.Transfer.Fee.Amount)
	m.held[0] -= p.amount + p.fee
	if protection == nil {
		m.held[1] += p.amount
		m.reached["paid"]++
	} else {
		m.reached["protected"]++
	}
	if want := map[bool]string{true: "COMPLETED", false: "PROTECTED"}[protection == nil]; p.status != want {
		r.Fatalf("%s, want %s", p.status, want)
	}
	m.payments = append(m.payments, p)
}

// act lets one of the two do something with a payment. It must be refused with a code, or, "" given, end in the status.
func (m *paymentModel) act(r *rapid.T, who int, p *modelPayment, field, more string, refusal, status string) bool {
	query := `mutation($id: ID!) { done: ` + field + `(input: {transferId: $id` + more + `}) { transfer { id status } userErrors { code } } }`
	done := ask[modelAnswer](m.person(r, who), query, vars{"id": p.id}).Done
	switch {
	case refusal != "" && (len(done.UserErrors) != 1 || done.UserErrors[0].Code != refusal):
		r.Fatalf("%s of what is %s: %+v, want %s", field, p.status, done, refusal)
	case refusal == "" && (done.Transfer == nil || done.Transfer.Status != status):
		r.Fatalf("%s of what is %s: %+v, want %s", field, p.status, done, status)
	case refusal != "":
		m.reached["too late"]++
	}
	return refusal == ""
}

func (m *paymentModel) accept(r *rapid.T) {
	p := m.pick(r)
	refusal := "TRANSFER_STATE"
	if p.byCode && (p.status == "COMPLETED" || p.status == "PROTECTED") {
		refusal = ""
	}
	if m.act(r, 1, p, "acceptTransfer", `, protectionCode: "blue whale"`, refusal, "COMPLETED") && p.status == "PROTECTED" {
		p.status, m.held[1] = "COMPLETED", m.held[1]+p.amount
		m.reached["accepted"]++
	}
}

func (m *paymentModel) guess(r *rapid.T) {
	p := m.pick(r)
	if p.status != "PROTECTED" || !p.byCode {
		r.Skip("there is nothing to guess")
	}
	m.act(r, 1, p, "acceptTransfer", `, protectionCode: "red whale"`, "CODE_REJECTED", "")
	m.reached["guessed"]++
	if p.left--; p.left == 0 {
		p.status, m.held[0] = "RETURNED", m.held[0]+p.amount+p.fee
	}
}

func (m *paymentModel) giveBack(r *rapid.T, who int, p *modelPayment, field, as string, may bool) {
	refusal := "TRANSFER_STATE"
	if may || p.status == "RETURNED" {
		refusal = ""
	}
	if m.act(r, who, p, field, "", refusal, "RETURNED") && p.status == "PROTECTED" {
		p.status, m.held[0] = "RETURNED", m.held[0]+p.amount+p.fee
		m.reached[as]++
	}
}

func (m *paymentModel) reject(r *rapid.T) {
	p := m.pick(r)
	m.giveBack(r, 1, p, "rejectTransfer", "rejected", p.status == "PROTECTED")
}

func (m *paymentModel) cancel(r *rapid.T) {
	p := m.pick(r)
	m.giveBack(r, 0, p, "cancelTransfer", "cancelled", p.status == "PROTECTED" && p.byCode && p.left == 8)
}

func (m *paymentModel) refund(r *rapid.T) {
	p := m.pick(r)
	part := rapid.Int64Range(1, p.amount).Draw(r, "part")
	query := `mutation($id: ID!, $part: Decimal!, $key: UUID!) { done: refundTransfer(input: {transferId: $id, amount: $part, idempotencyKey: $key}) {
		transfer { id status fee { amount } } replayed userErrors { code } } }`
	done := ask[modelAnswer](m.person(r, 1), query, vars{"id": p.id, "part": fmt.Sprintf("%d.%02d", part/100, part%100), "key": newKey()}).Done
	switch {
	case p.status == "COMPLETED" && p.back+part <= p.amount:
		if done.Transfer == nil || done.Transfer.Status != "COMPLETED" || done.Transfer.Fee.Amount != "0.00" {
			r.Fatalf("%+v", done)
		}
		p.back += part
		m.held[0], m.held[1] = m.held[0]+part, m.held[1]-part
		m.reached["refunded"]++
	case len(done.UserErrors) != 1 || (p.status == "COMPLETED" && p.back < p.amount) != (done.UserErrors[0].Code == "INVALID_AMOUNT"):
		r.Fatalf("%d of %d, %d back, %s: %+v", part, p.amount, p.back, p.status, done)
	default:
		m.reached["too much"]++
	}
}

// repeat sends a payment again, as an app does that has lost the answer.
func (m *paymentModel) repeat(r *rapid.T) {
	p := m.pick(r)
	other := newKey()
	found := ask[struct {
		Viewer struct{ TransferByIdempotencyKey *struct{ ID, Status string } }
	}](m.person(r, 0), `query($k: UUID!) { viewer { transferByIdempotencyKey(key: $k) { id status } } }`, vars{"k": p.key}).Viewer.TransferByIdempotencyKey
	if found == nil || found.ID != p.id || found.Status != p.status {
		r.Fatalf("%+v, want %s %s", found, p.id, p.status)
	}
	none := ask[struct {
		Viewer struct{ TransferByIdempotencyKey *struct{ ID string } }
	}](m.person(r, 0), `query($k: UUID!) { viewer { transferByIdempotencyKey(key: $k) { id } } }`, vars{"k": other}).Viewer.TransferByIdempotencyKey
	if none != nil {
		r.Fatalf("an unused key has %+v", none)
	}
	m.reached["repeated"]++
}

func (m *paymentModel) compare(r *rapid.T) {
	for i := range m.people {
		if _, holds := m.person(r, i).wallet("P"); kopecks(holds) != m.held[i] {
			r.Fatalf("person %d has %s, want %d", i, holds, m.held[i])
		}
	}
}
