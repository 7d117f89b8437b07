package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	house "purser/internal/config"
	"purser/internal/localpg"
	"purser/internal/postgres"
)

// settings trade every bit of durability for speed: these databases live for one test. Autovacuum is off so that plans
// and timings do not depend on when it comes by; a test that needs statistics runs ANALYZE.
var settings = map[string]string{
	"fsync":              "off",
	"full_page_writes":   "off",
	"autovacuum":         "off",
	"max_connections":    "300",
	"wal_level":          "minimal",
	"max_wal_senders":    "0",
	"max_wal_size":       "256MB",
	"min_wal_size":       "32MB",
	"checkpoint_timeout": "1h",
}

// server is the one Postgres of this test process, with its template.
type server struct {
	dsn   func(database string) string
	admin *pgxpool.Pool
	name  string // begins the name of each of our databases
	next  atomic.Int64

	made sync.Map // the names of further templates, see Prepared

	// presence is a connection that stays open as long as this process, named like our databases. On a server that
	// outlives us it tells our databases from those that a dead process left.
	presence *pgx.Conn
	// close ends the private Postgres, if it is one.
	close func(context.Context) error
}

var (
	shared  = sync.OnceValues(startShared)
	running atomic.Pointer[server]
)

func startShared() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()

	s, err := findServer(ctx)
	if err != nil {
		return nil, err
	}
	running.Store(s)
	if err := s.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare the template: %w", err)
	}
	return s, nil
}

// stopShared does nothing when no test asked for a database.
func stopShared() {
	s := running.Load()
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	if err := s.stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest: stop:", err)
	}
}

func findServer(ctx context.Context) (*server, error) {
	s := &server{name: "pgtest_" + randomHex()}
	if given := os.Getenv("PURSER_TEST_DATABASE_URL"); given != "" {
		s.dsn = func(database string) string { return withDatabase(given, database) }
		s.close = func(context.Context) error { return nil }
		return s, nil
	}

	dir, err := newFolder()
	if err != nil {
		return nil, fmt.Errorf("make a folder for the test server: %w", err)
	}
	pg, err := localpg.Start(ctx, localpg.Options{DataDir: dir.path, Settings: settings})
	if err != nil {
		return nil, errors.Join(err, dir.remove())
	}
	s.dsn = pg.DSN
	s.close = func(ctx context.Context) error { return errors.Join(pg.Stop(ctx), dir.remove()) }
	if pg.Dir() != dir.path {
		return nil, errors.Join(fmt.Errorf("%s is not open to Postgres's account: set TMPDIR", dir.path), s.close(ctx), os.RemoveAll(pg.Dir()))
	}
	return s, nil
}

func (s *server) prepare(ctx context.Context) error {
	config, err := pgxpool.ParseConfig(s.dsn("postgres"))
	if err != nil {
		return err
	}
	config.ConnConfig.RuntimeParams["application_name"] = s.name
	if s.presence, err = pgx.ConnectConfig(ctx, config.ConnConfig.Copy()); err != nil {
		return err
	}
	if s.admin, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	if err := s.sweep(ctx); err != nil {
		return fmt.Errorf("drop what dead test processes left: %w", err)
	}

	if _, err := s.admin.Exec(ctx, "CREATE DATABASE "+s.template()); err != nil {
		return err
	}
	ring, err := house.Config{}.Ring() // a laptop's
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, s.dsn(s.template()), ring, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	return s.seal(ctx, s.template())
}

func (s *server) template() string { return s.name + "_template" }

// clone copies files instead of writing the copy through the log. Measured on Postgres 15: 9-12 ms against 19-22 in
// memory, and no clear winner on a disk.
func (s *server) clone(ctx context.Context, template string) (string, error) {
	name := s.name + "_" + strconv.FormatInt(s.next.Add(1), 10)
	_, err := s.admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy")
	return name, err
}

// prepared makes a further template of a copy of the first one.
func (s *server) prepared(ctx context.Context, prepare func(dsn string) error) (string, error) {
	name, err := s.clone(ctx, s.template())
	if err != nil {
		return "", err
	}
	s.made.Store(name, true)
	if err := prepare(s.dsn(name)); err != nil {
		return "", err
	}
	return name, s.seal(ctx, name)
}

// seal closes a template to everybody: one with somebody connected cannot be copied.
func (s *server) seal(ctx context.Context, template string) error {
	_, err := s.admin.Exec(ctx, "ALTER DATABASE "+template+" ALLOW_CONNECTIONS false")
	return err
}

func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}

// sweep drops the databases of test processes that are no longer present.
func (s *server) sweep(ctx context.Context) error {
	rows, err := s.admin.Query(ctx, `SELECT datname FROM pg_database WHERE datname ~ '^pgtest_[0-9a-f]{8}_'
		AND left(datname, 15) NOT IN (SELECT application_name FROM pg_stat_activity)`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range names {
		err = errors.Join(err, s.drop(ctx, name))
	}
	return err
}

func (s *server) stop(ctx context.Context) error {
	var errs []error
	if s.admin != nil {
		s.made.Range(func(name, _ any) bool {
			errs = append(errs, s.drop(ctx, name.(string)))
			return true
		})
		errs = append(errs, s.drop(ctx, s.template()))
		s.admin.Close()
	}
	if s.presence != nil {
		errs = append(errs, s.presence.Close(ctx))
	}
	return errors.Join(append(errs, s.close(ctx))...)
}

// withDatabase puts another database into an address of either form, URL or key=value, where the last value wins.
func withDatabase(dsn, database string) string {
	u, err := url.Parse(dsn)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return dsn + " dbname=" + database
	}
	u.Path = "/" + database
	return u.String()
}

func randomHex() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
