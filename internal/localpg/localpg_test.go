package localpg_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"purser/internal/localpg"
)

func TestStart(t *testing.T) {
	t.Parallel()

	t.Run("keeps the data over a restart", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)

		s := start(t, dir)
		if !s.Owned() {
			t.Error("a Postgres that we started is not ours")
		}
		execute(t, s, "CREATE TABLE kept AS SELECT 7 AS n")
		stop(t, s)
		if alive(postmasterPID(t, dir)) {
			t.Error("Postgres outlived Stop")
		}

		s = start(t, dir)
		if got := queryInt(t, s, "SELECT n FROM kept"); got != 7 {
			t.Errorf("read %d after the restart, want 7", got)
		}
	})

	t.Run("makes a database that sorts by code point and knows letters beyond ASCII", func(t *testing.T) {
		t.Parallel()
		s := start(t, newDir(t))

		const facts = `SELECT (lower('Ж') = 'ж')::int + 2 * ('Z' < 'a')::int
			+ 4 * (current_setting('server_encoding') = 'UTF8')::int
			+ 8 * (current_setting('data_checksums') = 'on')::int
			+ 16 * (current_setting('listen_addresses') = '')::int`
		if got := queryInt(t, s, facts); got != 31 {
			t.Errorf("facts about the new cluster are %05b, want 11111", got)
		}
	})

	t.Run("lets nobody but the database account near the data and the socket", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		start(t, dir)

		for _, name := range []string{"data", "run"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o700 {
				t.Errorf("%s has mode %v, want 0700", name, info.Mode().Perm())
			}
		}
	})

	t.Run("creates a database once, also when asked at the same time", func(t *testing.T) {
		t.Parallel()
		s := start(t, newDir(t))

		errs := make(chan error, 8)
		for range cap(errs) {
			go func() { errs <- s.EnsureDatabase(t.Context(), "purser") }()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		conn, err := pgx.Connect(t.Context(), s.DSN("purser"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close(t.Context())
	})

	t.Run("works in a folder whose path is too long or too odd for a socket", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{strings.Repeat("long-", 30), "with space, comma and 'quote' [x]"} {
			dir := filepath.Join(newDir(t), name)
			s := start(t, dir)
			if filepath.Dir(socketDir(t, s)) == dir {
				t.Errorf("the socket is in the odd folder: %s", socketDir(t, s))
			}
			if got := queryInt(t, s, "SELECT 1"); got != 1 {
				t.Errorf("%s: read %d, want 1", name, got)
			}
			stop(t, s)
			if _, err := os.Stat(socketDir(t, s)); !os.IsNotExist(err) {
				t.Errorf("the socket's folder outside the data folder is still there: %v", err)
			}
		}
	})

	t.Run("ignores what an interrupted creation left and clears it", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		half := filepath.Join(dir, "data.new-123")
		mustMkdir(t, half)
		mustWrite(t, filepath.Join(half, "PG_VERSION"), "15\n")

		s := start(t, dir)
		if got := queryInt(t, s, "SELECT 1"); got != 1 {
			t.Errorf("read %d, want 1", got)
		}
		if _, err := os.Stat(half); !os.IsNotExist(err) {
			t.Errorf("the half-made data is still there: %v", err)
		}
	})

	t.Run("leaves no data behind when the creation is cancelled", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for len(glob(t, filepath.Join(dir, "data.new-*", "PG_VERSION"))) == 0 && ctx.Err() == nil {
				sleepless()
			}
			cancel()
		}()

		_, err := localpg.Start(ctx, localpg.Options{DataDir: dir, Settings: fast})
		if err == nil {
			t.Fatal("a cancelled start succeeded")
		}
		if left := glob(t, filepath.Join(dir, "data*")); len(left) > 0 {
			t.Errorf("left %v", left)
		}
		start(t, dir)
	})

	t.Run("quotes the log of Postgres when it does not start", func(t *testing.T) {
		t.Parallel()
		_, err := localpg.Start(t.Context(), localpg.Options{
			DataDir: newDir(t), Settings: map[string]string{"shared_buffers": "nonsense"},
		})
		if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers"`) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()

	t.Run("data of another major version, without touching it", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		mustMkdir(t, filepath.Join(dir, "data", "base"))
		mustWrite(t, filepath.Join(dir, "data", "PG_VERSION"), "9.6\n")
		mustWrite(t, filepath.Join(dir, "data", "base", "money"), "precious")
		before := snapshot(t, filepath.Join(dir, "data"))

		_, err := localpg.Start(t.Context(), localpg.Options{DataDir: dir})
		if err == nil || !strings.Contains(err.Error(), "made by Postgres 9, but this machine has Postgres") {
			t.Errorf("got %v", err)
		}
		if after := snapshot(t, filepath.Join(dir, "data")); after != before {
			t.Errorf("the data changed from\n%s\nto\n%s", before, after)
		}
	})

	t.Run("a folder that is itself a Postgres data folder", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		mustWrite(t, filepath.Join(dir, "PG_VERSION"), "15\n")

		_, err := localpg.Start(t.Context(), localpg.Options{DataDir: dir})
		if err == nil || !strings.Contains(err.Error(), "itself a Postgres data folder") {
			t.Errorf("got %v", err)
		}
		if left := snapshot(t, dir); strings.Count(left, "\n") != 2 {
			t.Errorf("the folder now holds\n%s", left)
		}
	})

	t.Run("a data folder that holds something else", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		mustMkdir(t, filepath.Join(dir, "data"))
		mustWrite(t, filepath.Join(dir, "data", "holiday.jpg"), "sea")

		_, err := localpg.Start(t.Context(), localpg.Options{DataDir: dir})
		if err == nil || !strings.Contains(err.Error(), "not made by Postgres") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a machine without Postgres, and says how to install it", func(t *testing.T) {
		t.Parallel()
		_, err := localpg.Start(t.Context(), localpg.Options{DataDir: newDir(t), BinDir: newDir(t)})
		if err == nil {
			t.Fatal("started without programs")
		}
		for _, want := range []string{"apt-get install postgresql", "dnf install", "brew install", "DATABASE_URL", "PG_BIN"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the error does not say %q: %v", want, err)
			}
		}
	})
}

func TestSharing(t *testing.T) {
	t.Parallel()

	t.Run("finds a running Postgres and leaves it running", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		owner := serveElsewhere(t, dir)

		s := start(t, dir)
		if s.Owned() {
			t.Error("a Postgres that another process started counts as ours")
		}
		if s.DSN("postgres") != owner.dsn {
			t.Errorf("two addresses for one server: %s and %s", s.DSN("postgres"), owner.dsn)
		}
		stop(t, s)
		if !alive(postmasterPID(t, dir)) {
			t.Error("Stop ended a Postgres that is not ours")
		}
	})

	t.Run("gives simultaneous starters one Postgres", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)

		const starters = 4
		servers := make([]*process, starters)
		var wg sync.WaitGroup
		for i := range servers {
			wg.Go(func() { servers[i] = serveElsewhere(t, dir) })
		}
		wg.Wait()

		owners := 0
		for _, p := range servers {
			if p.owned {
				owners++
			}
		}
		if owners != 1 {
			t.Errorf("%d of %d starters own the Postgres, want 1", owners, starters)
		}
	})

	t.Run("takes over when the owner stops", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		owner := serveElsewhere(t, dir)
		s := start(t, dir)
		execute(t, s, "CREATE TABLE kept AS SELECT 7 AS n")

		owner.end(t)
		eventually(t, "the other process to own a Postgres", s.Owned)
		if got := queryInt(t, s, "SELECT n FROM kept"); got != 7 {
			t.Errorf("read %d after the take-over, want 7", got)
		}
	})
}
