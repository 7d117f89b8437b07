package resolvers

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	"purser/internal/sessions"
	"purser/internal/transfers"
	"purser/internal/wallets"
	"purser/models"
)

// loaders gather what the fields of one response ask for, so that a list of a hundred things costs one query and not a
// hundred. They live for one response: an event that comes later reads anew.
type loaders struct {
	transfers *dataloadgen.Loader[ownedID, transfers.View]
	wallets   *dataloadgen.Loader[ownedNumber, models.Wallet]
	accounts  *dataloadgen.Loader[uuid.UUID, models.Account]
	sessions  *dataloadgen.Loader[ownedID, sessions.SessionOf]
	entries   *dataloadgen.Loader[statement, []models.Entry]
	messages  *dataloadgen.Loader[uuid.UUID, string] // what became of them
}

// A thing is always read for someone: what is not theirs is not found.
type ownedID struct{ account, id uuid.UUID }

type ownedNumber struct {
	account uuid.UUID
	number  string
}

// statement is a part of one wallet's statement.
type statement struct {
	wallet int64
	span   wallets.Span
}

type loadersKey struct{}

// gatherFor is how long a loader waits for more of the same kind. The fields of a list ask within microseconds of each other; the
// library's own 16 ms were nearly all the time that a page took.
const gatherFor = time.Millisecond

// Loaders gives each response its own loaders, once a field asks for one: most answers to mutations need none.
func (r *Resolver) Loaders(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(context.WithValue(ctx, loadersKey{}, sync.OnceValue(r.newLoaders)))
}

func (r *Resolver) newLoaders() *loaders {
	gather := dataloadgen.WithWait(gatherFor)
	return &loaders{
		transfers: dataloadgen.NewMappedLoader(r.loadTransfers, gather),
		wallets:   dataloadgen.NewMappedLoader(r.loadWallets, gather),
		accounts:  dataloadgen.NewMappedLoader(r.Accounts.FindMany, gather),
		sessions:  dataloadgen.NewMappedLoader(r.loadSessions, gather),
		entries:   dataloadgen.NewMappedLoader(r.loadEntries, gather),
		messages:  dataloadgen.NewMappedLoader(r.Delivery.States, gather),
	}
}

func loadersOf(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(func() *loaders)() }

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

func (r *Resolver) loadSessions(ctx context.Context, keys []ownedID) (map[ownedID]sessions.SessionOf, error) {
	byAccount := map[uuid.UUID][]uuid.UUID{}
	for _, k := range keys {
		byAccount[k.account] = append(byAccount[k.account], k.id)
	}
	loaded := make(map[ownedID]sessions.SessionOf, len(keys))
	for account, ids := range byAccount {
		found, err := r.Sessions.FindMany(ctx, account, ids)
		if err != nil {
			return nil, err
		}
		for id, session := range found {
			loaded[ownedID{account, id}] = session
		}
	}
	return loaded, nil
}

// loadEntries reads the statements of many wallets together, if the same part is asked of each, as a list of wallets does.
func (r *Resolver) loadEntries(ctx context.Context, keys []statement) (map[statement][]models.Entry, error) {
	bySpan := map[wallets.Span][]int64{}
	for _, k := range keys {
		bySpan[k.span] = append(bySpan[k.span], k.wallet)
	}
	loaded := make(map[statement][]models.Entry, len(keys))
	for span, ids := range bySpan {
		found, err := r.Wallets.EntriesOf(ctx, ids, span)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			loaded[statement{id, span}] = found[id]
		}
	}
	return loaded, nil
}
