package ledger

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"purser/internal/pgtest"
)

func TestTheAuditLooksThroughNoSetForEachRowOfAnother(t *testing.T) {
	t.Parallel()
	tx, err := pgtest.New(t).Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // it has only read
	if _, err := tx.Exec(t.Context(), wholeSets); err != nil {
		t.Fatal(err)
	}
	for _, set := range sets {
		rows, _ := tx.Query(t.Context(), "EXPLAIN "+set.sql)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); len(plan) < 2 || strings.Contains(text, "Nested Loop") {
			t.Errorf("%s:\n%s", set.invariant, text)
		}
	}
}
