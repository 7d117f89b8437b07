package resolvers

import (
	"context"

	"purser/graph/model"
	"purser/internal/paylinks"
)

func (r *Resolver) paymentRequestView(ctx context.Context, p paylinks.Payment) *model.PaymentRequest {
	currency := r.currencyView(ctx, string(p.Currency.Letter))
	view := &model.PaymentRequest{WalletNumber: p.Number, Currency: currency, RecipientName: p.Name, Memo: filled(p.Memo), ExpiresAt: p.ExpiresAt, Link: p.Link}
	if p.Minor > 0 {
		view.Amount = amountView(currency, p.Minor)
	}
	return view
}
