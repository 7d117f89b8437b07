package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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
	// stored is how many transfers are there.
	stored(ctx context.Context) (int, error)
	// check proves that the sums hold.
	check(ctx context.Context) error
	close()
}

// result is one line of the table. Times are in milliseconds; CPU is in milliseconds per transfer.
type result struct {
	What        string  `json:"what"`
	Clients     int     `json:"clients"`
	Into        string  `json:"into"`
	PerSecond   float64 `json:"perSecond"`
	OfBaseline  float64 `json:"ofBaseline"`
	P50         float64 `json:"p50ms"`
	P95         float64 `json:"p95ms"`
	P99         float64 `json:"p99ms"`
	Errors      int     `json:"errors"`
	FirstError  string  `json:"firstError,omitempty"`
	ServerCPU   float64 `json:"serverCPUms"`
	PostgresCPU float64 `json:"postgresCPUms"`
}

func measureOne(ctx context.Context, w *world, make func(context.Context, *world, string) (contender, error), binary string,
	clients int, hot bool, seconds float64,
) (result, error) {
	c, err := make(ctx, w, binary)
	if err != nil {
		return result{}, err
	}
	defer c.close()
	drive(ctx, w, c, clients, hot, min(seconds/5, 1)) // to warm up
	if err := w.settle(ctx); err != nil {
		return result{}, err
	}
	before, err := c.stored(ctx)
	if err != nil {
		return result{}, err
	}
	serverBefore, postgresBefore := cpuOf(c.serverPID()), w.postgresCPU()
	d := drive(ctx, w, c, clients, hot, seconds)
	server, postgres := cpuOf(c.serverPID())-serverBefore, w.postgresCPU()-postgresBefore
	after, err := c.stored(ctx)
	if err == nil {
		err = c.check(ctx)
	}
	if err == nil && after-before < len(d.took) {
		err = fmt.Errorf("%d were acknowledged and %d are there", len(d.took), after-before)
	}
	if err != nil {
		return result{}, fmt.Errorf("%s, %d clients: %w", c.name(), clients, err)
	}

	slices.Sort(d.took)
	moved := float64(max(len(d.took), 1))
	r := result{
		What: c.name(), Clients: clients, Into: "spread", PerSecond: float64(len(d.took)) / d.wall.Seconds(),
		P50: percentile(d.took, 50), P95: percentile(d.took, 95), P99: percentile(d.took, 99), Errors: d.errors,
		ServerCPU: float64(server.Milliseconds()) / moved, PostgresCPU: float64(postgres.Milliseconds()) / moved,
	}
	if hot {
		r.Into = "one wallet"
	}
	if d.first != nil {
		r.FirstError = d.first.Error()
	}
	return r, nil
}

// driven is what a run of the load has shown.
type driven struct {
	took   []time.Duration
	wall   time.Duration
	errors int
	first  error
}

// drive lets clients move money one transfer after another for a time.
func drive(ctx context.Context, w *world, c contender, clients int, hot bool, seconds float64) driven {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds*float64(time.Second)))
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
					mine.first = errors.Join(mine.first, err)
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
