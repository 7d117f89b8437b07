package transfers

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/google/uuid"

	"purser/internal/postgres"
)

// sides are the two indexes that an account's transfers are in; one between own wallets is in both. The account is asked for as a value that the planner
// does not know: of an account with a large part of all transfers it would think that the newest of all will do, and read all that came since
// its last.
const (
	sent     = `from_account_id = (SELECT CAST(@account AS uuid))`
	received = `to_account_id = (SELECT CAST(@account AS uuid)) AND posted_at IS NOT NULL`
)

// sidesOf are the indexes to look in, and what else makes a transfer one of a direction.
func sidesOf(direction string) (sides []string, condition string) {
	switch direction {
	case Incoming:
		return []string{received}, " AND t.from_account_id <> @account"
	case Outgoing:
		return []string{sent}, " AND t.to_account_id <> @account"
	case Internal:
		return []string{sent}, " AND t.to_account_id = t.from_account_id"
	}
	return []string{sent, received}, ""
}

// span is what a page may hold, as a condition on ids.
func (p Page) span(args map[string]any) (condition, order string) {
	if p.Before != nil {
		condition += " AND id < @before"
		args["before"] = *p.Before
	}
	if p.After != nil {
		condition += " AND id > @after"
		args["after"] = *p.After
	}
	if p.NotBefore != nil {
		condition += " AND id >= @not_before"
		args["not_before"] = *p.NotBefore
	}
	if p.NotAfter != nil {
		condition += " AND id <= @not_after"
		args["not_after"] = *p.NotAfter
	}
	if p.Oldest {
		return condition, "ASC"
	}
	return condition, "DESC"
}

// listViews takes a page from each side and keeps the newest (or oldest) of both: Postgres merges the two, and reads no row that is not shown, or
// passed over by the filter, so that a page costs the same however long the list is.
func listViews(ctx context.Context, db *postgres.DB, account uuid.UUID, p Page, s *sieve) ([]View, error) {
	args := map[string]any{"account": account, "limit": p.Limit}
	maps.Copy(args, s.args)
	span, order := p.span(args)
	sides, condition := sidesOf(s.direction)
	if len(s.conditions) > 0 {
		condition += " AND " + strings.Join(s.conditions, " AND ")
	}
	parts := make([]string, len(sides))
	for i, side := range sides {
		parts[i] = fmt.Sprintf("(SELECT * FROM transfers t WHERE %s%s%s ORDER BY id %s LIMIT @limit)", side, span, condition, order)
	}
	page := fmt.Sprintf("(SELECT DISTINCT ON (id) * FROM (%s) AS sides ORDER BY id %s LIMIT @limit) AS t", strings.Join(parts, " UNION ALL "), order)

	var views []View
	err := db.GORM(ctx).Raw(fmt.Sprintf(viewSQL, page, "true"), args).Scan(&views).Error
	return views, wrap("list", err)
}

// lastLookedAt finds the transfer that is the last one a page may come from; nil when all of the span may be looked at. Only the indexes are read.
func lastLookedAt(ctx context.Context, db *postgres.DB, account uuid.UUID, p Page, direction string) (*uuid.UUID, error) {
	args := map[string]any{"account": account, "beyond": filterLooksAt - 1}
	span, order := p.span(args)
	sides, _ := sidesOf(direction)
	parts := make([]string, len(sides))
	for i, side := range sides {
		parts[i] = fmt.Sprintf("(SELECT id FROM transfers WHERE %s%s ORDER BY id %s OFFSET @beyond LIMIT 1)", side, span, order)
	}
	nearest := "GREATEST" // of both sides the one that ends first
	if p.Oldest {
		nearest = "LEAST"
	}
	var last *uuid.UUID
	err := db.GORM(ctx).Raw(fmt.Sprintf("SELECT %s(%s)", nearest, strings.Join(parts, ", ")), args).Row().Scan(&last)
	return last, wrap("look", err)
}
