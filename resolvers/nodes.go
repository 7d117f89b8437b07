package resolvers

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/journal"
	"purser/internal/number"
	"purser/internal/sessions"
	"purser/internal/wallets"
)

// asked are the ids of one request, taken apart by kind.
type asked struct {
	wallets             []string
	transfers, sessions []uuid.UUID
	requests            []uuid.UUID
	security            []uuid.UUID
	contacts            []uuid.UUID
	entries             []wallets.EntryKey
}

// things finds what the viewer may see among some ids, each kind with a bounded number of queries. What does not exist and
// what is someone else's is the same nil.
func (r *Resolver) things(ctx context.Context, ids []string) ([]model.Node, error) {
	found := make([]model.Node, len(ids))
	viewer, ok := sessions.Of(ctx)
	if !ok {
		return found, nil
	}
	byID, err := r.thingsOf(ctx, viewer, readIDs(ids))
	if err != nil {
		return nil, err
	}
	self := accountView(viewer.Account)
	byID[self.ID] = self
	for i, id := range ids {
		found[i] = byID[id]
	}
	return found, nil
}

func readIDs(ids []string) asked {
	a := asked{}
	for _, id := range ids {
		if key, _ := localKey(id, kindWallet); number.ValidWallet(key) {
			a.wallets = append(a.wallets, key)
		}
		if key := localUUID(id, kindTransfer); key != uuid.Nil {
			a.transfers = append(a.transfers, key)
		}
		if key := localUUID(id, kindSession); key != uuid.Nil {
			a.sessions = append(a.sessions, key)
		}
		if key := localUUID(id, kindCertificateRequest); key != uuid.Nil {
			a.requests = append(a.requests, key)
		}
		if key := localUUID(id, kindSecurity); key != uuid.Nil {
			a.security = append(a.security, key)
		}
		if key := localUUID(id, kindContact); key != uuid.Nil {
			a.contacts = append(a.contacts, key)
		}
		key, _ := localKey(id, kindEntry)
		wallet, version, _ := strings.Cut(key, ":")
		if n, err := strconv.ParseInt(version, 10, 64); err == nil && number.ValidWallet(wallet) {
			a.entries = append(a.entries, wallets.EntryKey{WalletNumber: wallet, Version: n})
		}
	}
	return a
}

func (r *Resolver) thingsOf(ctx context.Context, viewer sessions.Identity, a asked) (map[string]model.Node, error) {
	byID := map[string]model.Node{}
	account := viewer.Account.ID
	if len(a.wallets) > 0 {
		rows, err := r.Wallets.ByNumber(ctx, account, a.wallets)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			view := r.walletView(ctx, row)
			byID[view.ID] = view
		}
	}
	if len(a.entries) > 0 {
		rows, err := r.Wallets.EntriesAt(ctx, account, a.entries)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			view := entryView(r.walletView(ctx, row.Wallet), row.Entry)
			byID[view.ID] = view
		}
	}
	if len(a.transfers) > 0 {
		rows, err := r.Transfers.FindMany(ctx, account, a.transfers)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			view := r.transferView(ctx, account, row)
			byID[view.ID] = view
		}
	}
	if len(a.requests) > 0 {
		rows, err := r.Certificates.FindMany(ctx, account, a.requests)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			view := requestView(row, nil)
			byID[view.ID] = view
		}
	}
	if len(a.security) > 0 {
		rows, err := journal.FindMany(ctx, r.DB, account, a.security)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			view := securityEventView(row)
			byID[view.ID] = view
		}
	}
	if len(a.contacts) > 0 {
		rows, err := r.Contacts.FindMany(ctx, account, a.contacts)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			view := contactView(row)
			byID[view.ID] = view
		}
	}
	if len(a.sessions) > 0 {
		rows, err := r.Sessions.FindMany(ctx, account, a.sessions)
		if err != nil {
			return nil, err
		}
		for id, row := range rows {
			view := sessionView(row.Session, row.Device, id == viewer.SessionID)
			byID[view.ID] = view
		}
	}
	return byID, nil
}
