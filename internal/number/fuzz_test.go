package number_test

import (
	"strings"
	"testing"

	"purser/internal/number"
)

// FuzzValid judges numbers: a good one has twelve ASCII digits, and changing any of them makes it a bad one (ISO 7064, MOD 11,10).
func FuzzValid(f *testing.F) {
	for _, text := range []string{"000000000019", "Z000000000019", "123456789012", "", "Z", "z000000000019", "００００００００００１９"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !number.ValidWMID(text) {
			return
		}
		if len(text) != 12 || strings.Trim(text, "0123456789") != "" || !number.ValidWallet("Z"+text) {
			t.Fatalf("%q is a WMID", text)
		}
		for i := range text {
			other := text[:i] + string('0'+(text[i]-'0'+1)%10) + text[i+1:]
			if number.ValidWMID(other) {
				t.Fatalf("%q and %q are both good", text, other)
			}
		}
	})
}
