package ledger

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// between is a posting that waits, from one account to another.
func between(from, to uuid.UUID) *job {
	j := &job{answer: make(chan answer, 1)}
	j.posting.Transfer.FromAccountID, j.posting.Transfer.ToAccountID = from, to
	return j
}

func people(n int) []uuid.UUID {
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = uuid.New()
	}
	return ids
}

func queued(t *testing.T, jobs ...*job) *queue {
	t.Helper()
	q := newQueue()
	for _, j := range jobs {
		if !q.put(j) {
			t.Fatal("the queue is full")
		}
	}
	return q
}

// slow lets time pass: another poster joins for whatever there is.
func (q *queue) slow() {
	for g := range q.under {
		g.begun = time.Time{}
	}
}

// given are the jobs of the next group, none when there is no group.
func (q *queue) given() []*job {
	if g := q.take(); g != nil {
		return g.jobs
	}
	return nil
}

func (q *queue) hasFree() bool {
	select {
	case <-q.free:
		return true
	default:
		return false
	}
}

func TestTwoPostersNeverHoldOneAccount(t *testing.T) {
	t.Parallel()
	p := people(6)
	first, second := between(p[0], p[1]), between(p[2], p[3])
	q := queued(t, first)
	mine := q.take()
	q.slow()
	crossing, other := between(p[1], p[4]), second
	q.put(crossing)
	if q.hasFree() && len(q.given()) != 0 {
		t.Fatal("a posting of an account that is held was given away")
	}
	q.put(other)
	if yours := q.given(); !slices.Equal(yours, []*job{second}) {
		t.Fatalf("the other poster got %d postings", len(yours))
	}
	q.done(mine, nil)
	q.slow()
	if next := q.given(); !slices.Equal(next, []*job{crossing}) {
		t.Fatalf("when the account is free, %d postings are given", len(next))
	}
}

func TestAnotherPosterJoinsForAGroupThatIsWorthIt(t *testing.T) {
	t.Parallel()
	first := people(2)
	q := queued(t, between(first[0], first[1]))
	if !q.hasFree() {
		t.Fatal("nobody is told of the first posting")
	}
	mine := q.take()
	for n := range joinFrom {
		if n > 0 && (q.hasFree() || len(q.given()) != 0) {
			t.Fatalf("another poster is wanted for %d postings", n)
		}
		p := people(2)
		q.put(between(p[0], p[1]))
	}
	if !q.hasFree() || len(q.given()) != joinFrom {
		t.Fatal("no other poster is wanted for a good group")
	}
	q.done(mine, nil)

	p := people(2)
	q.put(between(p[0], p[1]))
	if q.slow(); len(q.given()) != 1 {
		t.Fatal("a posting waits behind a group that is stuck")
	}
}

func TestNobodyOvertakesAPostingThatWaits(t *testing.T) {
	t.Parallel()
	p := people(4)
	q := queued(t, between(p[0], p[1]))
	mine := q.take()
	q.slow()
	waits, behind := between(p[1], p[2]), between(p[2], p[3]) // the second touches nothing that is held
	q.put(waits)
	q.put(behind)
	if early := q.given(); len(early) != 0 {
		t.Fatal("the posting behind was given first")
	}
	q.done(mine, nil)
	if both := q.given(); !slices.Equal(both, []*job{waits, behind}) {
		t.Fatalf("%d postings were given, or in another order", len(both))
	}
}

func TestAWalletThatEverybodyPaysIsOneGroup(t *testing.T) {
	t.Parallel()
	p := people(groupMost + 20)
	q := queued(t)
	for _, payer := range p[1:] {
		q.put(between(payer, p[0]))
	}
	group := q.take()
	q.slow()
	if len(group.jobs) != groupMost {
		t.Fatalf("a group of %d", len(group.jobs))
	}
	if rest := q.given(); len(rest) != 0 {
		t.Fatalf("%d more were given to another poster meanwhile", len(rest))
	}
	q.done(group, nil)
	if rest := q.given(); len(rest) != len(p)-1-groupMost {
		t.Fatalf("%d were given then", len(rest))
	}
}

func TestWhatItsCallerTookBackHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	p := people(4)
	q := queued(t, between(p[0], p[1]))
	mine := q.take()
	q.slow()
	gone, behind := between(p[1], p[2]), between(p[2], p[3])
	q.put(gone)
	q.put(behind)
	gone.state.Store(abandoned)
	if next := q.given(); !slices.Equal(next, []*job{behind}) {
		t.Fatalf("%d postings were given", len(next))
	}
	q.done(mine, nil)
	if next := q.given(); len(next) != 0 {
		t.Fatal("what was taken back was given")
	}
}

func TestWhatIsGivenBackComesFirstAndInItsTime(t *testing.T) {
	t.Parallel()
	p := people(6)
	held, behind, other := between(p[0], p[1]), between(p[1], p[2]), between(p[3], p[4])
	q := queued(t, held)
	mine := q.take()
	q.put(behind)
	q.put(other)
	if !q.mayWait(held) {
		t.Fatal("it is refused at once")
	}
	q.done(mine, []*job{held})
	if next := q.given(); !slices.Equal(next, []*job{other}) {
		t.Fatalf("before its time %d postings are given", len(next))
	}
	q.slow()
	held.notBefore = time.Time{}
	if next := q.given(); !slices.Equal(next, []*job{held, behind}) {
		t.Fatalf("in its time %d postings are given, or in another order", len(next))
	}
	held.heldSince = time.Now().Add(-heldMost)
	if q.mayWait(held) || !q.isCautious() {
		t.Fatal("it is tried for ever")
	}
}
