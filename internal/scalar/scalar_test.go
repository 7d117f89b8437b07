package scalar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/scalar"
)

// strangers are values that clients send where a string belongs.
var strangers = []any{nil, true, 12, int64(12), 12.5, json.Number("12"), []any{"a"}, map[string]any{"a": "b"}, "\xff", strings.Repeat("x", 8193)}

func TestOnlyStringsAreStrings(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(any) error{
		"typed":    func(v any) error { _, err := scalar.UnmarshalTyped(v); return err },
		"String":   func(v any) error { _, err := scalar.UnmarshalString(v); return err },
		"DateTime": func(v any) error { _, err := scalar.UnmarshalDateTime(v); return err },
		"UUID":     func(v any) error { _, err := scalar.UnmarshalUUID(v); return err },
	} {
		for _, v := range strangers {
			if err := read(v); !fault.Is(err, fault.BadUserInput) {
				t.Errorf("%s takes %T %.20v: %v", name, v, v, err)
			} else if text, ok := v.(string); ok && strings.Contains(err.Error(), text) {
				t.Errorf("%s echoes what it was given", name)
			}
		}
	}
}

func TestTypedTakesAnyShortString(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " 1", "1e3", "NaN", "+7 900", "ж", "\x00", strings.Repeat("x", 320)} {
		if got, err := scalar.UnmarshalTyped(text); err != nil || got != text {
			t.Errorf("UnmarshalTyped(%.20q) = %.20q, %v", text, got, err)
		}
	}
	if _, err := scalar.UnmarshalTyped(strings.Repeat("x", 321)); !fault.Is(err, fault.BadUserInput) {
		t.Errorf("a long string is answered %v", err)
	}
	long := strings.Repeat("x", 8192)
	if got, err := scalar.UnmarshalString(long); err != nil || got != long {
		t.Errorf("UnmarshalString refuses a memo: %v", err)
	}
}

func TestDateTimeIsRFC3339(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 123456789, time.FixedZone("", 3*60*60))
	if got, want := marshalled(scalar.MarshalDateTime(noon)), `"2026-03-01T09:00:00.123456Z"`; got != want {
		t.Errorf("written as %s, want %s", got, want)
	}
	for text, want := range map[string]time.Time{
		"2026-03-01T12:00:00.123456789+03:00": noon, "2026-03-01T09:00:00.123456789Z": noon, "2026-03-01T09:00:00Z": noon.Truncate(time.Second),
	} {
		if got, err := scalar.UnmarshalDateTime(text); err != nil || !got.Equal(want) {
			t.Errorf("%s is read as %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2026-03-01", "2026-03-01 12:00:00Z", "2026-02-30T12:00:00Z", "2026-03-01T12:00:00", "now", "1772366400"} {
		if _, err := scalar.UnmarshalDateTime(text); !fault.Is(err, fault.BadUserInput) {
			t.Errorf("%q is answered %v", text, err)
		}
	}
}

func TestUUIDHasOneForm(t *testing.T) {
	t.Parallel()
	const text = "0197a5c1-7d3e-7b6a-9c4d-1f2e3a4b5c6d"
	want := uuid.MustParse(text)
	if got := marshalled(scalar.MarshalUUID(want)); got != `"`+text+`"` {
		t.Errorf("written as %s", got)
	}
	for _, form := range []string{text, strings.ToUpper(text)} {
		if got, err := scalar.UnmarshalUUID(form); err != nil || got != want {
			t.Errorf("%s is read as %s, %v", form, got, err)
		}
	}
	for _, form := range []string{"", "x", "{" + text + "}", "urn:uuid:" + text, strings.ReplaceAll(text, "-", ""), text + " ", text[:35] + "g"} {
		if _, err := scalar.UnmarshalUUID(form); !fault.Is(err, fault.BadUserInput) {
			t.Errorf("%q is answered %v", form, err)
		}
	}
}

func TestStringsAreWrittenSafely(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a\"b\\c", "line\nbreak", "ж🍲", "\x00", "\u2028"} {
		for _, written := range []string{marshalled(scalar.MarshalTyped(text)), marshalled(scalar.MarshalString(text))} {
			var back string
			if err := json.Unmarshal([]byte(written), &back); err != nil || back != text {
				t.Errorf("%q is written as %s, %v", text, written, err)
			}
		}
	}
}

func marshalled(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}
