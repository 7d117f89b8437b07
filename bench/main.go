// Bench measures how fast money moves, on this machine and in one run: (a) one PL/pgSQL call per transfer on bare pgx, the
// baseline; (b) the ledger room alone; (c) createTransfer through HTTP and GraphQL with real tokens, on a server process.
// Each runs for several numbers of clients, spread over many wallets and all into one. Sums are checked after each.
// Timings move with the machine: compare ratios within one run. `make bench` runs it; it is bounded in time and count.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

const mostClients = 1024 // each sends from wallets of its own

type options struct {
	clients []int
	seconds float64
	wallets int
	what    string
	out     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, parse()); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func parse() options {
	o := options{}
	clients := flag.String("clients", "16,64,256", "numbers of clients, separated by commas")
	flag.Float64Var(&o.seconds, "seconds", 5, "how long each measurement takes")
	flag.IntVar(&o.wallets, "wallets", 10_000, "wallets that transfers are spread over")
	flag.StringVar(&o.what, "what", "abc", "which of (a), (b) and (c) to measure")
	flag.StringVar(&o.out, "out", "", "file for the results as JSON")
	flag.Parse()
	for part := range strings.SplitSeq(*clients, ",") {
		if n, err := strconv.Atoi(part); err == nil && n > 0 && n <= mostClients {
			o.clients = append(o.clients, n)
		}
	}
	return o
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "purser-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	binary := filepath.Join(dir, "purser")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	w, err := newWorld(ctx, filepath.Join(dir, "data"), o.wallets)
	if err != nil {
		return err
	}
	defer w.close()

	var results []result
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "what\tclients\tinto\ttransfers/s\tof (a)\tp50 ms\tp95 ms\tp99 ms\terrors\tserver CPU ms\tPostgres CPU ms\t")
	for _, hot := range []bool{false, true} {
		for _, clients := range o.clients {
			var baseline float64
			for i, make := range []func(context.Context, *world, string) (contender, error){newBaseline, newLedgerRoom, newAPI} {
				if !strings.Contains(o.what, "abc"[i:i+1]) {
					continue
				}
				r, err := measureOne(ctx, w, make, binary, clients, hot, o.seconds)
				if err != nil {
					return err
				}
				if baseline == 0 {
					baseline = r.PerSecond
				}
				r.OfBaseline = r.PerSecond / baseline
				results = append(results, r)
				fmt.Fprintf(table, "%s\t%d\t%s\t%.0f\t%.2f\t%.1f\t%.1f\t%.1f\t%d\t%.2f\t%.2f\t\n", r.What, r.Clients, r.Into, r.PerSecond, r.OfBaseline,
					r.P50, r.P95, r.P99, r.Errors, r.ServerCPU, r.PostgresCPU)
			}
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if o.out == "" {
		return nil
	}
	text, err := json.MarshalIndent(map[string]any{"at": time.Now().UTC(), "results": results}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, text, 0o644)
}
