// Package request carries what is known of the request being answered: its id, which stands in the log and in the
// response, the address it came from and the language its sender reads.
package request

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/locale"
)

// Info is what is known of a request.
type Info struct {
	ID          string
	IP          string
	Session     uuid.UUID // of the app that asks; none for nobody
	Locale      locale.Locale
	DeviceTrust string // what a browser keeps of being trusted, where its scripts cannot read it; empty for apps
	HasLocale   bool   // false when the sender named no language: then the account's own setting decides
}

type key struct{}

// With puts the facts into a context.
func With(ctx context.Context, info Info) context.Context { return context.WithValue(ctx, key{}, info) }

// Of reads them; outside a request they are empty and English.
func Of(ctx context.Context) Info {
	info, ok := ctx.Value(key{}).(Info)
	if !ok {
		return Info{Locale: locale.EN}
	}
	return info
}
