package main

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/graph/generated"
	"purser/graph/model"
)

// empty is createTransfer that moves nothing: what HTTP and GraphQL take by themselves on this machine, with no token looked at, no rule and no
// database. It serves from this process, as the load is made in it: nothing crosses from one to the other.
type empty struct {
	server *http.Server
	wires  []*wire
	moved  atomic.Int64
}

func newEmpty(_ context.Context, w *world, _ string) (contender, error) {
	e := &empty{}
	graphql := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: noRooms{moved: &e.moved}}))
	graphql.AddTransport(transport.POST{})
	graphql.SetQueryCache(lru.New[*ast.QueryDocument](1))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e.server = &http.Server{Handler: graphql, ReadHeaderTimeout: time.Minute}
	go func() { _ = e.server.Serve(listener) }() // until it is closed
	for range mostClients {
		wire := newWire(listener.Addr().String(), "of nobody")
		wire.ends = []byte("}}")
		e.wires = append(e.wires, wire)
	}
	return e, nil
}

func (e *empty) name() string   { return "(d) empty createTransfer" }
func (e *empty) serverPID() int { return 0 }

func (e *empty) move(ctx context.Context, client, from, to int) error {
	return e.wires[client].send(ctx, "Z000000000000", "Z000000000000")
}

func (e *empty) allocations(context.Context) (uint64, error) { return ownAllocations(), nil }
func (e *empty) stored(context.Context) (int, error)         { return int(e.moved.Load()), nil }
func (e *empty) check(context.Context) error                 { return nil }

func (e *empty) close() {
	for _, w := range e.wires {
		w.close()
	}
	_ = e.server.Close()
}

// noRooms resolves createTransfer, and nothing else.
type noRooms struct {
	generated.ResolverRoot
	generated.MutationResolver
	moved *atomic.Int64
}

func (n noRooms) Mutation() generated.MutationResolver { return n }

func (n noRooms) CreateTransfer(context.Context, model.CreateTransferInput) (*model.CreateTransferPayload, error) {
	n.moved.Add(1)
	return &model.CreateTransferPayload{Transfer: &model.Transfer{ID: uuid.NewString(), Status: model.TransferStatusCompleted}, UserErrors: []model.UserError{}}, nil
}
