package migrations_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// untold are the kinds of the security log that no device is told of: what is no change of security, and what happens when no device is left.
var untold = []string{
	"SIGN_IN_FAILED", "SIGNED_OUT", "SESSION_ENDED", "OTHER_SESSIONS_ENDED", "EMAIL_VERIFIED", "PROFILE_CHANGED", "AGREEMENTS_ACCEPTED", "CERTIFICATE_ISSUED",
	"CERTIFICATE_REFUSED", "DATA_EXPORT_REQUESTED", "DATA_EXPORT_FETCHED",
	"CLOSED", // with the sessions of all devices; told by SMS and letter
}

// TestDevicesAreToldOfEachKindOrItIsSaidWhyNot reads the constants of package journal.
func TestDevicesAreToldOfEachKindOrItIsSaidWhyNot(t *testing.T) {
	t.Parallel()
	read := func(path, pattern string) (found []string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(text), "WHEN (NEW.kind")
		if after == "" {
			after = string(text)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(after, -1) {
			found = append(found, m[1])
		}
		slices.Sort(found)
		return found
	}
	want := read("../internal/journal/journal.go", `Kind = "([A-Z_]+)"`)
	got := append(read("0027_told.sql", `'([A-Z_]+)'`), untold...)
	slices.Sort(got)
	if len(want) < 30 || !slices.Equal(got, want) {
		t.Errorf("told or left out are\n%v, the log has\n%v", got, want)
	}
}
