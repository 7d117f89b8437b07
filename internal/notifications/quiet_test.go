package notifications

import (
	"testing"
	"time"

	"purser/models"
)

// TestQuietHoursEndAtTheFirstMomentOutsideOfThem has days on which clocks are put forward and back, east and west of Greenwich, and a day that was none.
func TestQuietHoursEndAtTheFirstMomentOutsideOfThem(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct {
		zone, now, from, to, end string // now and end are UTC; end is "" outside of the hours
	}{
		"an ordinary night":                           {"Europe/Berlin", "2026-06-15T22:10:20Z", "22:00", "07:00", "2026-06-16T05:00:00Z"},
		"at their beginning":                          {"Europe/Berlin", "2026-06-15T20:00:00Z", "22:00", "07:00", "2026-06-16T05:00:00Z"},
		"a moment before":                             {"Europe/Berlin", "2026-06-15T19:59:59Z", "22:00", "07:00", ""},
		"at their end":                                {"Europe/Berlin", "2026-06-16T05:00:00Z", "22:00", "07:00", ""},
		"in a gap ends, east":                         {"Europe/Berlin", "2026-03-29T00:30:00Z", "01:00", "02:30", "2026-03-29T01:00:00Z"},
		"in a gap ends, west":                         {"America/New_York", "2026-03-08T06:30:00Z", "01:00", "02:30", "2026-03-08T07:00:00Z"},
		"after a gap ends, east":                      {"Europe/Berlin", "2026-03-28T22:30:00Z", "22:00", "07:00", "2026-03-29T05:00:00Z"},
		"after a gap ends, west":                      {"America/New_York", "2026-03-08T06:30:00Z", "22:00", "07:00", "2026-03-08T11:00:00Z"},
		"begins in a gap":                             {"Europe/Berlin", "2026-03-29T01:00:00Z", "02:30", "04:00", "2026-03-29T02:00:00Z"},
		"ends twice, the first time, east":            {"Europe/Berlin", "2026-10-25T00:10:00Z", "01:00", "02:30", "2026-10-25T00:30:00Z"},
		"ends twice, the second time, east":           {"Europe/Berlin", "2026-10-25T01:10:00Z", "01:00", "02:30", "2026-10-25T01:30:00Z"},
		"ends twice, the hour between, east":          {"Europe/Berlin", "2026-10-25T00:40:00Z", "01:00", "02:30", ""},
		"ends twice, the first time, west":            {"America/New_York", "2026-11-01T04:10:00Z", "22:00", "01:30", "2026-11-01T05:30:00Z"},
		"ends twice, the second time, west":           {"America/New_York", "2026-11-01T06:10:00Z", "22:00", "01:30", "2026-11-01T06:30:00Z"},
		"ends twice, the hour between, west":          {"America/New_York", "2026-11-01T05:40:00Z", "22:00", "01:30", ""},
		"begins in the hour that comes twice":         {"Europe/Berlin", "2026-10-25T00:40:00Z", "02:30", "02:59", "2026-10-25T00:59:00Z"},
		"put back before the hours, from within":      {"Europe/Berlin", "2026-10-25T00:50:00Z", "02:30", "03:30", "2026-10-25T01:00:00Z"},
		"half an hour is put forward, at Lord Howe's": {"Australia/Lord_Howe", "2026-10-03T14:30:00Z", "22:00", "02:15", "2026-10-03T15:30:00Z"},
		"a day that was none":                         {"Pacific/Apia", "2011-12-30T08:30:00Z", "22:00", "07:00", "2011-12-30T17:00:00Z"},
		"a zone that is none any more":                {"Mars/Base", "2026-06-15T22:10:00Z", "22:00", "07:00", ""},
	} {
		from, _ := readClock(each.from, "from")
		to, _ := readClock(each.to, "to")
		now, err := time.Parse(time.RFC3339, each.now)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if end, quiet := until(models.QuietHours{FromMinute: from, ToMinute: to, TimeZone: each.zone}, now); quiet {
			got = end.Format(time.RFC3339)
		}
		if got != each.end {
			t.Errorf("%s: they end at %q, want %q", name, got, each.end)
		}
	}
}
