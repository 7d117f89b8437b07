package postgres

import (
	"context"
	"fmt"
	"time"
)

// purgeBatch is how many rows one statement deletes at most, so that none holds locks for long.
const purgeBatch = 5000

// Purge deletes rows of a table that nobody needs any more: those for which the condition, with $1 for before, holds. Table and
// condition are words of our own code, never of a request. It returns how many rows went.
func Purge(ctx context.Context, db *DB, table, condition string, before time.Time) (deleted int64, err error) {
	sql := fmt.Sprintf(`DELETE FROM %[1]s WHERE ctid IN (SELECT ctid FROM %[1]s WHERE %[2]s LIMIT %[3]d)`, table, condition, purgeBatch)
	for {
		tag, err := db.Pool.Exec(ctx, sql, before)
		if err != nil {
			return deleted, fmt.Errorf("postgres: purge %s: %w", table, err)
		}
		deleted += tag.RowsAffected()
		if tag.RowsAffected() < purgeBatch {
			return deleted, nil
		}
	}
}
