package main

import (
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestTheBenchStillRuns lets each way move money and reads each page once, in a world of few people: what the rooms have learned since asks
// more of the rows that the bench writes. It measures nothing.
func TestTheBenchStillRuns(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	binary := filepath.Join(dir, "purser")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "purser")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w, err := newWorld(ctx, filepath.Join(dir, "data"), 2*(readers+1)*readersPages)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)

	const ways, spreads = 4, 2
	results, err := compare(ctx, w, options{clients: []int{4}, length: 200 * time.Millisecond, rounds: 1, what: "abcd", connections: 4}, binary)
	if err != nil || len(results) != ways*spreads {
		t.Fatalf("%d results: %v", len(results), err)
	}
	for _, r := range results {
		if r.PerSecond == 0 || r.Errors > 0 {
			t.Errorf("%s into %s: %.0f a second, %.0f errors, the first: %s", r.What, r.Into, r.PerSecond, r.Errors, r.FirstError)
		}
	}
	readPages(ctx, t, w, binary)
	if err := sumsHold(ctx, w); err != nil {
		t.Error(err)
	}
	if err := printComparison(io.Discard, results); err != nil {
		t.Error(err)
	}
}

func readPages(ctx context.Context, t *testing.T, w *world, binary string) {
	t.Helper()
	if err := w.fillPages(ctx); err != nil {
		t.Fatal(err)
	}
	c, err := newAPI(ctx, w, binary)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, page := range pages {
		if err := c.(*api).read(ctx, 0, page.query); err != nil {
			t.Errorf("%s: %v", page.what, err)
		}
	}
}
