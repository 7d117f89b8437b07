package resolvers

import (
	"purser/graph/model"
	"purser/internal/accounts"
	"purser/internal/contacts"
)

func blockedView(b contacts.Blocked) *model.BlockedAccount {
	return &model.BlockedAccount{Wmid: b.Account.WMID, DisplayName: accounts.MaskedName(b.Account.FirstName, b.Account.LastName), Since: b.Since}
}
