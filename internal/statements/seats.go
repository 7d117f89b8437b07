package statements

import (
	"sync"

	"github.com/google/uuid"
)

// How many documents are written at once: each holds a connection and a snapshot of the database.
const (
	seatsOfAccount = 2
	seatsOfServer  = 4
)

// seats are the documents that this server is writing, by account.
type seats struct {
	mu    sync.Mutex
	taken map[uuid.UUID]int
	all   int
}

func newSeats() *seats { return &seats{taken: map[uuid.UUID]int{}} }

// take finds a seat; the returned function gives it back.
func (s *seats) take(account uuid.UUID) (leave func(), free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= seatsOfServer || s.taken[account] >= seatsOfAccount {
		return nil, false
	}
	s.all++
	s.taken[account]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.taken[account]--; s.taken[account] == 0 {
			delete(s.taken, account)
		}
	}, true
}
