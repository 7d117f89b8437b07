// Package scalar reads and writes the API's scalars. What people type is taken as a string of bounded length and judged by
// the rooms, so that a typing error is answered with its field; anything but a string in its place is BAD_USER_INPUT.
package scalar

import (
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"purser/internal/fault"
)

const (
	typedLongest  = 320 // an e-mail address may have 254 characters; nothing else that is typed is longer
	stringLongest = 8192
)

// MarshalTyped writes a string.
func MarshalTyped(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalTyped reads any short string.
func UnmarshalTyped(v any) (string, error) { return short(v, typedLongest) }

// MarshalString writes a string.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads a string; unlike gqlgen's own it takes no numbers for it.
func UnmarshalString(v any) (string, error) { return short(v, stringLongest) }

// MarshalDateTime writes a time as RFC 3339 in UTC with microseconds, which is what the database keeps.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(t.UTC().Format("2006-01-02T15:04:05.000000Z07:00")))
	})
}

// UnmarshalDateTime reads RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, err := short(v, typedLongest)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fault.New(fault.BadUserInput)
	}
	return t, nil
}

// MarshalUUID writes a UUID in its usual form.
func MarshalUUID(id uuid.UUID) graphql.Marshaler { return graphql.MarshalString(id.String()) }

// UnmarshalUUID reads a UUID in its usual form of 36 characters.
func UnmarshalUUID(v any) (uuid.UUID, error) {
	text, err := short(v, typedLongest)
	if err != nil {
		return uuid.UUID{}, err
	}
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.UUID{}, fault.New(fault.BadUserInput)
	}
	return id, nil
}

func short(v any, longest int) (string, error) {
	text, ok := v.(string)
	if !ok || len(text) > longest || !utf8.ValidString(text) {
		return "", fault.New(fault.BadUserInput)
	}
	return text, nil
}
