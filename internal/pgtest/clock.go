package pgtest

import (
	"sync"
	"time"
)

// Clock is a clock that stands still until a test moves it:
//
//	clock := pgtest.NewClock()
//	db := pgtest.NewWith(t, postgres.Options{Clock: clock.Now})
//
// It begins on a noon far ahead, so that what the migrations wrote is in the past.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock. Every test begins at the same time.
func NewClock() *Clock { return &Clock{now: time.Date(2040, time.June, 15, 12, 0, 0, 0, time.UTC)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on, or back by a negative duration.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
