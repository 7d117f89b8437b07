package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"purser/internal/ledger/ledgertest"
	"purser/internal/money"
)

// TestPostgresIsKilledUnderLoad kills the private Postgres, again and again, while many clients send. Each repeats what was not answered,
// with the same key, until it is. Then every transfer has happened exactly once.
func TestPostgresIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "purser-killed-*") // not below t.TempDir, which the database's account may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := startServer(t, "", "DATA_DIR="+dir)
	anna := s.client(t).anna()
	borisWallet, _ := s.client(t).boris().wallet("P")
	annaWallet, _ := anna.wallet("P")
	anna.allowWithoutCode("P", "1000000", "+79000000002")

	clients, each := ledgertest.Size(32, 64), ledgertest.Size(40, 200)
	var acknowledged, repeated atomic.Int32
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				request := vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}
				for try := 0; ; try++ {
					if try == 400 {
						t.Error("a transfer was never answered")
						return
					}
					if sent(anna, request) {
						break
					}
					repeated.Add(1)
					time.Sleep(50 * time.Millisecond) // as an app backs off
				}
				acknowledged.Add(1)
			}
		})
	}
	kills := ledgertest.Size(2, 4)
	for i := range kills {
		for acknowledged.Load() < int32(clients*each*(i+1)/(kills+2)) {
			time.Sleep(5 * time.Millisecond) // until so many are through
		}
		if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()

	if !strings.Contains(s.log.String(), "a group of postings is tried again") {
		t.Error("no posting was under way when Postgres was gone")
	}
	t.Logf("%d requests had to be repeated", repeated.Load())
	_, left := anna.wallet("P")
	if want := money.Format(int64(5_000_000-101*clients*each), 2); left != want {
		t.Errorf("anna has %s, want %s", left, want)
	}
	proveBySelf(t, dir)
}

// sent tells whether a transfer was answered with success.
func sent(c *client, request vars) bool {
	r, err := c.try(createTransfer, request)
	return err == nil && len(r.Errors) == 0 && strings.Contains(string(r.Data), `"COMPLETED"`)
}

// postmaster is the process number of the private Postgres.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// proveBySelf runs the audit beside the server, on its private Postgres.
func proveBySelf(t *testing.T, dir string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, path, "audit")
	command.Env = append(os.Environ(), "DATABASE_URL=", "DATA_DIR="+dir)
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("the audit: %v\n%s", err, out)
	}
}
