package main

import (
	"context"
	"log/slog"
	"time"

	"purser/internal/postgres"
	"purser/internal/transfers"
)

const (
	housekeepingEvery = 10 * time.Minute
	keptFor           = 7 * 24 * time.Hour // what has run out stays so long, for questions
)

// leftovers are the rows that only stand in the way once they have run out. Money, accounts, sessions and events are kept.
var leftovers = []postgres.Leftover{
	{Table: "challenges", Column: "expires_at"}, // log-ins that waited for them go along
	{Table: "registrations", Column: "expires_at"},
	{Table: "email_verifications", Column: "expires_at"},
	{Table: "refresh_tokens", Column: "expires_at"},
	{Table: "rate_counters", Column: "ends_at"},
	{Table: "messages", Column: "created_at"},
	{Table: "documents", Column: "created_at", Only: "request_id IS NULL"}, // that were uploaded and never used
	{Table: "recoveries", Column: "expires_at"},
	{Table: "passkey_ceremonies", Column: "expires_at"},
	{Table: "data_exports", Column: "expires_at"},
	{Table: "refused_transfers", Column: "refused_at"}, // which are shown for longer
	{Table: "operator_moves", Column: "moved_at"},
}

// keptLonger are the tables whose rows stay for another time.
var keptLonger = map[string]time.Duration{"refused_transfers": transfers.RefusalsKept}

// housekeep deletes leftovers and ends what is over, a batch at a time, until ctx ends. Several servers may do it side by
// side.
func housekeep(ctx context.Context, db *postgres.DB, all rooms, log *slog.Logger) {
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			sweepLeftovers(ctx, db, log)
			endWhatIsOver(ctx, all, log)
		case <-ctx.Done():
			return
		}
	}
}

// endWhatIsOver closes accounts whose time has come, deletes copies of data whose time is over, removes devices whose sessions have ended, and ends requests that no second operator decided.
func endWhatIsOver(ctx context.Context, all rooms, log *slog.Logger) {
	if _, err := all.changes.CloseDue(ctx, log); err != nil && ctx.Err() == nil {
		log.Warn("some accounts could not be closed; trying again later", "error", err)
	}
	if _, err := all.exports.Sweep(ctx); err != nil && ctx.Err() == nil {
		log.Warn("some copies of data were not deleted; trying again later", "error", err)
	}
	if _, err := all.notes.Sweep(ctx); err != nil && ctx.Err() == nil {
		log.Warn("some devices of ended sessions were not removed; trying again later", "error", err)
	}
	if _, err := all.operators.ExpireDue(ctx); err != nil && ctx.Err() == nil {
		log.Warn("some operators' requests were not ended; trying again later", "error", err)
	}
}

func sweepLeftovers(ctx context.Context, db *postgres.DB, log *slog.Logger) {
	for _, rows := range leftovers {
		kept, longer := keptLonger[rows.Table]
		if !longer {
			kept = keptFor
		}
		deleted, err := postgres.Purge(ctx, db, rows, db.Now().Add(-kept))
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("leftovers were not deleted; trying again later", "table", rows.Table, "error", err)
		case deleted > 0:
			log.Info("deleted leftovers", "table", rows.Table, "rows", deleted)
		}
	}
}
