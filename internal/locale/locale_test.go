package locale_test

import (
	"encoding/json"
	"os"
	"testing"

	"purser/internal/fault"
	"purser/internal/locale"
)

func TestBothLanguagesHaveTheSameSentences(t *testing.T) {
	t.Parallel()
	en, ru := ids(t, "en.json"), ids(t, "ru.json")
	for id := range en {
		if !ru[id] {
			t.Errorf("%s has no Russian sentence", id)
		}
	}
	for id := range ru {
		if !en[id] {
			t.Errorf("%s has no English sentence", id)
		}
	}
	codes := append([]fault.Code{fault.Unauthenticated, fault.BadUserInput, fault.Overloaded, fault.Internal}, fault.UserCodes...)
	for _, code := range codes {
		if !en[string(code)] {
			t.Errorf("the code %s has no sentence", code)
		}
	}
}

func TestPluralsAreRight(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]string{
		1: "Неверный код. Осталась 1 попытка.", 2: "Неверный код. Осталось 2 попытки.",
		5: "Неверный код. Осталось 5 попыток.", 0: "Неверный код. Осталось 0 попыток.",
	} {
		if got := locale.RU.Text("CODE_REJECTED", map[string]any{"Count": count}); got != want {
			t.Errorf("%d: %q, want %q", count, got, want)
		}
	}
	if got := locale.EN.Text("CODE_REJECTED", map[string]any{"Count": 1}); got != "This code is wrong. 1 attempt is left." {
		t.Error(got)
	}
}

func TestAcceptLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]locale.Locale{"ru": locale.RU, "ru-RU,ru;q=0.9,en;q=0.8": locale.RU, "de, en;q=0.5": locale.EN, "fr": locale.EN} {
		if got, ok := locale.Of(header); !ok || got != want {
			t.Errorf("%q is read as %s, %t; want %s", header, got, ok, want)
		}
	}
	for _, header := range []string{"", "%%%"} {
		if _, ok := locale.Of(header); ok {
			t.Errorf("%q is read as a language", header)
		}
	}
}

func ids(t *testing.T, file string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var sentences map[string]any
	if err := json.Unmarshal(text, &sentences); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for id := range sentences {
		found[id] = true
	}
	return found
}
