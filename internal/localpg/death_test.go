package localpg_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestDeath(t *testing.T) {
	t.Parallel()

	t.Run("of the owner by SIGKILL takes its Postgres along cleanly", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		owner := serveElsewhere(t, dir)
		conn, err := pgx.Connect(t.Context(), owner.dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 7 AS n"); err != nil {
			t.Fatal(err)
		}
		pid := postmasterPID(t, dir)

		owner.kill(t)
		eventually(t, "Postgres to follow its owner", func() bool { return !alive(pid) })

		s := start(t, dir)
		if !s.Owned() {
			t.Error("the next start did not own its Postgres")
		}
		if got := queryInt(t, s, "SELECT n FROM kept"); got != 7 {
			t.Errorf("read %d, want 7", got)
		}
	})

	t.Run("of the owner does not make an immediate start fail", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		for range 3 {
			owner := serveElsewhere(t, dir)
			if !owner.owned {
				t.Fatal("the start found the Postgres of a dead owner")
			}
			owner.kill(t)
		}
	})

	t.Run("of Postgres by SIGKILL is mended while the owner lives", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		s := startWith(t, dir, nil) // fsync on: this one loses its server without warning
		execute(t, s, "CREATE TABLE kept AS SELECT 7 AS n")
		killed := postmasterPID(t, dir)

		signal(t, killed, syscall.SIGKILL)
		eventually(t, "a new Postgres", func() bool {
			conn, err := pgx.Connect(t.Context(), s.DSN("postgres"))
			if err != nil {
				return false
			}
			defer conn.Close(t.Context())
			var n int
			return conn.QueryRow(t.Context(), "SELECT n FROM kept").Scan(&n) == nil && n == 7
		})
		if now := postmasterPID(t, dir); now == killed {
			t.Error("the killed Postgres is still named in postmaster.pid")
		}
	})

	t.Run("leaves a process number that another program inherits", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		s := start(t, dir)
		stop(t, s)

		// After a power cut: postmaster.pid names what is now some other program of the same account.
		other := exec.Command("/bin/sh", "-c", "read x")
		other.SysProcAttr = asOwnerOf(t, filepath.Join(dir, "data"))
		stdin, err := other.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = stdin.Close(); _ = other.Wait() })
		pidFile := filepath.Join(dir, "data", "postmaster.pid")
		mustWrite(t, pidFile, fmt.Sprintf("%d\n%s\n1700000000\n5432\n/nowhere\n\n  1234  5678\nready   \n",
			other.Process.Pid, filepath.Join(dir, "data")))
		if attr := other.SysProcAttr; attr != nil && attr.Credential != nil {
			if err := os.Chown(pidFile, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
				t.Fatal(err)
			}
		}

		s = start(t, dir)
		if !s.Owned() {
			t.Error("took another program for a Postgres")
		}
	})
}

// TestAsRoot is about who runs Postgres. Run by anyone else it checks the simple half: that user runs it.
func TestAsRoot(t *testing.T) {
	t.Parallel()

	t.Run("Postgres runs as an account that is not root", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		start(t, dir)

		owner := userOf(t, postmasterPID(t, dir))
		if owner == 0 {
			t.Error("Postgres runs as root")
		}
		if os.Getuid() != 0 && owner != os.Getuid() {
			t.Errorf("Postgres runs as %d, want %d", owner, os.Getuid())
		}
	})

	t.Run("a private folder of mktemp works in place", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(newDir(t), "private")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		s := start(t, dir)
		if s.Dir() != dir {
			t.Errorf("the data is in %s, want %s", s.Dir(), dir)
		}
	})

	t.Run("a folder below a private one works, if need be elsewhere, and is found again", func(t *testing.T) {
		t.Parallel()
		private := newDir(t)
		if err := os.Chmod(private, 0o700); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(private, "repository", ".purser")

		s := start(t, dir)
		if os.Getuid() == 0 {
			t.Cleanup(func() { _ = os.RemoveAll(s.Dir()) })
		}
		if moved := s.Dir() != dir; moved != (os.Getuid() == 0) {
			t.Errorf("the data is in %s", s.Dir())
		}
		if info, err := os.Stat(private); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the private folder was opened up: %v %v", info.Mode(), err)
		}
		execute(t, s, "CREATE TABLE kept AS SELECT 7 AS n")
		stop(t, s)

		// The data is not forgotten when the wanted folder becomes reachable.
		if err := os.Chmod(private, 0o755); err != nil {
			t.Fatal(err)
		}
		again := start(t, dir)
		if got := queryInt(t, again, "SELECT n FROM kept"); got != 7 || again.Dir() != s.Dir() {
			t.Errorf("read %d in %s, want 7 in %s", got, again.Dir(), s.Dir())
		}
	})
}
