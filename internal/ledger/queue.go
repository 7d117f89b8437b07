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
	begun   time.Time              // when the newest of those was given away
}

const (
	joinFrom  = 24                    // postings
	joinAfter = 20 * time.Millisecond // a group that takes so long may be stuck
)

func newQueue() *queue {
	return &queue{free: make(chan struct{}, 1), busy: map[uuid.UUID]struct{}{}}
}

// put adds a posting, or tells that the queue is full.
func (q *queue) put(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= queueLength {
		return false
	}
	q.waiting = append(q.waiting, j)
	if !j.touches(q.busy) && (len(q.busy) == 0 || len(q.waiting) >= joinFrom) {
		q.wake()
	}
	return true
}

// take gives a poster what it can post now, up to a full group, and leaves out what its callers have taken back. The group's
// accounts are busy until it is given back by done.
func (q *queue) take() (group []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now() //nolint:forbidigo // paces the posters; no rule depends on it
	if len(q.busy) > 0 && len(q.waiting) < joinFrom && now.Sub(q.begun) < joinAfter {
		return nil
	}
	held := map[uuid.UUID]struct{}{} // by those that must wait longer
	left := q.waiting[:0]
	for i, j := range q.waiting {
		if len(group) == groupMost {
			left = append(left, q.waiting[i:]...)
			q.wake()
			break
		}
		switch {
		case j.state.Load() == abandoned:
		case j.touches(q.busy) || j.touches(held):
			j.mark(held)
			left = append(left, j)
		case j.state.CompareAndSwap(waiting, taken):
			group = append(group, j)
		}
	}
	clear(q.waiting[len(left):])
	q.waiting = left
	for _, j := range group {
		j.mark(q.busy)
		q.begun = now
	}
	return group
}

// done frees the accounts of a group. The poster takes again at once, so nobody is woken.
func (q *queue) done(group []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range group {
		delete(q.busy, j.posting.Transfer.FromAccountID)
		delete(q.busy, j.posting.Transfer.ToAccountID)
	}
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
