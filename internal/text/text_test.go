package text_test

import (
	"strings"
	"testing"

	"purser/internal/fault"
	"purser/internal/text"
)

func TestCleanKeepsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"  Анна  ": "Анна", "O'Brien-Ж": "O'Brien-Ж", "": "", "lunch 🍲": "lunch 🍲", "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧", "e\u0301": "\u00e9",
		strings.Repeat("ж", 10): strings.Repeat("ж", 10),
	} {
		if got, refusal := text.Clean(given, 10, "memo"); refusal != nil || got != want {
			t.Errorf("Clean(%q) = %q, %v", given, got, refusal)
		}
	}
}

func TestCleanRefusesWhatCannotBeShownOrStored(t *testing.T) {
	t.Parallel()
	for given, reason := range map[string]string{
		"a\x00b": fault.Malformed, "a\nb": fault.Malformed, "a\u2028b": fault.Malformed, "a\u2029b": fault.Malformed, "\xff": fault.Malformed, "\ufffd": fault.Malformed,
		"pay \u202eevil": fault.Malformed, "\u200b": fault.Malformed, "\u3164": fault.Malformed, strings.Repeat("ж", 11): fault.TooLong, strings.Repeat("x", 1<<20): fault.TooLong,
	} {
		if _, refusal := text.Clean(given, 10, "memo"); refusal == nil || refusal.Reason != reason || refusal.Field[0] != "memo" {
			t.Errorf("Clean(%.20q) is refused as %v, want %s", given, refusal, reason)
		}
	}
	for _, blank := range []string{"", "   ", "\u200d", "\u00a0", "\u0301"} {
		if _, refusal := text.Required(blank, 10, "name"); refusal == nil || refusal.Reason != fault.Required {
			t.Errorf("%q is refused as %v", blank, refusal)
		}
	}
}
