package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// contender is a way to move money.
type contender interface {
	name() string
	// move sends one cent from one wallet of the world to another, durably, and returns when that is certain.
	move(ctx context.Context, client, from, to int) error
	// serverPID is the process that serves, 0 when it is this one.
	serverPID() int
	// allocations are how many there were, in the process that serves.
	allocations(ctx context.Context) (uint64, error)
	// stored is how many transfers are there.
	stored(ctx context.Context) (int, error)
	// check proves that the sums hold.
	check(ctx context.Context) error
	close()
}

// driven is what a run of the load has shown.
type driven struct {
	took   []time.Duration
	wall   time.Duration
	errors int
	first  error
}

// drive lets clients move money one transfer after another for a time.
func drive(ctx context.Context, w *world, c contender, clients int, hot bool, length time.Duration) driven {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var mu sync.Mutex
	var all driven
	var running sync.WaitGroup
	began := time.Now()
	for client := range clients {
		running.Go(func() {
			mine := driven{}
			for ctx.Err() == nil {
				from, to := w.pair(client, hot)
				at := time.Now()
				// A transfer that is under way when the time is over is finished, so that what was acknowledged is known.
				err := c.move(context.WithoutCancel(ctx), client, from, to)
				if err != nil {
					mine.errors++
					if mine.first == nil {
						mine.first = err
					}
					if mine.errors > 100 {
						break
					}
					continue
				}
				mine.took = append(mine.took, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			all.took = append(all.took, mine.took...)
			all.errors += mine.errors
			if all.first == nil {
				all.first = mine.first
			}
		})
	}
	running.Wait()
	all.wall = time.Since(began)
	return all
}

// pair chooses who pays whom: someone of the client's own wallets pays anyone, or one wallet that everybody pays.
func (w *world) pair(client int, hot bool) (from, to int) {
	owner := client % len(w.people)
	own := w.people[owner].wallets
	from = own[rand.IntN(len(own))]
	if hot {
		return from, w.hot
	}
	for {
		other := w.people[rand.IntN(len(w.people))]
		to = other.wallets[rand.IntN(len(other.wallets))]
		if to != from {
			return from, to
		}
	}
}

func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[(len(sorted)-1)*p/100].Microseconds()) / 1000
}
