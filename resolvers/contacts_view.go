package resolvers

import (
	"purser/graph/model"
	"purser/internal/accounts"
	"purser/internal/contacts"
)

func blockedView(b contacts.Blocked) *model.BlockedAccount {
	return &model.BlockedAccount{Wmid: b.Account.WMID, DisplayName: accounts.MaskedName(b.Account.FirstName, b.Account.LastName), Since: b.Since}
}

func contactView(c contacts.Contact) *model.Contact {
	return &model.Contact{ID: globalID(kindContact, c.ID.String()), Name: c.Name, DisplayName: c.DisplayName(), Wmid: c.WMID, WalletNumber: c.WalletNumber,
		CreatedAt: c.CreatedAt, LastTransferAt: c.PaidAt}
}

// contactViewOf is the contact that a mutation answers with, or none.
func contactViewOf(c contacts.Contact, err error) *model.Contact {
	if err != nil {
		return nil
	}
	return contactView(c)
}

func contactConnection(rows []contacts.Contact, info *model.PageInfo) *model.ContactConnection {
	connection := &model.ContactConnection{Edges: []*model.ContactEdge{}, Nodes: []*model.Contact{}, PageInfo: info}
	for _, c := range rows {
		view := contactView(c)
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.ContactEdge{Cursor: contactCursor(c), Node: view})
	}
	return connection
}

func contactCursor(c contacts.Contact) string { return globalID(kindContactCursor, c.ID.String()) }
