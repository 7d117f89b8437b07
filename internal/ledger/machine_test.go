package ledger_test

import (
	"context"
	"flag"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/pgtest"
	"purser/models"
)

// TestAnyRunOfTransfersAgreesWithAModel lets rapid do anything to two instances on one database, in any order: it looks for the
// shortest run after which an answer, a balance or a collected fee is not what a few integers say.
func TestAnyRunOfTransfersAgreesWithAModel(t *testing.T) {
	t.Parallel()
	if err := flag.Set("rapid.checks", strconv.Itoa(ledgertest.Size(20, 600))); err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	servers := []*world{worldOn(t, db), worldOn(t, db)}
	reached := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{t: t, servers: servers, reached: reached}
		m.fees, m.issued = m.sum(r, "FEES"), m.sum(r, "ISSUE") // what earlier runs left
		for range 4 {
			m.people = append(m.people, servers[0].person(t))
		}
		m.held, m.closed, m.allowed, m.uncoded = make([]int64, 4), make([]bool, 4), make([]int64, 4), make([]int64, 4)
		for i := range m.people {
			m.give(r, servers[0], i, 2000)
		}
		r.Repeat(map[string]func(*rapid.T){
			"": m.check, "issue": m.issue, "issue more": m.issue, "redeem": m.redeem, "post": m.pay, "post more": m.pay, "post policed": m.payPoliced, "post policed more": m.payPoliced,
			"overdraw": m.overdraw, "fee eats all": m.payNothing, "post stored": m.payStored, "replay": m.replay, "reuse key": m.reuseKey, "retry refused": m.retryRefused, "retry refused more": m.retryRefused,
			"burst": m.burst, "close": m.closeWallet, "restart": m.restart, "cut": m.cut,
		})
	})
	for _, verdict := range []string{
		"", string(fault.SameWallet), string(fault.WalletClosed), string(fault.InvalidAmount), string(fault.InsufficientFunds),
		"replayed", "reused", "needs a code", "recipient pays", "unconfirmed", "stored and posted", "burst", "closed", "refused and then posted",
	} {
		if reached[verdict] == 0 {
			t.Errorf("no run ever came to %q: %v", verdict, reached)
		}
	}
	ledgertest.Check(t, db)
	if report, err := ledger.Audit(t.Context(), db, nil); err != nil || report.Breach != nil {
		t.Errorf("the audit: %+v, %v", report.Breach, err)
	}
}

// machine is the model, and the ledger it is compared with.
type machine struct {
	t       *testing.T
	servers []*world
	people  []ledgertest.Person

	held    []int64 // by each person's wallet
	closed  []bool
	allowed []int64 // without a code, all that goes so in a day together
	uncoded []int64 // what has gone so
	fees    int64   // collected, by earlier runs too
	issued  int64   // balance of the issuer, likewise
	posted  []models.Transfer
	refused []models.Transfer // for want of money

	reached map[string]int // kinds of verdicts, over all runs
}

func (m *machine) server(r *rapid.T) *world {
	return m.servers[rapid.IntRange(0, len(m.servers)-1).Draw(r, "server")]
}

// draw is a payment between any two wallets.
func (m *machine) draw(r *rapid.T) models.Transfer {
	return m.between(r, rapid.Int64Range(1, 300).Draw(r, "minor"))
}

func (m *machine) between(r *rapid.T, minor int64) models.Transfer {
	person := rapid.IntRange(0, len(m.people)-1)
	next := transfer(m.people[person.Draw(r, "from")], m.people[person.Draw(r, "to")], minor, 0)
	if rapid.Bool().Draw(r, "with a fee") {
		next.Fee = dollars.Fee.Of(minor)
	}
	if rapid.Bool().Draw(r, "recipient pays") {
		next.FeePaidBy = models.FeePaidByRecipient
	}
	return next
}

// at is the number of the person whose wallet it is.
func (m *machine) at(wallet int64) int {
	return slices.IndexFunc(m.people, func(p ledgertest.Person) bool { return p.Wallet.ID == wallet })
}

// foresee is the code of the refusal that a payment must meet, or "".
func (m *machine) foresee(t models.Transfer) fault.Code {
	from, to := m.at(t.FromWalletID), m.at(t.ToWalletID)
	switch {
	case from == to:
		return fault.SameWallet
	case m.closed[from] || m.closed[to]:
		return fault.WalletClosed
	case t.Credit() <= 0:
		return fault.InvalidAmount
	case m.held[from] < t.Debit():
		return fault.InsufficientFunds
	}
	return ""
}

// compare judges the answer to a payment that was not tried before, and books it in the model.
func (m *machine) compare(r *rapid.T, t models.Transfer, outcome ledger.Outcome, err error) {
	want := m.foresee(t)
	m.reached[string(want)]++
	if want != "" {
		if !fault.Is(err, want) {
			r.Fatalf("%+v is answered with %v, want %s", t, err, want)
		}
		if want == fault.InsufficientFunds {
			faults, _ := fault.All(err)
			facts, _ := faults[0].Facts.(fault.FundsFacts)
			if facts.Available.Minor != m.held[m.at(t.FromWalletID)] || facts.Required.Minor != t.Debit() {
				r.Fatalf("the facts of the refusal are %+v", facts)
			}
			m.refused = append(m.refused, t)
		}
		return
	}
	if err != nil || outcome.Replayed || outcome.Transfer.ID != t.ID || outcome.Transfer.Status != models.TransferCompleted {
		r.Fatalf("%+v is answered with %+v, %v", t, outcome, err)
	}
	m.book(t)
}

func (m *machine) book(t models.Transfer) {
	m.held[m.at(t.FromWalletID)] -= t.Debit()
	m.held[m.at(t.ToWalletID)] += t.Credit()
	m.fees += t.Fee
	m.posted = append(m.posted, t)
	if t.Fee > 0 && t.FeePaidBy == models.FeePaidByRecipient {
		m.reached["recipient pays"]++
	}
}

func (m *machine) check(r *rapid.T) {
	for i, p := range m.people {
		if got := m.servers[0].balance(m.t, p); got != m.held[i] {
			r.Fatalf("wallet %d holds %d, the model says %d", i, got, m.held[i])
		}
	}
	if got := m.sum(r, "FEES") - m.fees; got != 0 {
		r.Fatalf("%d more was collected in fees than the model says", got)
	}
	if got := m.sum(r, "ISSUE") - m.issued; got != 0 {
		r.Fatalf("the issuer is off by %d", got)
	}
}

func (m *machine) sum(r *rapid.T, kind string) (minor int64) {
	err := m.servers[0].db.Pool.QueryRow(context.Background(), `SELECT sum(balance) FROM wallets WHERE kind = $1 AND currency = 'Z'`, kind).Scan(&minor)
	if err != nil {
		r.Fatal(err)
	}
	return minor
}

func (m *machine) exec(r *rapid.T, sql string, args ...any) {
	if _, err := m.servers[0].db.Pool.Exec(context.Background(), sql, args...); err != nil {
		r.Fatal(err)
	}
}
