package resolvers

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/internal/operators"
	"purser/internal/sessions"
	"purser/models"
)

// movedFunds is what an operator is shown of an amount.
type movedFunds struct {
	transfer   *model.Transfer
	request    *model.OperatorRequest
	replayed   bool
	userErrors []model.UserError
}

// moveFunds lets an operator issue or redeem money, and shows the transfer, or the request that it became.
func (r *Resolver) moveFunds(ctx context.Context,
	move func(context.Context, models.Account, operators.FundsRequest) (operators.Moved, error), funds operators.FundsRequest,
) (shown movedFunds, err error) {
	viewer, err := sessions.Require(ctx)
	if err != nil {
		return shown, err
	}
	moved, err := move(ctx, viewer.Account, funds)
	if err == nil && moved.Request != nil {
		shown.request = r.operatorRequestView(ctx, *moved.Request)
	}
	if err == nil && moved.Transfer.ID != uuid.Nil {
		shown.transfer, err = r.loadTransfer(ctx, viewer.Account.ID, moved.Transfer.ID)
	}
	shown.replayed = moved.Replayed
	shown.userErrors, err = r.refused(ctx, err)
	return shown, err
}

func (r *Resolver) operatorRequestView(ctx context.Context, q operators.Request) *model.OperatorRequest {
	return &model.OperatorRequest{
		ID: globalID(kindOperatorRequest, q.ID.String()), Kind: model.TransferKind(q.Kind), Status: model.OperatorRequestStatus(q.Status),
		WalletNumber: q.WalletNumber, Wmid: q.WMID, Amount: amountView(r.currencyView(ctx, q.Currency), q.Amount), Reference: q.Reference,
		Operator: q.AskedBy, CreatedAt: q.CreatedAt, ExpiresAt: q.ExpiresAt, DecidedBy: filled(q.DecidedWMID), DecidedAt: q.DecidedAt, Reason: filled(q.Reason),
	}
}

// decidedOf shows a request that was decided, or what kept it from being.
func (r *Resolver) decidedOf(ctx context.Context, q operators.Request, err error) (*model.OperatorRequest, []model.UserError, error) {
	var view *model.OperatorRequest
	if err == nil {
		view = r.operatorRequestView(ctx, q)
	}
	userErrors, err := r.refused(ctx, err)
	return view, userErrors, err
}

func (r *Resolver) operatorRequestConnection(ctx context.Context, rows []operators.Request, info *model.PageInfo) *model.OperatorRequestConnection {
	connection := &model.OperatorRequestConnection{Edges: []*model.OperatorRequestEdge{}, Nodes: []*model.OperatorRequest{}, PageInfo: info}
	for _, row := range rows {
		view := r.operatorRequestView(ctx, row)
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.OperatorRequestEdge{Cursor: operatorRequestCursor(row), Node: view})
	}
	return connection
}

func operatorRequestCursor(q operators.Request) string {
	return globalID(kindRequestCursor, q.ID.String())
}

// operatorAccountOf shows an account to an operator, or nothing beside an error.
func operatorAccountOf(a models.Account, err error) *model.OperatorAccount {
	if err != nil {
		return nil
	}
	view := &model.OperatorAccount{
		AccountID: a.ID, Wmid: a.WMID, Status: model.AccountStatus(a.Status), FrozenByOperator: a.IsFrozenByOperator(), IsOperator: a.IsOperator(),
		CertificateLevel: model.CertificateLevel(a.CertificateLevel), CreatedAt: a.CreatedAt, EmailVerified: a.EmailVerifiedAt != nil,
		ClosesAt: a.ClosesAt, TransfersHeldUntil: a.TransfersHeldUntil,
	}
	if a.Phone != nil {
		view.MaskedPhone = filled(delivery.Masked(*a.Phone))
	}
	if a.Email != nil {
		view.MaskedEmail = filled(delivery.Masked(*a.Email))
	}
	return view
}

func (r *Resolver) operatorWalletView(ctx context.Context, w models.Wallet) *model.OperatorWallet {
	return &model.OperatorWallet{Number: w.Number, Balance: amountView(r.currencyView(ctx, w.Currency), w.Balance), IsDefault: w.IsDefault,
		OpenedAt: w.OpenedAt, ClosedAt: w.ClosedAt}
}

func operatorLogConnection(rows []operators.LogLine, info *model.PageInfo) *model.OperatorLogConnection {
	connection := &model.OperatorLogConnection{Edges: []*model.OperatorLogEdge{}, Nodes: []*model.OperatorLogEntry{}, PageInfo: info}
	for _, row := range rows {
		view := &model.OperatorLogEntry{OccurredAt: row.CreatedAt, Operator: row.OperatorWMID, Action: model.OperatorActionKind(row.Action),
			Subject: filled(row.Subject), Details: filled(row.Details), Reason: filled(row.Reference), RequestID: row.RequestID}
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.OperatorLogEdge{Cursor: operatorLogCursor(row), Node: view})
	}
	return connection
}

func operatorLogCursor(l operators.LogLine) string {
	return globalID(kindLogCursor, strconv.FormatInt(l.CreatedAt.UnixMicro(), 10), l.ID.String())
}

// readLogCursor reads a cursor of the operators' log; nil stays nil.
func readLogCursor(cursor *string) (*operators.LogPlace, error) {
	if cursor == nil {
		return nil, nil //nolint:nilnil // no cursor is no mistake
	}
	key, _ := localKey(*cursor, kindLogCursor)
	at, id, _ := strings.Cut(key, ":")
	micros, err := readNumber(at)
	parsed, wrong := uuid.Parse(id)
	if err != nil || wrong != nil {
		return nil, fault.New(fault.BadUserInput)
	}
	return &operators.LogPlace{At: time.UnixMicro(micros), ID: parsed}, nil
}

// sessionNamed reads the id of a session that may be named; one that is none of ours reads as that of a session that is not there.
func sessionNamed(id *string) *uuid.UUID {
	if id == nil {
		return nil
	}
	session := localUUID(*id, kindSession)
	return &session
}

// pointed is the zero value for nil.
func pointed[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}
