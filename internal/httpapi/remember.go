package httpapi

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
)

// Documents that are remembered: so many, and none that is larger. A parsed one takes five times its text and more, and strangers can send new ones for ever.
const (
	mostRemembered = 500
	mostToRemember = 8 << 10
)

// remembered keeps what is known of documents, the latest alone. What it is kept by, and the text that is kept, must be of bounded size.
type remembered[T any] struct {
	graphql.Cache[T]
	size func(T) int
}

// remember is for what is kept by the text of a document; size is that of what is kept, where it is a text itself.
func remember[T any](size func(T) int) remembered[T] {
	return remembered[T]{lru.New[T](mostRemembered), size}
}

// Add keeps what is small enough.
func (r remembered[T]) Add(ctx context.Context, key string, value T) {
	if len(key) <= mostToRemember && (r.size == nil || r.size(value) <= mostToRemember) {
		r.Cache.Add(ctx, key, value)
	}
}
