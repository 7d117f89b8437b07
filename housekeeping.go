package main

import (
	"context"
	"log/slog"
	"time"

	"purser/internal/postgres"
)

const (
	housekeepingEvery = 10 * time.Minute
	keptFor           = 7 * 24 * time.Hour // what has run out stays so long, for questions
)

// leftovers are the rows that only stand in the way once they have run out. Money, accounts, sessions and events are kept.
var leftovers = []struct{ table, column string }{
	{"challenges", "expires_at"}, // log-ins that waited for them go along
	{"registrations", "expires_at"},
	{"email_verifications", "expires_at"},
	{"refresh_tokens", "expires_at"},
	{"rate_counters", "ends_at"},
	{"messages", "created_at"},
	{"recoveries", "expires_at"},
}

// housekeep deletes leftovers, a batch at a time, until ctx ends. Several servers may do it side by side.
func housekeep(ctx context.Context, db *postgres.DB, log *slog.Logger) {
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			sweepLeftovers(ctx, db, log)
		case <-ctx.Done():
			return
		}
	}
}

func sweepLeftovers(ctx context.Context, db *postgres.DB, log *slog.Logger) {
	for _, rows := range leftovers {
		deleted, err := postgres.Purge(ctx, db, rows.table, rows.column, db.Now().Add(-keptFor))
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("leftovers were not deleted; trying again later", "table", rows.table, "error", err)
		case deleted > 0:
			log.Info("deleted leftovers", "table", rows.table, "rows", deleted)
		}
	}
}
