package resolvers

import (
	"context"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/ledger"
	"purser/internal/operators"
	"purser/internal/sessions"
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
	}
	if t.Status == models.TransferAwaitingConfirmation {
		view.ConfirmBy = t.ConfirmBy
	}
	return view
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

// moveFunds lets an operator issue or redeem money, and shows the transfer.
func (r *Resolver) moveFunds(ctx context.Context,
	move func(context.Context, models.Account, operators.FundsRequest) (ledger.Outcome, error), funds operators.FundsRequest,
) (view *model.Transfer, replayed bool, userErrors []model.UserError, err error) {
	viewer, err := sessions.Require(ctx)
	if err != nil {
		return nil, false, nil, err
	}
	outcome, err := move(ctx, viewer.Account, funds)
	if err == nil {
		view, err = r.loadTransfer(ctx, viewer.Account.ID, outcome.Transfer.ID)
	}
	userErrors, err = r.refused(ctx, err)
	return view, outcome.Replayed, userErrors, err
}
