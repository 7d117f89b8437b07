package ledger_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/models"
)

func (m *machine) issuer() ledgertest.Person {
	return ledgertest.Person{Account: models.SystemAccountID, Wallet: m.servers[0].issuer}
}

func (m *machine) issue(r *rapid.T) {
	m.give(r, m.server(r), rapid.IntRange(0, len(m.people)-1).Draw(r, "to"), rapid.Int64Range(1, 1000).Draw(r, "minor"))
}

func (m *machine) give(r *rapid.T, server *world, to int, minor int64) {
	issue := transfer(m.issuer(), m.people[to], minor, 0)
	issue.Kind = models.TransferIssue
	switch _, err := server.post(issue); {
	case m.closed[to] && fault.Is(err, fault.WalletClosed):
	case m.closed[to] || err != nil:
		r.Fatalf("an issue to a wallet that is closed, %t: %v", m.closed[to], err)
	default:
		m.held[to] += issue.Amount
		m.issued -= issue.Amount
	}
}

func (m *machine) redeem(r *rapid.T) {
	m.take(r, rapid.IntRange(0, len(m.people)-1).Draw(r, "from"), rapid.Int64Range(1, 1000).Draw(r, "minor"))
}

func (m *machine) take(r *rapid.T, from int, minor int64) {
	redemption := transfer(m.people[from], m.issuer(), minor, 0)
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

// payNothing asks for a payment of which the fee leaves nothing.
func (m *machine) payNothing(r *rapid.T) {
	next := m.between(r, 1)
	next.Fee, next.FeePaidBy = 1, models.FeePaidByRecipient
	outcome, err := m.server(r).post(next)
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
	if m.foresee(next) == "" {
		if next.Debit() > m.allowed[from]-m.uncoded[from] {
			m.reached["needs a code"]++
			if !errors.Is(err, ledger.ErrNeedsCode) {
				r.Fatalf("%d after %d of %d without a code: %v", next.Debit(), m.uncoded[from], m.allowed[from], err)
			}
			return
		}
		m.uncoded[from] += next.Debit()
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
		refused := m.refused
		outcome, err := post()
		m.compare(r, next, outcome, err)
		m.refused = refused // its key is used: the row is there
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

// retryRefused repeats what was refused for want of money: its key was not used up, so it is judged by what is there now.
func (m *machine) retryRefused(r *rapid.T) {
	if len(m.refused) == 0 {
		m.overdraw(r)
		return
	}
	at := rapid.IntRange(0, len(m.refused)-1).Draw(r, "which")
	again := m.refused[at]
	m.refused = slices.Delete(m.refused, at, at+1)
	if from := m.at(again.FromWalletID); !m.closed[from] && rapid.Bool().Draw(r, "give first") {
		m.give(r, m.server(r), from, again.Debit())
	}
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

// closeWallet empties a wallet and closes it: one in a run, or soon nothing would move any more.
func (m *machine) closeWallet(r *rapid.T) {
	if slices.Contains(m.closed, true) {
		m.pay(r)
		return
	}
	at := rapid.IntRange(0, len(m.people)-1).Draw(r, "which")
	if m.held[at] > 0 {
		m.take(r, at, m.held[at])
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
