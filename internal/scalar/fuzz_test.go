package scalar

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"purser/internal/fault"
)

// FuzzScalars reads what a client may send for a scalar, in any of the forms in which a document or a variable brings it. It is refused as BAD_USER_INPUT, or it
// is text of bounded length, and what is written of it is JSON that is read as the same.
func FuzzScalars(f *testing.F) {
	for _, text := range []string{"", "a", "2026-11-24T12:00:00Z", "2026-11-24T12:00:00.123456789+14:00", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z",
		"00000000-0000-4000-8000-000000000000", "{00000000-0000-4000-8000-000000000000}", "urn:uuid:00000000-0000-4000-8000-000000000000", "\x00", "\xff", "\u2028</script>", `"\`, "1e400", "-0"} {
		f.Add(text, byte(0))
		f.Add(text, byte(1))
	}
	f.Fuzz(func(t *testing.T, text string, form byte) {
		var value any = text
		switch form % 5 {
		case 1:
			value = json.Number(text)
		case 2:
			value, _ = strconv.ParseInt(text, 10, 64)
		case 3:
			value = []any{text}
		case 4:
			value = map[string]any{text: nil}
		}
		again(t, value, UnmarshalTyped, MarshalTyped)
		again(t, value, UnmarshalString, MarshalString)
		again(t, value, UnmarshalUUID, MarshalUUID)
		read, err := UnmarshalDateTime(value)
		if err == nil && read.Year() >= 0 && read.UTC().Year() >= 0 && read.UTC().Year() <= 9999 {
			again(t, value, UnmarshalDateTime, MarshalDateTime)
		}
		if got, err := UnmarshalString(value); err == nil && (got != text || form%5 != 0 || len(text) > stringLongest || !utf8.ValidString(text)) {
			t.Fatalf("%#v is read as %q", value, got)
		}
	})
}

func again[T any](t *testing.T, value any, read func(any) (T, error), write func(T) graphql.Marshaler) {
	t.Helper()
	first, err := read(value)
	if err != nil {
		if !fault.Is(err, fault.BadUserInput) {
			t.Fatalf("%#v is refused with %v", value, err)
		}
		return
	}
	var written, twice bytes.Buffer
	write(first).MarshalGQL(&written)
	var text string
	if err := json.Unmarshal(written.Bytes(), &text); err != nil {
		t.Fatalf("%#v is written as %s: %v", value, written.Bytes(), err)
	}
	second, err := read(text)
	if err != nil {
		t.Fatalf("%#v is written as %s, which is refused: %v", value, written.Bytes(), err)
	}
	if write(second).MarshalGQL(&twice); twice.String() != written.String() {
		t.Fatalf("%s is written again as %s", written.Bytes(), twice.Bytes())
	}
}
