package resolvers

import (
	"purser/graph/model"
	"purser/internal/fault"
)

const (
	pageDefault = 20
	pageMost    = 100
)

// paging is what first, after, last and before ask for, by the Relay rules: forward from a cursor or backward from one.
type paging struct {
	limit    int
	backward bool
}

// readPaging judges first and last: one of them at most, 1 to 100.
func readPaging(first, last *int) (paging, error) {
	asked, p := first, paging{limit: pageDefault}
	if last != nil {
		if first != nil {
			return p, fault.New(fault.BadUserInput)
		}
		asked, p.backward = last, true
	}
	if asked != nil {
		p.limit = *asked
	}
	if p.limit < 1 || p.limit > pageMost {
		return p, fault.New(fault.BadUserInput)
	}
	return p, nil
}

// cut takes away the one row that was read beyond the page, at the end that the paging goes towards, and says where the page
// stands. cursor is a row's cursor.
func cut[Row any](p paging, rows []Row, cursor func(Row) string) ([]Row, *model.PageInfo) {
	info := &model.PageInfo{}
	if len(rows) > p.limit {
		if p.backward {
			rows, info.HasPreviousPage = rows[len(rows)-p.limit:], true
		} else {
			rows, info.HasNextPage = rows[:p.limit], true
		}
	}
	if len(rows) > 0 {
		start, end := cursor(rows[0]), cursor(rows[len(rows)-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return rows, info
}

// goesOn says of a page that ended early where to go on.
func goesOn(p paging, info *model.PageInfo, cursor string) {
	if p.backward {
		info.HasPreviousPage, info.StartCursor = true, &cursor
		return
	}
	info.HasNextPage, info.EndCursor = true, &cursor
}
