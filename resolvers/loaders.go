package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	"purser/internal/transfers"
	"purser/models"
)

// loaders gather what the fields of one response ask for, so that a list of a hundred things costs one query and not a
// hundred. They live for one response: an event that comes later reads anew.
type loaders struct {
	transfers *dataloadgen.Loader[ownedID, transfers.View]
	wallets   *dataloadgen.Loader[ownedNumber, models.Wallet]
	accounts  *dataloadgen.Loader[uuid.UUID, models.Account]
}

// A thing is always read for someone: what is not theirs is not found.
type ownedID struct{ account, id uuid.UUID }

type ownedNumber struct {
	account uuid.UUID
	number  string
}

type loadersKey struct{}

// Loaders gives each response its own loaders.
func (r *Resolver) Loaders(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(context.WithValue(ctx, loadersKey{}, &loaders{
		transfers: dataloadgen.NewMappedLoader(r.loadTransfers),
		wallets:   dataloadgen.NewMappedLoader(r.loadWallets),
		accounts:  dataloadgen.NewMappedLoader(r.Accounts.FindMany),
	}))
}

func loadersOf(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(*loaders) }

func (r *Resolver) loadTransfers(ctx context.Context, keys []ownedID) (map[ownedID]transfers.View, error) {
	byAccount := map[uuid.UUID][]uuid.UUID{}
	for _, k := range keys {
		byAccount[k.account] = append(byAccount[k.account], k.id)
	}
	loaded := make(map[ownedID]transfers.View, len(keys))
	for account, ids := range byAccount {
		found, err := r.Transfers.FindMany(ctx, account, ids)
		if err != nil {
			return nil, err
		}
		for id, view := range found {
			loaded[ownedID{account, id}] = view
		}
	}
	return loaded, nil
}

func (r *Resolver) loadWallets(ctx context.Context, keys []ownedNumber) (map[ownedNumber]models.Wallet, error) {
	byAccount := map[uuid.UUID][]string{}
	for _, k := range keys {
		byAccount[k.account] = append(byAccount[k.account], k.number)
	}
	loaded := make(map[ownedNumber]models.Wallet, len(keys))
	for account, numbers := range byAccount {
		found, err := r.Wallets.ByNumber(ctx, account, numbers)
		if err != nil {
			return nil, err
		}
		for number, wallet := range found {
			loaded[ownedNumber{account, number}] = wallet
		}
	}
	return loaded, nil
}
