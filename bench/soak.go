package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

const (
	sampleEvery = 5 * time.Second
	mostGrowth  = 1.25 // the last third's memory of the middle third's; more is a leak
)

// soak is what the server's memory did over a long run, in MiB, and how many transfers were made.
type soak struct {
	Minutes   float64   `json:"minutes"`
	Transfers int       `json:"transfers"`
	Errors    int       `json:"errors"`
	Memory    []float64 `json:"memoryMiB"` // by turns, every five seconds
	Middle    float64   `json:"middleThirdMiB"`
	Last      float64   `json:"lastThirdMiB"`
	Flat      bool      `json:"flat"`
}

// measureSoak lets clients send for a time, and watches the memory of the server.
func measureSoak(ctx context.Context, a *api, length time.Duration) (soak, error) {
	watching, stop := context.WithCancel(ctx)
	seen := make(chan []float64, 1)
	go func() {
		var samples []float64
		ticker := time.NewTicker(sampleEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				samples = append(samples, float64(residentBytes(a.serverPID()))/(1<<20))
				if len(samples)%int(time.Minute/sampleEvery) == 0 {
					progress("the server holds %.0f MiB", samples[len(samples)-1])
				}
			case <-watching.Done():
				seen <- samples
				return
			}
		}
	}()
	d := drive(ctx, a.w, a, growthClients, false, length)
	stop()
	s := soak{Minutes: d.wall.Minutes(), Transfers: len(d.took), Errors: d.errors, Memory: <-seen}
	third := len(s.Memory) / 3
	s.Middle, s.Last = median(s.Memory[third:2*third]), median(s.Memory[2*third:])
	s.Flat = s.Last <= s.Middle*mostGrowth
	if d.first != nil {
		return s, fmt.Errorf("soak: %d errors, the first: %w", d.errors, d.first)
	}
	return s, a.check(ctx)
}

func printSoak(out io.Writer, s soak) error {
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "soak\ttransfers\terrors\tmiddle third MiB\tlast third MiB\tflat\t")
	fmt.Fprintf(table, "%.1f min\t%d\t%d\t%.0f\t%.0f\t%t\t\n", s.Minutes, s.Transfers, s.Errors, s.Middle, s.Last, s.Flat)
	return table.Flush()
}
