package postgres

import (
	"context"
	"fmt"
	"time"
)

// purgeBatch is how many rows one statement deletes at most, so that none holds locks for long.
const purgeBatch = 5000

// Leftover is rows of a table that nobody needs any more once a time in a column, which has an index, is past. Only narrows them to
// some, with a condition that the index has too. All are words of our own code, never of a request.
type Leftover struct{ Table, Column, Only string }

// Purge deletes what was left over before a time. It returns how many rows went.
//
// The rows are found by the index, the oldest first, and reached by their place; asked with IN, Postgres would rather read the
// whole table. The condition stands there twice, so that a row that somebody has renewed meanwhile is judged again, and stays.
func Purge(ctx context.Context, db *DB, l Leftover, before time.Time) (deleted int64, err error) {
	condition := l.Column + " < $1"
	if l.Only != "" {
		condition += " AND " + l.Only
	}
	sql := fmt.Sprintf(`DELETE FROM %[1]s WHERE ctid = ANY(ARRAY(SELECT ctid FROM %[1]s WHERE %[3]s ORDER BY %[2]s LIMIT %[4]d)) AND %[3]s`,
		l.Table, l.Column, condition, purgeBatch)
	for {
		tag, err := db.Pool.Exec(ctx, sql, before)
		if err != nil {
			return deleted, fmt.Errorf("postgres: purge %s: %w", l.Table, err)
		}
		deleted += tag.RowsAffected()
		if tag.RowsAffected() < purgeBatch {
			return deleted, nil
		}
	}
}
