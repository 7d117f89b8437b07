// Bench measures how fast money moves, on this machine and in one run: (a) one PL/pgSQL call per transfer on bare pgx, the
// baseline; (b) the ledger room alone; (c) createTransfer through HTTP and GraphQL with real tokens, on a server process;
// (d), if asked for, the same request to a gqlgen that does nothing, which is what (c) cannot be faster than.
// Each runs for several numbers of clients, spread over many wallets and all into one; sums are checked after each. Then (c) and
// the pages that an app reads are measured with ten thousand entries stored and with millions, and the server's memory over a
// long run. With -enumeration it measures instead whether the time of an answer tells strangers who has an account. Timings move with the machine: compare ratios within one run. It is bounded in time and count.
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
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

const mostClients = 1024 // each sends from wallets of its own

type options struct {
	clients []int
	length  time.Duration
	warmUp  time.Duration // before each measurement
	rounds  int
	wallets int
	what    string
	// connections of (a): as many as clients, unless fewer are asked for
	connections int
	entries     int
	soak        time.Duration
	out         string
	enumeration bool
}

// report is all that a run has found, as it is written for machines.
type report struct {
	At         time.Time     `json:"at"`
	Cores      int           `json:"cores"`
	Go         string        `json:"go"`
	Comparison []result      `json:"comparison"`
	Growth     *growthReport `json:"growth,omitempty"`
	Soak       *soak         `json:"soak,omitempty"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	debug.SetGCPercent(400) // as the server does
	if err := run(ctx, parse()); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func parse() options {
	o := options{warmUp: 3 * time.Second}
	clients := flag.String("clients", "16,64,256", "numbers of clients, separated by commas")
	flag.DurationVar(&o.length, "length", 3*time.Second, "how long each measurement takes")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each is repeated; the median counts")
	flag.IntVar(&o.wallets, "wallets", 10_000, "wallets that transfers are spread over")
	flag.StringVar(&o.what, "what", "abc", "which of (a), (b), (c) and (d) to compare; none: -")
	flag.IntVar(&o.connections, "connections", 256, "connections that the clients of (a) share")
	flag.IntVar(&o.entries, "entries", 5_000_000, "entries to measure growth at; 0: do not")
	flag.DurationVar(&o.soak, "soak", 10*time.Minute, "how long to watch the server's memory; 0: do not")
	flag.StringVar(&o.out, "out", "", "file for the results as JSON")
	flag.BoolVar(&o.enumeration, "enumeration", false, "measure only whether the time of an answer tells who has an account")
	flag.Parse()
	o.rounds = max(o.rounds, 1)
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
	if o.enumeration {
		return measureEnumeration(ctx, dir, binary)
	}
	r := report{At: time.Now().UTC(), Cores: runtime.NumCPU(), Go: runtime.Version()}
	if err := r.compare(ctx, o, dir, binary); err != nil {
		return err
	}
	if err := r.grow(ctx, o, dir, binary); err != nil {
		return err
	}
	if o.out != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.out, text, 0o644); err != nil {
			return err
		}
	}
	if r.Soak != nil && !r.Soak.Flat {
		return fmt.Errorf("the server's memory grew from %.0f to %.0f MiB", r.Soak.Middle, r.Soak.Last)
	}
	return nil
}

func (r *report) compare(ctx context.Context, o options, dir, binary string) error {
	if !strings.ContainsAny(o.what, "abcd") {
		return nil
	}
	w, err := newWorld(ctx, filepath.Join(dir, "data"), o.wallets)
	if err != nil {
		return err
	}
	defer w.close()
	if r.Comparison, err = compare(ctx, w, o, binary); err != nil {
		return err
	}
	if err := printComparison(os.Stdout, r.Comparison); err != nil {
		return err
	}
	for _, line := range r.Comparison {
		if line.Errors > 0 {
			return fmt.Errorf("%s, %d clients: %.0f errors, the first: %s", line.What, line.Clients, line.Errors, line.FirstError)
		}
	}
	return nil
}

// grow measures growth and, at the large size, the memory of a long run.
func (r *report) grow(ctx context.Context, o options, dir, binary string) error {
	if o.entries == 0 {
		return nil
	}
	found, large, err := measureGrowth(ctx, o, dir, binary)
	if large != nil {
		defer large.w.close()
		defer large.close()
	}
	if err != nil {
		return err
	}
	r.Growth = &found
	if err := printGrowth(os.Stdout, found); err != nil {
		return err
	}
	if o.soak == 0 {
		return nil
	}
	s, err := measureSoak(ctx, large, o.soak)
	if err != nil {
		return err
	}
	r.Soak = &s
	return printSoak(os.Stdout, s)
}

// progress tells a person what the run is at.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
