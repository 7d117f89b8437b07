package resolvers

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/sessions"
	"purser/models"
)

func eventCursor(e models.Event) string { return eventCursorOf(e.AccountID, e.Seq) }

func transferReceivedView(e models.Event) *model.TransferReceived {
	return &model.TransferReceived{ID: eventID(e), Cursor: eventCursor(e), OccurredAt: e.OccurredAt, Subject: e.Subject, AccountID: e.AccountID}
}

func eventID(e models.Event) string {
	return globalID(kindEvent, e.AccountID.String(), strconv.FormatInt(e.Seq, 10))
}

// eventView picks the schema's type for an event. The thing it is about is read when it is asked for.
func eventView(e models.Event) model.AccountEvent {
	id, cursor := eventID(e), eventCursor(e)
	switch e.Kind {
	case models.EventTransferReceived:
		return transferReceivedView(e)
	case models.EventTransferSent:
		return &model.TransferSent{ID: id, Cursor: cursor, OccurredAt: e.OccurredAt, Subject: e.Subject, AccountID: e.AccountID}
	case models.EventTransferUpdated:
		return &model.TransferUpdated{ID: id, Cursor: cursor, OccurredAt: e.OccurredAt, Subject: e.Subject, AccountID: e.AccountID}
	case models.EventWalletOpened:
		return &model.WalletOpened{ID: id, Cursor: cursor, OccurredAt: e.OccurredAt, Subject: e.Subject, AccountID: e.AccountID}
	case models.EventSessionOpened:
		return &model.SessionOpened{ID: id, Cursor: cursor, OccurredAt: e.OccurredAt, Subject: e.Subject, AccountID: e.AccountID}
	default:
		return &model.AccountChanged{ID: id, Cursor: cursor, OccurredAt: e.OccurredAt, AccountID: e.AccountID}
	}
}

// eventTransfer reads the transfer an event is about, for the account that was told.
func (r *Resolver) eventTransfer(ctx context.Context, account uuid.UUID, subject string) (*model.Transfer, error) {
	id, err := uuid.Parse(subject)
	if err != nil {
		return nil, err
	}
	return r.loadTransfer(ctx, account, id)
}

func (r *Resolver) loadTransfer(ctx context.Context, account, id uuid.UUID) (*model.Transfer, error) {
	view, err := loadersOf(ctx).transfers.Load(ctx, ownedID{account, id})
	if err != nil {
		return nil, err
	}
	return r.transferView(ctx, account, view), nil
}

// listen subscribes an account to its events and turns each that the caller wants into a view. The channel closes with ctx.
func listen[View any](ctx context.Context, r *Resolver, account uuid.UUID, after *string, view func(models.Event) (View, bool)) (<-chan View, error) {
	from, err := r.startOf(ctx, account, after)
	if err != nil {
		return nil, err
	}
	news := r.Hub.Subscribe(ctx, account, from)
	out := make(chan View)
	go func() {
		defer close(out)
		for event := range news {
			wanted, ok := view(event)
			if !ok {
				continue
			}
			select {
			case out <- wanted:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// startOf is the number of the event that a subscription starts behind: the cursor's, or the newest there is.
func (r *Resolver) startOf(ctx context.Context, account uuid.UUID, after *string) (int64, error) {
	head, err := events.Head(ctx, r.DB, account)
	if err != nil || after == nil {
		return head, err
	}
	from, err := readEventCursor(account, after)
	if err == nil && from > head {
		err = fault.New(fault.BadUserInput) // of another database, say: waiting behind it would lose what comes
	}
	return from, err
}

// loadSession reads the session an event is about.
func (r *Resolver) loadSession(ctx context.Context, account uuid.UUID, subject string) (*model.Session, error) {
	id, err := uuid.Parse(subject)
	if err != nil {
		return nil, err
	}
	found, err := loadersOf(ctx).sessions.Load(ctx, ownedID{account, id})
	if err != nil {
		return nil, err
	}
	viewer, _ := sessions.Of(ctx)
	return sessionView(found.Session, found.Device, viewer.SessionID == id), nil
}

func eventConnection(account uuid.UUID, rows []models.Event, info *model.PageInfo, head int64) *model.AccountEventConnection {
	connection := &model.AccountEventConnection{
		Edges: []*model.AccountEventEdge{}, Nodes: []model.AccountEvent{}, PageInfo: info, HeadCursor: eventCursorOf(account, head),
	}
	for _, e := range rows {
		view := eventView(e)
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.AccountEventEdge{Cursor: eventCursor(e), Node: view})
	}
	return connection
}
