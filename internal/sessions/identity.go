package sessions

import (
	"context"

	"purser/internal/fault"
)

type identityKey struct{}

// WithIdentity puts who makes a request into its context.
func WithIdentity(ctx context.Context, identity Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, identity)
}

// Of reads who makes the request; ok is false for nobody.
func Of(ctx context.Context) (identity Identity, ok bool) {
	identity, ok = ctx.Value(identityKey{}).(Identity)
	return identity, ok
}

// Require is Of for what needs someone. Faults: Unauthenticated.
func Require(ctx context.Context) (Identity, error) {
	identity, ok := Of(ctx)
	if !ok {
		return Identity{}, fault.New(fault.Unauthenticated)
	}
	return identity, nil
}
