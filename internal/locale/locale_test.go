package locale_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/money"
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
	if got := locale.EN.Text("CODE_REJECTED", map[string]any{"Count": 1}); got != "Wrong code. 1 attempt left." {
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

// TestSumsAreWrittenAsTheLanguageDoes fills a sentence with an amount.
func TestSumsAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	dollars := money.Currency{Code: "WMZ", Exponent: 2}
	for minor, want := range map[int64][2]string{
		0: {"0.00 WMZ", "0,00 WMZ"}, 123: {"1.23 WMZ", "1,23 WMZ"}, 99_999: {"999.99 WMZ", "999,99 WMZ"},
		100_000: {"1,000.00 WMZ", "1\u00a0000,00 WMZ"}, 123_456_789_012: {"1,234,567,890.12 WMZ", "1\u00a0234\u00a0567\u00a0890,12 WMZ"}, -100_050: {"-1,000.50 WMZ", "-1\u00a0000,50 WMZ"},
	} {
		values := map[string]any{"Balance": money.Amount{Minor: minor, Currency: dollars}}
		if got := locale.EN.Text("WALLET_NOT_EMPTY", values); !strings.Contains(got, " "+want[0]) {
			t.Errorf("%d: %q, want %q in it", minor, got, want[0])
		}
		if got := locale.RU.Text("WALLET_NOT_EMPTY", values); !strings.Contains(got, "есть "+want[1]+".") {
			t.Errorf("%d: %q, want %q in it", minor, got, want[1])
		}
	}
	gold := money.Amount{Minor: 1_234, Currency: money.Currency{Code: "WMX"}}
	if got := gold.Written(",", "."); got != "1,234 WMX" {
		t.Error(got)
	}
}

// TestAWaitIsToldInUnitsThatPeopleCount looks at both sides of where they change.
func TestAWaitIsToldInUnitsThatPeopleCount(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{
		time.Millisecond: "через 1 секунду.", 119 * time.Second: "через 119 секунд.", 2 * time.Minute: "через 2 минуты.", 2*time.Minute + time.Second: "через 3 минуты.",
		119 * time.Minute: "через 119 минут.", 2*time.Hour - time.Second: "через 120 минут.", 2 * time.Hour: "через 2 часа.", 24*time.Hour - time.Second: "через 24 часа.",
	} {
		if got := locale.RU.Text(fault.Limited(wait).Sentence()); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, want %q", wait, got, want)
		}
	}
}
