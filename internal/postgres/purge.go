package postgres

import (
	"context"
	"fmt"
	"time"
)

// purgeBatch is how many rows one statement deletes at most, so that none holds locks for long.
const purgeBatch = 5000

// Purge deletes rows of a table that nobody needs any more: those whose column, a time with an index, is before the given one. Table
// and column are words of our own code, never of a request. It returns how many rows went.
//
// The rows are found by the index, the oldest first, and reached by their place; asked with IN, Postgres would rather read the
// whole table. The condition stands there twice, so that a row that somebody has renewed meanwhile is judged again, and stays.
func Purge(ctx context.Context, db *DB, table, column string, before time.Time) (deleted int64, err error) {
	sql := fmt.Sprintf(`DELETE FROM %[1]s WHERE ctid = ANY(ARRAY(SELECT ctid FROM %[1]s WHERE %[2]s < $1 ORDER BY %[2]s LIMIT %[3]d)) AND %[2]s < $1`,
		table, column, purgeBatch)
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
