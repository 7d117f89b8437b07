package postgres

import "context"

// LocksAwaited is how many connections of all servers to this database wait for a lock at the moment.
func LocksAwaited(ctx context.Context, db *DB) (n int64, err error) {
	err = db.probe.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
	return n, err
}
