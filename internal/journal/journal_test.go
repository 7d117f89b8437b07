package journal_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"purser/internal/journal"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/models"
)

func record(t *testing.T, db *postgres.DB, ip string, entries ...journal.Entry) {
	t.Helper()
	ctx := request.With(t.Context(), request.Info{ID: "r1", IP: ip})
	_, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (int, error) {
		for _, e := range entries {
			if err := journal.Record(tx, e); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheLogTellsWhatHappenedAndFromWhere(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	mine, other := models.SystemAccountID, uuid.New()
	for ip, network := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "::ffff:203.0.113.77": "203.0.113.0/24", "2001:db8:1:2:3::4": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48", "": "", "nonsense": "",
	} {
		record(t, db, ip, journal.Entry{Account: mine, Kind: journal.Frozen})
		page, err := journal.List(t.Context(), db, mine, journal.Page{Limit: 1})
		if err != nil || len(page) != 1 {
			t.Fatal(page, err)
		}
		if page[0].Network != network || page[0].Kind != "FROZEN" || page[0].RequestID != "r1" || page[0].SessionID != nil {
			t.Errorf("from %q: %+v", ip, page[0])
		}
	}
	if page, err := journal.List(t.Context(), db, other, journal.Page{Limit: 10}); err != nil || len(page) != 0 {
		t.Errorf("another account's log has %d lines, %v", len(page), err)
	}
}

func TestTheLogIsReadFromBothEnds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	account := models.SystemAccountID
	for _, kind := range []journal.Kind{journal.SignedIn, journal.Frozen, journal.Unfrozen, journal.SignedOut} {
		record(t, db, "", journal.Entry{Account: account, Kind: kind})
	}
	kinds := func(p journal.Page) string {
		rows, err := journal.List(t.Context(), db, account, p)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, row := range rows {
			all = append(all, row.Kind)
		}
		return strings.Join(all, " ")
	}
	if got := kinds(journal.Page{Limit: 3}); got != "SIGNED_OUT UNFROZEN FROZEN" {
		t.Errorf("the newest three are %s", got)
	}
	if got := kinds(journal.Page{Limit: 2, Oldest: true}); got != "FROZEN SIGNED_IN" {
		t.Errorf("the oldest two are %s", got)
	}
	rows, err := journal.List(t.Context(), db, account, journal.Page{Limit: 4})
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(journal.Page{Limit: 4, After: &rows[3].ID, Before: &rows[0].ID}); got != "UNFROZEN FROZEN" {
		t.Errorf("between the ends are %s", got)
	}
}

func TestTheLogRefusesToChange(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	record(t, db, "", journal.Entry{Account: models.SystemAccountID, Kind: journal.Frozen})
	for _, sql := range []string{`UPDATE security_events SET kind = 'SIGNED_IN'`, `DELETE FROM security_events`, `TRUNCATE security_events`} {
		if _, err := db.Pool.Exec(context.Background(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
