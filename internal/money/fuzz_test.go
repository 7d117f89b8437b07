package money_test

import (
	"strings"
	"testing"

	"purser/internal/money"
)

// FuzzParse reads amounts: what is read is written as the same number, and nothing but digits with one point is read.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"0", "12.5", "12.50", "012", "1e3", "+1", "-1", " 1", "1.", ".5", "NaN", "9000000000000.00", "٣", "1.005", "1,5", "0x1"} {
		f.Add(text, 2)
	}
	f.Fuzz(func(t *testing.T, text string, exponent int) {
		exponent = ((exponent % 9) + 9) % 9
		minor, err := money.Parse(text, exponent)
		if err != nil {
			return
		}
		if minor < 0 || minor > money.MaxMinor || strings.Trim(text, "0123456789.") != "" {
			t.Fatalf("%q is read as %d", text, minor)
		}
		again, err := money.Parse(money.Format(minor, exponent), exponent)
		if err != nil || again != minor {
			t.Fatalf("%q is %d, which is written as %q: %v", text, minor, money.Format(minor, exponent), err)
		}
	})
}
