package ledger_test

import (
	"context"
	"errors"
	"flag"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
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
		for range 4 {
			m.people = append(m.people, servers[0].person(t))
		}
		m.held, m.closed, m.allowed = make([]int64, 4), make([]bool, 4), make([]int64, 4)
		m.fees, m.issued = m.sum(r, "FEES"), m.sum(r, "ISSUE") // what earlier runs left
		r.Repeat(map[string]func(*rapid.T){
			"": m.check, "issue": m.issue, "issue more": m.issue, "redeem": m.redeem, "post": m.pay, "post more": m.pay, "post policed": m.payPoliced,
			"overdraw": m.overdraw, "post stored": m.payStored, "replay": m.replay, "reuse key": m.reuseKey, "retry refused": m.retryRefused,
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
	allowed []int64 // without a code
	fees    int64   // collected, by earlier runs too
	issued  int64   // balance of the issuer, likewise
	posted  []models.Transfer
	refused []models.Transfer

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
		}
		m.refused = append(m.refused, t)
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

func (m *machine) issuer() ledgertest.Person {
	return ledgertest.Person{Account: models.SystemAccountID, Wallet: m.servers[0].issuer}
}

func (m *machine) issue(r *rapid.T) {
	to := rapid.IntRange(0, len(m.people)-1).Draw(r, "to")
	issue := transfer(m.issuer(), m.people[to], rapid.Int64Range(1, 1000).Draw(r, "minor"), 0)
	issue.Kind = models.TransferIssue
	switch _, err := m.server(r).post(issue); {
	case m.closed[to] && fault.Is(err, fault.WalletClosed):
	case m.closed[to] || err != nil:
		r.Fatalf("an issue to a wallet that is closed, %t: %v", m.closed[to], err)
	default:
		m.held[to] += issue.Amount
		m.issued -= issue.Amount
	}
}

func (m *machine) redeem(r *rapid.T) {
	from := rapid.IntRange(0, len(m.people)-1).Draw(r, "from")
	redemption := transfer(m.people[from], m.issuer(), rapid.Int64Range(1, 1000).Draw(r, "minor"), 0)
	redemption.Kind = models.TransferRedemption
	want := fault.Code("")
	switch {
	case m.closed[from]:
		want = fault.WalletClosed
	case m.held[from] < redemption.Amount:
		want = fault.InsufficientFunds
	}
	_, err := m.server(r).post(redemption)
	if (want == "") != (err == nil) || (want != "" && !fault.Is(err, want)) {
		r.Fatalf("a redemption of %d from %d: %v, want %q", redemption.Amount, m.held[from], err, want)
	}
	if err == nil {
		m.held[from] -= redemption.Amount
		m.issued += redemption.Amount
	}
}

func (m *machine) pay(r *rapid.T) {
	next := m.draw(r)
	outcome, err := m.server(r).post(next)
	m.compare(r, next, outcome, err)
}

// overdraw asks for one unit more than there is.
func (m *machine) overdraw(r *rapid.T) {
	next := m.between(r, 1)
	next.Fee, next.Amount = 0, m.held[m.at(next.FromWalletID)]+1
	outcome, err := m.server(r).post(next)
	if err == nil {
		r.Fatalf("more than there is: %+v", outcome)
	}
	m.compare(r, next, outcome, err)
}

// payPoliced pays only what its account lets go without a code.
func (m *machine) payPoliced(r *rapid.T) {
	next := m.draw(r)
	from := m.at(next.FromWalletID)
	if rapid.Bool().Draw(r, "another policy") {
		m.allowed[from] = rapid.Int64Range(0, 300).Draw(r, "allowed")
		m.exec(r, `INSERT INTO confirmation_policies (account_id, currency, without_code_upto) VALUES ($1, 'Z', $2)
			ON CONFLICT (account_id, currency) DO UPDATE SET without_code_upto = excluded.without_code_upto`, next.AccountID, m.allowed[from])
	}
	outcome, err := m.server(r).ledger.Post(context.Background(), ledger.Posting{Transfer: next, Currency: dollars, Policed: true})
	if m.foresee(next) == "" && next.Debit() > m.allowed[from] {
		m.reached["needs a code"]++
		if !errors.Is(err, ledger.ErrNeedsCode) {
			r.Fatalf("%d of %d without a code: %v", next.Debit(), m.allowed[from], err)
		}
		return
	}
	m.compare(r, next, outcome, err)
}

// payStored pays as after a code: the row is there, is not posted before it is confirmed, and then as often as one likes, once.
func (m *machine) payStored(r *rapid.T) {
	next := m.draw(r)
	if next.FromWalletID == next.ToWalletID || next.Credit() <= 0 {
		next = transfer(m.people[0], m.people[1], next.Amount, 0) // nothing lets the other into the table
	}
	next.Status = models.TransferAwaitingConfirmation
	if err := m.servers[0].db.GORM(context.Background()).Create(&next).Error; err != nil {
		r.Fatal(err)
	}
	post := func() (ledger.Outcome, error) {
		return m.server(r).ledger.Post(context.Background(), ledger.Posting{Transfer: next, Currency: dollars, Stored: true})
	}
	m.reached["unconfirmed"]++
	if _, err := post(); !fault.Is(err, fault.TransferState) {
		r.Fatalf("not confirmed yet: %v", err)
	}
	m.exec(r, `UPDATE transfers SET confirmed_at = now() WHERE id = $1`, next.ID)
	if m.foresee(next) != "" {
		outcome, err := post()
		m.compare(r, next, outcome, err)
		m.refused = m.refused[:len(m.refused)-1] // its key is used: the row is there
		return
	}
	for range 2 {
		if outcome, err := post(); err != nil || outcome.Transfer.ID != next.ID || outcome.Transfer.Status != models.TransferCompleted {
			r.Fatalf("confirmed: %+v, %v", outcome, err)
		}
	}
	m.reached["stored and posted"]++
	m.book(next)
}

func (m *machine) replay(r *rapid.T) {
	if len(m.posted) == 0 {
		m.pay(r)
		return
	}
	first := rapid.SampledFrom(m.posted).Draw(r, "first")
	again := first
	again.ID = uuid.Must(uuid.NewV7())
	m.reached["replayed"]++
	if outcome, err := m.server(r).post(again); err != nil || !outcome.Replayed || outcome.Transfer.ID != first.ID || outcome.Transfer.Amount != first.Amount {
		r.Fatalf("a repeat: %+v, %v", outcome, err)
	}
}

func (m *machine) reuseKey(r *rapid.T) {
	if len(m.posted) == 0 {
		m.pay(r)
		return
	}
	other := rapid.SampledFrom(m.posted).Draw(r, "first")
	other.ID, other.Fingerprint, other.Amount = uuid.Must(uuid.NewV7()), []byte("another request"), other.Amount+1
	m.reached["reused"]++
	if outcome, err := m.server(r).post(other); !fault.Is(err, fault.IdempotencyKeyReused) {
		r.Fatalf("another request with the key: %+v, %v", outcome, err)
	}
}

// retryRefused repeats a refusal: its key was not used up, so it is judged by what is there now.
func (m *machine) retryRefused(r *rapid.T) {
	if len(m.refused) == 0 {
		m.overdraw(r)
		return
	}
	at := rapid.IntRange(0, len(m.refused)-1).Draw(r, "which")
	again := m.refused[at]
	m.refused = slices.Delete(m.refused, at, at+1)
	if m.foresee(again) == "" {
		m.reached["refused and then posted"]++
	}
	outcome, err := m.server(r).post(again)
	m.compare(r, again, outcome, err)
}

// burst posts at once, twice each, one at each instance, what can be paid in any order.
func (m *machine) burst(r *rapid.T) {
	var all []models.Transfer
	left := slices.Clone(m.held)
	for range rapid.IntRange(1, 8).Draw(r, "size") {
		next := m.draw(r)
		from := m.at(next.FromWalletID)
		if m.foresee(next) == "" && left[from] >= next.Debit() {
			left[from] -= next.Debit()
			all = append(all, next)
		}
	}
	fresh := make([]atomic.Int32, len(all))
	var running sync.WaitGroup
	for i, next := range all {
		for at, server := range m.servers {
			twin := next
			if at > 0 {
				twin.ID = uuid.Must(uuid.NewV7())
			}
			running.Go(func() {
				switch outcome, err := server.post(twin); {
				case err != nil:
					m.t.Errorf("one of a burst: %v", err)
				case !outcome.Replayed:
					fresh[i].Add(1)
				}
			})
		}
	}
	running.Wait()
	for i, next := range all {
		if n := fresh[i].Load(); n != 1 {
			r.Fatalf("a payment of a burst was the first %d times", n)
		}
		m.book(next)
		m.posted = m.posted[:len(m.posted)-1] // either id may have won
		m.reached["burst"]++
	}
}

// closeWallet closes a wallet that is empty.
func (m *machine) closeWallet(r *rapid.T) {
	at := rapid.IntRange(0, len(m.people)-1).Draw(r, "which")
	if m.held[at] != 0 || m.closed[at] {
		m.pay(r)
		return
	}
	m.exec(r, `UPDATE wallets SET closed_at = now(), is_default = false WHERE id = $1`, m.people[at].Wallet.ID)
	m.closed[at] = true
	m.reached["closed"]++
}

func (m *machine) restart(r *rapid.T) {
	w := m.server(r)
	w.stop()
	w.start()
}

// cut ends every connection that the instances have.
func (m *machine) cut(r *rapid.T) {
	m.exec(r, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	m.servers[0].db.Pool.Reset()
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
