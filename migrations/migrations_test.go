package migrations_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/migrations"
)

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	t.Parallel()
	names, number := numbered(t), 0
	for _, name := range names {
		number++
		if !strings.HasPrefix(name, fmt.Sprintf("%04d_", number)) {
			t.Errorf("file %d is %s", number, name)
		}
	}
	if number != migrations.Newest {
		t.Errorf("the last file has the number %d, and Newest is %d", number, migrations.Newest)
	}
}

func TestMigrationsSayWhyAndGoForward(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if why, _, found := strings.Cut(string(text), "\n-- +goose Up\n"); !found || !strings.HasPrefix(why, "-- ") {
			t.Errorf("%s does not say why it is, and then where it begins", name)
		}
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s goes back", name)
		}
	}
}

// numbered are the files that are migrations, in order, in SQL and in Go.
func numbered(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("0*")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names
}

func TestMigratingTwiceDoesNothing(t *testing.T) {
	t.Parallel()
	db, dsn := emptyDatabase(t)
	first, second := &counter{}, &counter{}
	for _, log := range []*counter{first, second} {
		if err := postgres.Migrate(t.Context(), dsn, pgtest.Ring(t), slog.New(log)); err != nil {
			t.Fatal(err)
		}
	}
	if want := int64(len(numbered(t))); first.lines.Load() != want || second.lines.Load() != 0 {
		t.Errorf("the first run applied %d files of %d, the second %d", first.lines.Load(), want, second.lines.Load())
	}
	if done, err := postgres.Migrated(t.Context(), db); err != nil || !done {
		t.Errorf("Migrated says %t, %v", done, err)
	}
}

func TestServersThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	db, dsn := emptyDatabase(t)
	applied := &counter{}
	var servers sync.WaitGroup
	for range 3 {
		servers.Go(func() {
			if err := postgres.Migrate(t.Context(), dsn, pgtest.Ring(t), slog.New(applied)); err != nil {
				t.Error(err)
			}
		})
	}
	servers.Wait()
	if want := int64(len(numbered(t))); applied.lines.Load() != want {
		t.Errorf("%d files were applied, want each of %d once", applied.lines.Load(), want)
	}
	if diff := cmp.Diff(render(t, pgtest.New(t)), render(t, db)); diff != "" {
		t.Errorf("the schema differs from that of one server (-want +got):\n%s", diff)
	}
}

// emptyDatabase is one without tables.
func emptyDatabase(t *testing.T) (db *postgres.DB, dsn string) {
	t.Helper()
	dsn = pgtest.DSN(t)
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if _, err := db.Pool.Exec(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrated(t.Context(), db); err == nil {
		t.Fatal("an empty database is taken for a migrated one")
	}
	return db, dsn
}

// counter is a log that counts its lines.
type counter struct {
	slog.Handler
	lines atomic.Int64
}

func (c *counter) Enabled(context.Context, slog.Level) bool { return true }

func (c *counter) Handle(context.Context, slog.Record) error {
	c.lines.Add(1)
	return nil
}
