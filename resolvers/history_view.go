package resolvers

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/money"
	"purser/internal/request"
	"purser/internal/transfers"
	"purser/models"
)

func filterOf(f *model.TransferFilter) *transfers.Filter {
	if f == nil {
		return nil
	}
	filter := &transfers.Filter{WalletNumber: f.WalletNumber, Currency: f.Currency, AmountFrom: f.AmountFrom, AmountTo: f.AmountTo, From: f.From, To: f.To,
		Text: f.Text}
	if f.Direction != nil {
		filter.Direction = string(*f.Direction)
	}
	for _, status := range f.Status {
		filter.Statuses = append(filter.Statuses, string(status))
	}
	for _, kind := range f.Kind {
		filter.Kinds = append(filter.Kinds, string(kind))
	}
	if f.Counterparty != nil {
		filter.OtherWallet, filter.OtherWMID = f.Counterparty.WalletNumber, f.Counterparty.Wmid
	}
	return filter
}

func (r *Resolver) refusedConnection(ctx context.Context, rows []models.RefusedTransfer, info *model.PageInfo) *model.RefusedTransferConnection {
	connection := &model.RefusedTransferConnection{Edges: []*model.RefusedTransferEdge{}, Nodes: []*model.RefusedTransfer{}, PageInfo: info}
	for _, row := range rows {
		view := &model.RefusedTransfer{
			RefusedAt: row.RefusedAt, From: row.FromNumber, To: row.Recipient, Amount: amountView(r.currencyView(ctx, row.FromNumber[:1]), row.Amount),
			Code: model.ErrorCode(row.Code), Explanation: refusedSentence(ctx, row.Code),
		}
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.RefusedTransferEdge{Cursor: refusedCursor(row), Node: view})
	}
	return connection
}

// refusedSentence is a sentence of a code that quotes nothing: the numbers of that moment are not kept.
func refusedSentence(ctx context.Context, code string) string {
	l := request.Of(ctx).Locale
	if id := "refused." + code; l.Has(id) {
		return l.Text(id, nil)
	}
	return l.Text(code, nil)
}

func refusedCursor(row models.RefusedTransfer) string { return refusedCursorOf(row.ID) }

func refusedCursorOf(id uuid.UUID) string { return globalID(kindRefusedCursor, id.String()) }

func (r *Resolver) turnoverView(ctx context.Context, c money.Currency, months []models.Turnover) []*model.MonthlyTurnover {
	currency := r.currencyView(ctx, string(c.Letter))
	views := make([]*model.MonthlyTurnover, len(months))
	for i, m := range months {
		views[i] = &model.MonthlyTurnover{Month: m.Month.Format(time.DateOnly), Incoming: amountView(currency, m.Incoming),
			Outgoing: amountView(currency, m.Outgoing), Fees: amountView(currency, m.Fees), Count: int(m.Movements)}
	}
	return views
}
