package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// result is one line of the comparison: the median of its rounds. Times are in milliseconds, CPU in milliseconds per transfer, that
// of the load generator included where it is in the process that serves.
type result struct {
	What        string  `json:"what"`
	Clients     int     `json:"clients"`
	Into        string  `json:"into"`
	PerSecond   float64 `json:"perSecond"`
	OfBaseline  float64 `json:"ofBaseline"`
	P50         float64 `json:"p50ms"`
	P95         float64 `json:"p95ms"`
	P99         float64 `json:"p99ms"`
	Errors      float64 `json:"errors"`
	FirstError  string  `json:"firstError,omitempty"`
	ServerCPU   float64 `json:"serverCPUms"`
	PostgresCPU float64 `json:"postgresCPUms"`
	Allocations float64 `json:"allocations"`
}

type makeContender func(ctx context.Context, w *world, binary string) (contender, error)

// compare measures each way to move money, for each number of clients, spread and all into one wallet. The ways take turns, so that
// whatever else the machine does meets all of them; each is there from the beginning, as a server that has served for a while.
func compare(ctx context.Context, w *world, o options, binary string) ([]result, error) {
	var ways []contender
	for i, make := range []makeContender{newBaseline(o.connections), newLedgerRoom, newAPI, newEmpty} {
		if !strings.Contains(o.what, "abcd"[i:i+1]) {
			continue
		}
		way, err := make(ctx, w, binary)
		if err != nil {
			return nil, err
		}
		defer way.close()
		ways = append(ways, way)
	}
	var results []result
	for _, hot := range []bool{false, true} {
		for _, clients := range o.clients {
			rounds := make([][]result, len(ways))
			for range o.rounds {
				var baseline float64
				for i, way := range ways {
					r, err := measureOne(ctx, w, way, clients, hot, o)
					if err != nil {
						return nil, err
					}
					if baseline == 0 {
						baseline = r.PerSecond
					}
					r.OfBaseline = r.PerSecond / baseline
					rounds[i] = append(rounds[i], r)
				}
			}
			for _, of := range rounds {
				results = append(results, middle(of))
				progress("%-22s %4d clients, %-10s %6.0f/s", of[0].What, clients, of[0].Into, results[len(results)-1].PerSecond)
			}
		}
	}
	return results, nil
}

func measureOne(ctx context.Context, w *world, c contender, clients int, hot bool, o options) (result, error) {
	if err := w.settle(ctx); err != nil {
		return result{}, err
	}
	drive(ctx, w, c, clients, hot, o.warmUp)
	before, err := c.stored(ctx)
	if err != nil {
		return result{}, err
	}
	allocated, err := c.allocations(ctx)
	if err != nil {
		return result{}, err
	}
	serverBefore, postgresBefore := cpuOf(c.serverPID()), w.postgresCPU()
	d := drive(ctx, w, c, clients, hot, o.length)
	server, postgres := cpuOf(c.serverPID())-serverBefore, w.postgresCPU()-postgresBefore
	allocatedAfter, err := c.allocations(ctx)
	if err != nil {
		return result{}, err
	}
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
		P50: percentile(d.took, 50), P95: percentile(d.took, 95), P99: percentile(d.took, 99), Errors: float64(d.errors),
		ServerCPU: float64(server.Milliseconds()) / moved, PostgresCPU: float64(postgres.Milliseconds()) / moved,
		Allocations: float64(allocatedAfter-allocated) / moved,
	}
	if hot {
		r.Into = "one wallet"
	}
	if d.first != nil {
		r.FirstError = d.first.Error()
	}
	return r, nil
}

// middle is the median of each column of a few rounds, and the most errors of any.
func middle(rounds []result) result {
	m := rounds[0]
	for _, column := range []func(*result) *float64{
		func(r *result) *float64 { return &r.PerSecond }, func(r *result) *float64 { return &r.OfBaseline },
		func(r *result) *float64 { return &r.P50 }, func(r *result) *float64 { return &r.P95 }, func(r *result) *float64 { return &r.P99 },
		func(r *result) *float64 { return &r.ServerCPU }, func(r *result) *float64 { return &r.PostgresCPU },
		func(r *result) *float64 { return &r.Allocations },
	} {
		var values []float64
		for i := range rounds {
			values = append(values, *column(&rounds[i]))
		}
		*column(&m) = median(values)
	}
	for _, r := range rounds {
		if r.Errors > m.Errors {
			m.Errors, m.FirstError = r.Errors, r.FirstError
		}
	}
	return m
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

func printComparison(out io.Writer, results []result) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "what\tclients\tinto\ttransfers/s\tof (a)\tp50 ms\tp95 ms\tp99 ms\terrors\tserver CPU ms\tPostgres CPU ms\tallocations\t")
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%d\t%s\t%.0f\t%.2f\t%.1f\t%.1f\t%.1f\t%.0f\t%.2f\t%.2f\t%.0f\t\n", r.What, r.Clients, r.Into, r.PerSecond, r.OfBaseline,
			r.P50, r.P95, r.P99, r.Errors, r.ServerCPU, r.PostgresCPU, r.Allocations)
	}
	return table.Flush()
}
