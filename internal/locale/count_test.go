package locale_test

import (
	"testing"

	"purser/internal/locale"
)

func TestACountDoesNotHideASentenceWithoutPlurals(t *testing.T) {
	t.Parallel()
	for _, l := range []locale.Locale{locale.EN, locale.RU} {
		want := l.Text("OVERLOADED", nil)
		for _, count := range []int{1, 2, 5} {
			if got := l.Text("OVERLOADED", map[string]any{"Count": count}); got != want || got == "OVERLOADED" {
				t.Errorf("%s, %d: %q, want %q", l, count, got, want)
			}
		}
		if !l.Has("INVALID_PHONE") || l.Has("NO_SUCH_SENTENCE") {
			t.Errorf("%s does not know which sentences it has", l)
		}
	}
}
