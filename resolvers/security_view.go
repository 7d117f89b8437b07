package resolvers

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	"purser/graph/model"
	"purser/internal/changes"
	"purser/internal/sessions"
	"purser/models"
)

func securityEventView(e models.SecurityEvent) *model.SecurityEvent {
	view := &model.SecurityEvent{
		ID: globalID(kindSecurity, e.ID.String()), Kind: model.SecurityEventKind(e.Kind), OccurredAt: e.OccurredAt, Network: filled(e.Network),
		SessionID: e.SessionID, AccountID: e.AccountID,
	}
	if e.DevicePlatform != "" {
		view.Device = &model.Device{Name: e.DeviceName, Platform: model.Platform(e.DevicePlatform)}
	}
	return view
}

func securityCursor(e models.SecurityEvent) string {
	return globalID(kindSecurityCursor, e.ID.String())
}

func securityEventConnection(rows []models.SecurityEvent, info *model.PageInfo) *model.SecurityEventConnection {
	connection := &model.SecurityEventConnection{Edges: []*model.SecurityEventEdge{}, Nodes: []*model.SecurityEvent{}, PageInfo: info}
	for _, e := range rows {
		view := securityEventView(e)
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.SecurityEventEdge{Cursor: securityCursor(e), Node: view})
	}
	return connection
}

// sessionOf reads the session that did something; one that is not there is none.
func (r *Resolver) sessionOf(ctx context.Context, account uuid.UUID, session *uuid.UUID) (*model.Session, error) {
	if session == nil {
		return nil, nil //nolint:nilnil // nobody was signed in
	}
	found, err := loadersOf(ctx).sessions.Load(ctx, ownedID{account, *session})
	if errors.Is(err, dataloadgen.ErrNotFound) {
		return nil, nil //nolint:nilnil // it is not there
	}
	if err != nil {
		return nil, err
	}
	viewer, _ := sessions.Of(ctx)
	return sessionView(found.Session, found.Device, viewer.SessionID == *session), nil
}

func sessionIDs(ids []uuid.UUID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = globalID(kindSession, id.String())
	}
	return list
}

func whoOf(viewer sessions.Identity) changes.Who {
	return changes.Who{Account: viewer.Account.ID, Session: viewer.SessionID}
}

// accountOf shows an account, or nothing beside an error.
func accountOf(account models.Account, err error) *model.Account {
	if err != nil {
		return nil
	}
	return accountView(account)
}
