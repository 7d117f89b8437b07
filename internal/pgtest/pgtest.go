// Package pgtest gives every test a real Postgres database of its own: migrated, empty, dropped afterwards. The first
// test that asks starts one private Postgres for the test process and migrates one template; each database is a copy of
// it, which takes about 10 ms in memory and 0.3 s on a disk. Whatever way the process ends, nothing of it stays behind.
//
//	db := pgtest.New(t)
//
// is all a test needs. PURSER_TEST_DATABASE_URL names a running server to use instead; its user must be a superuser.
package pgtest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"purser/internal/config"
	"purser/internal/postgres"
	"purser/internal/secret"
)

const (
	// setupTimeout bounds the preparation of one database, the first one's server and template included.
	setupTimeout = 2 * time.Minute
	// cleanupTimeout bounds each step of the way back.
	cleanupTimeout = 30 * time.Second
	// poolSize leaves room for tests that race many transactions; pgx's own default is 4 on a small machine.
	poolSize = 16
)

// New returns a migrated, empty database for this test alone.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	return NewWith(t, postgres.Options{})
}

// NewWith is New with options of the test's choosing, such as a clock.
func NewWith(t testing.TB, opts postgres.Options) *postgres.DB {
	t.Helper()
	if opts.MaxConns == 0 {
		opts.MaxConns = poolSize
	}
	if opts.Ring == nil {
		opts.Ring = Ring(t)
	}
	dsn := DSN(t)

	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	db, err := postgres.Open(ctx, dsn, opts)
	if err != nil {
		t.Fatalf("pgtest: open the test's database: %v", err)
	}
	t.Cleanup(func() { closePool(t, db) })
	return db
}

// Ring are the keys for personal data of a server without configuration, which those of tests are.
func Ring(t testing.TB) *secret.Ring {
	t.Helper()
	ring, err := config.Config{}.Ring()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return ring
}

// DSN returns the address of a migrated, empty database for this test alone, for tests that start server processes. When
// the test ends, whoever is still connected is thrown out.
func DSN(t testing.TB) string {
	t.Helper()
	return copyOf(t, func(s *server) (string, error) { return s.template(), nil })
}

// Prepared is DSN for databases in which something is done already, by prepare, once, when the first test asks. Whatever it started must have left the database.
func Prepared(prepare func(dsn string) error) func(testing.TB) string {
	template := sync.OnceValues(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
		defer cancel()
		s, err := shared()
		if err != nil {
			return "", err
		}
		return s.prepared(ctx, prepare)
	})
	return func(t testing.TB) string {
		t.Helper()
		return copyOf(t, func(*server) (string, error) { return template() })
	}
}

func copyOf(t testing.TB, template func(*server) (string, error)) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()

	s, err := shared()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	of, err := template(s)
	if err != nil {
		t.Fatalf("pgtest: prepare the template: %v", err)
	}
	name, err := s.clone(ctx, of)
	if err != nil {
		t.Fatalf("pgtest: copy the template: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := s.drop(ctx, name); err != nil {
			t.Errorf("pgtest: drop the test's database: %v", err)
		}
	})
	return s.dsn(name)
}

// Main is for a package's TestMain. It runs the tests and stops the server before the process ends. Without it the
// server is stopped a moment after the end, so no package needs it.
func Main(m *testing.M) {
	code := m.Run()
	stopShared()
	os.Exit(code)
}

// closePool says which test forgot a connection, instead of hanging until the whole run times out.
func closePool(t testing.TB, db *postgres.DB) {
	t.Helper()
	closed := make(chan struct{})
	go func() {
		db.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(cleanupTimeout):
		t.Error("pgtest: the test never gave back a connection or a transaction")
	}
}
