package pgtest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

// ending makes the test binary a test process that asks for a database and then ends in the named way.
const ending = "PGTEST_TEST_ENDING"

func TestMain(m *testing.M) {
	how := os.Getenv(ending)
	if how == "" || how == "main" {
		pgtest.Main(m)
	}
	fmt.Println(pgtest.DSN(onlyTest{}))
	switch how {
	case "panic":
		panic("the test panicked")
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	os.Exit(0)
}

// onlyTest stands in for the test of such a process. Its clean-ups never run, like those of a test that dies.
type onlyTest struct{ testing.TB }

func (onlyTest) Helper()                      {}
func (onlyTest) Cleanup(func())               {}
func (onlyTest) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }

func TestNew(t *testing.T) {
	t.Parallel()

	t.Run("gives a migrated database", func(t *testing.T) {
		t.Parallel()
		migrated, err := postgres.Migrated(t.Context(), pgtest.New(t))
		if err != nil || !migrated {
			t.Errorf("migrated: %t, %v", migrated, err)
		}
	})

	t.Run("gives each test its own", func(t *testing.T) {
		t.Parallel()
		for range 2 {
			if _, err := pgtest.New(t).Pool.Exec(t.Context(), "CREATE TABLE mine (n int)"); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("keeps to the clock it is given", func(t *testing.T) {
		t.Parallel()
		noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
		db := pgtest.NewWith(t, postgres.Options{Clock: func() time.Time { return noon }})
		if !db.Now().Equal(noon) {
			t.Errorf("it is %v, want %v", db.Now(), noon)
		}
	})
}

func TestDSN(t *testing.T) {
	t.Parallel()

	var dsn string
	var lingering *pgx.Conn
	t.Run("serves a test", func(t *testing.T) {
		dsn = pgtest.DSN(t)
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		lingering = conn
	})
	if lingering == nil {
		return
	}
	defer lingering.Close(context.WithoutCancel(t.Context()))

	conn, err := pgx.Connect(t.Context(), dsn)
	if err == nil {
		_ = conn.Close(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("the database outlived its test, to which somebody was connected: %v", err)
	}
}

func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()

	for _, how := range []string{"exit", "panic", "kill"} {
		t.Run("of a process that ends by "+how, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Dir(socketDir(t, endedProcess(t, how)))
			if !strings.HasPrefix(filepath.Base(dir), "purser-pgtest-") {
				t.Fatalf("the server was in %s", dir)
			}

			deadline := time.Now().Add(30 * time.Second)
			for {
				if _, err := os.Stat(dir); os.IsNotExist(err) {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%s is still there", dir)
				}
				<-time.After(5 * time.Millisecond)
			}
		})
	}

	t.Run("of a process that is long dead", func(t *testing.T) {
		t.Parallel()
		dir, err := os.MkdirTemp("", "purser-pgtest-")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "owner"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		endedProcess(t, "exit")
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", dir, err)
		}
	})
}

func TestGivenServer(t *testing.T) {
	t.Parallel()
	given := pgtest.DSN(t) // of our own server, which stands in for somebody's
	conn, err := pgx.Connect(t.Context(), given)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	count := func() (n int) {
		t.Helper()
		// Everything but what this very process made.
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname LIKE 'pgtest\_%'
			AND left(datname, 15) <> left(current_database(), 15)`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	dsn := endedProcess(t, "panic", "PURSER_TEST_DATABASE_URL="+given)
	if socketDir(t, dsn) != socketDir(t, given) {
		t.Errorf("the given server was not used, but %s", dsn)
	}
	if n := count(); n != 2 {
		t.Errorf("the dead process left %d databases, want its template and its copy", n)
	}

	endedProcess(t, "main", "PURSER_TEST_DATABASE_URL="+given)
	if n := count(); n != 0 {
		t.Errorf("%d databases are left after the next process cleaned up, want 0", n)
	}
}

// endedProcess runs this binary as a test process with an ending and returns the address it got.
func endedProcess(t *testing.T, how string, env ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestNew$")
	cmd.Env = append(append(os.Environ(), ending+"="+how), env...)
	out, err := cmd.Output()
	if wantFailure := how == "panic" || how == "kill"; (err != nil) != wantFailure {
		t.Fatalf("ended with %v, printed %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func socketDir(t *testing.T, dsn string) string {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return config.Host
}
