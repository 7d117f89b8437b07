package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx" that Migrate opens
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"purser/migrations"
)

// Migrate brings the schema of the database at dsn up to date. Servers that start together agree by a lock in the
// database: one migrates, the others wait for it. It works on connections of its own. sealer seals
// what is in clear still.
func Migrate(ctx context.Context, dsn string, sealer migrations.Sealer, log *slog.Logger) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	defer db.Close() //nolint:errcheck // nothing is left to lose

	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithSessionLocker(locker),
		goose.WithGoMigrations(migrations.Jobs(dsn), migrations.Private(sealer)))
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	for _, r := range results {
		log.Info("migrated", "file", r.Source.Path, "took", r.Duration)
	}
	return nil
}

// Migrated tells whether the schema is the newest this program knows; a readiness probe asks it.
func Migrated(ctx context.Context, db *DB) (bool, error) {
	var version int64
	err := db.probe.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version >= migrations.Newest, err
}
