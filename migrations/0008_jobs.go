package migrations

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// riverVersion is the version of River's tables. A newer River says when it needs another: that is then a new migration.
const riverVersion = 7

// Jobs is migration 8: the tables of River, which runs jobs that outlive the request that queued them. River keeps count of its own
// steps, so a repeat after a crash half way goes on where it stopped.
func Jobs(dsn string) *goose.Migration {
	up := func(ctx context.Context, _ *sql.DB) error {
		pool, err := pgxpool.New(ctx, dsn)
		if err != nil {
			return err
		}
		defer pool.Close()
		migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
		if err != nil {
			return err
		}
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: riverVersion})
		return err
	}
	return goose.NewGoMigration(8, &goose.GoFunc{RunDB: up}, nil)
}
