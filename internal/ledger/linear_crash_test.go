package ledger_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/localpg"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

// TestHistoriesAreLinearizableWhilePostgresIsKilled records what 64 clients see at two instances while the Postgres behind both is
// killed by SIGKILL in the middle of their work, and comes back. It is a private one that writes its log to the disk before it
// says that something is committed.
func TestHistoriesAreLinearizableWhilePostgresIsKilled(t *testing.T) {
	t.Parallel()
	pg, open := durable(t)
	log := &journal{}
	servers := []*world{worldLogging(t, open(), log), worldLogging(t, open(), log)}
	groups := servers[0].groups(t, ledgertest.Size(8, 16))

	clients, each, kills := 64, ledgertest.Size(8, 30), ledgertest.Size(2, 4)
	var killed atomic.Int32
	var h history
	h.record(t, servers, groups, clients, each, func(done int) {
		if done%(clients*each/(kills+1)) == 0 && int(killed.Add(1)) <= kills { // the others are in the middle of something
			if err := killPostgres(pg); err != nil {
				t.Error(err)
			}
		}
	})
	if log.count("a group of postings is tried again") == 0 {
		t.Error("no posting was under way when Postgres was gone")
	}
	h.prove(t)

	db := open() // whose connections have seen nothing
	var fsync string
	if err := db.Pool.QueryRow(t.Context(), `SHOW fsync`).Scan(&fsync); err != nil || fsync != "on" {
		t.Errorf("fsync is %q, %v: this Postgres could lose what it promised", fsync, err)
	}
	ledgertest.Check(t, db)
	if report, err := ledger.Audit(t.Context(), db, nil); err != nil || report.Breach != nil {
		t.Errorf("the audit: %+v, %v", report.Breach, err)
	}
}

// durable starts a private Postgres with a migrated database, which open connects to.
func durable(t *testing.T) (pg *localpg.Server, open func() *postgres.DB) {
	t.Helper()
	dir, err := os.MkdirTemp("", "purser-linear-*") // not below t.TempDir, which the database's account may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if pg, err = localpg.Start(t.Context(), localpg.Options{DataDir: dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := pg.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := pg.EnsureDatabase(t.Context(), "purser"); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), pg.DSN("purser"), pgtest.Ring(t), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return pg, func() *postgres.DB {
		t.Helper()
		db, err := postgres.Open(t.Context(), pg.DSN("purser"), postgres.Options{MaxConns: 8})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		return db
	}
}

// killPostgres ends the postmaster of a private Postgres as a power cut would. While one is being started it waits for it.
func killPostgres(pg *localpg.Server) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(pg.Dir(), "data", "postmaster.pid"))
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(text), "\n")
		if pid, err := strconv.Atoi(first); err == nil && pid > 1 && syscall.Kill(pid, syscall.SIGKILL) == nil {
			return nil
		}
	}
	return errors.New("there is no postmaster")
}
