package resolvers

import (
	"context"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/ledger"
	"purser/internal/money"
	"purser/internal/transfers"
	"purser/models"
)

func (r *Resolver) transferView(ctx context.Context, viewer uuid.UUID, t transfers.View) *model.Transfer {
	currency := r.currencyView(ctx, t.Currency)
	view := &model.Transfer{
		ID: globalID(kindTransfer, t.ID.String()), Status: model.TransferStatus(t.Status), Direction: direction(viewer, t.Transfer),
		Kind: model.TransferKind(t.Kind), FeePaidBy: model.FeePayer(t.FeePaidBy),
		Amount: amountView(currency, t.Amount), Fee: amountView(currency, t.Fee), Total: amountView(currency, t.Debit()),
		Memo: filled(t.Memo), CreatedAt: t.CreatedAt, CompletedAt: t.CompletedAt,
		From: &model.TransferParty{WalletNumber: t.FromNumber, Wmid: t.FromWMID, DisplayName: t.FromName(viewer),
			OwnerID: t.FromAccountID, Own: t.FromAccountID == viewer, Named: t.Named},
		To: &model.TransferParty{WalletNumber: t.ToNumber, Wmid: t.ToWMID, DisplayName: t.ToName(viewer),
			OwnerID: t.ToAccountID, Own: t.ToAccountID == viewer, Named: t.Named},
		Protection: protectionView(t.Transfer), Refunded: amountView(currency, t.Refunded), TransferID: t.ID, RefundOfID: t.RefundOf, ViewerID: viewer,
	}
	if t.Status == models.TransferAwaitingConfirmation {
		view.ConfirmBy = t.ConfirmBy
	}
	return view
}

func protectionView(t models.Transfer) *model.TransferProtection {
	if !t.IsProtected() {
		return nil
	}
	until := t.CreatedAt.AddDate(0, 0, *t.ProtectionDays)
	if t.ProtectedUntil != nil {
		until = *t.ProtectedUntil
	}
	return &model.TransferProtection{Kind: model.ProtectionKind(*t.Protection), ExpiresAt: until, AttemptsLeft: t.AttemptsLeft}
}

func recipientOf(to *model.RecipientInput) transfers.Recipient {
	return transfers.Recipient{WalletNumber: to.WalletNumber, WMID: to.Wmid, Phone: to.Phone}
}

func protectionOf(p *model.TransferProtectionInput) *transfers.Protection {
	if p == nil {
		return nil
	}
	return &transfers.Protection{Kind: string(p.Kind), Code: p.Code, Days: p.Days}
}

func somebodyView(who transfers.Somebody) *model.Recipient {
	return &model.Recipient{DisplayName: who.Name, CertificateLevel: model.CertificateLevel(who.Level)}
}

func (r *Resolver) quoteView(ctx context.Context, q *transfers.Quote) *model.TransferQuote {
	if q == nil {
		return nil
	}
	currency := r.currencyView(ctx, string(q.Currency.Letter))
	return &model.TransferQuote{
		Amount: amountView(currency, q.Amount), Fee: amountView(currency, q.Fee), Total: amountView(currency, q.Total),
		Recipient: somebodyView(q.To), NeedsConfirmation: q.NeedsCode, Limits: r.limitsView(ctx, q.Currency, q.Limits),
	}
}

func (r *Resolver) limitsView(ctx context.Context, c money.Currency, limits []ledger.Limit) []*model.Limit {
	views := make([]*model.Limit, len(limits))
	for i, l := range limits {
		currency := r.currencyView(ctx, string(c.Letter))
		views[i] = &model.Limit{Period: model.LimitPeriod(l.Period), Used: amountView(currency, l.Used), ResetsAt: l.ResetsAt}
		if l.Total != nil {
			views[i].Total, views[i].Remaining = amountView(currency, *l.Total), amountView(currency, *l.Remaining())
		}
	}
	return views
}

func (r *Resolver) policyView(ctx context.Context, p transfers.Policy) *model.ConfirmationPolicy {
	currency := r.currencyView(ctx, string(p.Currency.Letter))
	return &model.ConfirmationPolicy{Currency: currency, WithoutCodeUpTo: amountView(currency, p.WithoutCodeUpTo)}
}

// direction is how the viewer sees a transfer. An operator who issued it is on neither side, and sees it go out.
func direction(viewer uuid.UUID, t models.Transfer) model.TransferDirection {
	switch {
	case t.FromAccountID == t.ToAccountID:
		return model.TransferDirectionInternal
	case t.ToAccountID == viewer:
		return model.TransferDirectionIncoming
	default:
		return model.TransferDirectionOutgoing
	}
}

func (r *Resolver) transferConnection(ctx context.Context, viewer uuid.UUID, views []transfers.View, info *model.PageInfo) *model.TransferConnection {
	connection := &model.TransferConnection{Edges: []*model.TransferEdge{}, Nodes: []*model.Transfer{}, PageInfo: info}
	for _, t := range views {
		view := r.transferView(ctx, viewer, t)
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.TransferEdge{Cursor: transferCursor(t), Node: view})
	}
	return connection
}

func transferCursor(t transfers.View) string { return transferCursorOf(t.ID) }
