package ledger

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// queue holds the postings that wait, in the order they came, and knows the accounts of the groups under way. A poster is given
// only what touches none of those: two posters of one server never wait for each other's rows (a wallet's, or the head of an
// account's events), which a group holds until its commit is durable. Whatever has to wait makes later postings of its accounts
// wait behind it, so those of one account are posted in the order they came and none is overtaken for ever.
//
// While one poster is at work, another joins it for a group that is worth its commit, or when the first is slow: smaller groups
// would cost more than they hasten.
type queue struct {
	free chan struct{} // holds a token when an idle poster may find something to take

	mu      sync.Mutex
	waiting []*job
	busy    map[uuid.UUID]struct{} // accounts of the groups under way
	under   map[*group]struct{}    // the groups under way

	cautious time.Time // until then, no group waits for a row that somebody holds
}

// group is what a poster is given.
type group struct {
	jobs  []*job
	begun time.Time
}

const (
	joinFrom  = 24                    // postings
	joinAfter = 20 * time.Millisecond // a group that takes so long may be stuck

	cautiousFor = 3 * time.Second        // after a row was found held
	heldPause   = 100 * time.Millisecond // until a posting whose row is held is tried again
	heldMost    = 3 * time.Second        // then it is refused
)

func newQueue() *queue {
	return &queue{free: make(chan struct{}, 1), busy: map[uuid.UUID]struct{}{}, under: map[*group]struct{}{}}
}

func now() time.Time { return time.Now() } //nolint:forbidigo // paces the posters; no rule depends on it

// put adds a posting, or tells that the queue is full.
func (q *queue) put(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= queueLength {
		return false
	}
	q.waiting = append(q.waiting, j)
	if !j.touches(q.busy) && q.wantsAnother(now()) {
		q.wake()
	}
	return true
}

// wantsAnother tells whether a poster should begin a group beside those under way.
func (q *queue) wantsAnother(at time.Time) bool {
	if len(q.waiting) >= joinFrom {
		return true
	}
	for g := range q.under {
		if at.Sub(g.begun) < joinAfter {
			return false
		}
	}
	return true
}

// take gives a poster what it can post now, up to a full group, and leaves out what its callers have taken back; nil when there is
// nothing. The group's accounts are busy until it is given back by done.
func (q *queue) take() *group {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := now()
	if len(q.waiting) == 0 || !q.wantsAnother(at) {
		return nil
	}
	g := &group{begun: at}
	held := map[uuid.UUID]struct{}{} // by those that must wait longer
	left := q.waiting[:0]
	for i, j := range q.waiting {
		if len(g.jobs) == groupMost {
			left = append(left, q.waiting[i:]...)
			q.wake()
			break
		}
		switch {
		case j.state.Load() == abandoned:
		case j.notBefore.After(at) || j.touches(q.busy) || j.touches(held):
			j.mark(held)
			left = append(left, j)
		case !j.heldSince.IsZero() || j.state.CompareAndSwap(waiting, taken):
			g.jobs = append(g.jobs, j)
		}
	}
	clear(q.waiting[len(left):])
	q.waiting = left
	if len(g.jobs) == 0 {
		return nil
	}
	for _, j := range g.jobs {
		j.mark(q.busy)
	}
	q.under[g] = struct{}{}
	return g
}

// done frees the accounts of a group, and puts back, before all others, what is to be tried again. The poster takes again at once, so
// nobody is woken.
func (q *queue) done(g *group, back []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.under, g)
	for _, j := range g.jobs {
		delete(q.busy, j.posting.Transfer.FromAccountID)
		delete(q.busy, j.posting.Transfer.ToAccountID)
	}
	if len(back) > 0 {
		q.waiting = append(back, q.waiting...)
	}
}

// mayWait notes that a row of a posting is held, and tells whether it may be tried again.
func (q *queue) mayWait(j *job) bool {
	q.beCautious()
	at := now()
	if j.heldSince.IsZero() {
		j.heldSince = at
	}
	j.notBefore = at.Add(heldPause)
	return at.Sub(j.heldSince) < heldMost
}

// beCautious lets groups go around held rows for a while, instead of waiting for them.
func (q *queue) beCautious() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cautious = now().Add(cautiousFor)
}

func (q *queue) isCautious() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return now().Before(q.cautious)
}

func (q *queue) isEmpty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) == 0
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

func (q *queue) wake() {
	select {
	case q.free <- struct{}{}:
	default: // somebody will look already
	}
}

func (j *job) touches(accounts map[uuid.UUID]struct{}) bool {
	_, from := accounts[j.posting.Transfer.FromAccountID]
	_, to := accounts[j.posting.Transfer.ToAccountID]
	return from || to
}

func (j *job) mark(accounts map[uuid.UUID]struct{}) {
	accounts[j.posting.Transfer.FromAccountID] = struct{}{}
	accounts[j.posting.Transfer.ToAccountID] = struct{}{}
}
