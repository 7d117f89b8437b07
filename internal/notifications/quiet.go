package notifications

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

// Quiet are the hours in which SMS and pushes about money wait for their end: times of the day, as clocks in the time zone show them. They may
// go over midnight.
type Quiet struct {
	From     string `json:"from"`
	To       string `json:"to"`
	TimeZone string `json:"timeZone"`
}

const (
	clockForm   = "15:04"
	minuteOfDay = 60
	longestZone = 64
)

// SetQuiet sets the quiet hours, or ends them with nil. What waits already waits until then. It locks the account. A repeat does nothing more.
// Faults: InvalidInput for what are no times, one and the same time, or no IANA time zone.
func (s *Service) SetQuiet(ctx context.Context, viewer uuid.UUID, q *Quiet) error {
	if q == nil {
		return s.change(ctx, viewer, func(tx *postgres.Tx) error { return dropQuiet(tx, viewer) })
	}
	row := models.QuietHours{AccountID: viewer, TimeZone: q.TimeZone}
	var refusal *fault.Fault
	if row.FromMinute, refusal = readClock(q.From, "from"); refusal != nil {
		return refusal
	}
	if row.ToMinute, refusal = readClock(q.To, "to"); refusal != nil {
		return refusal
	}
	if row.FromMinute == row.ToMinute {
		return fault.Invalid(fault.Malformed, "quietHours", "to")
	}
	if _, err := zoneOf(q.TimeZone); err != nil {
		return fault.Invalid(fault.Malformed, "quietHours", "timeZone")
	}
	return s.change(ctx, viewer, func(tx *postgres.Tx) error { return saveQuiet(tx, row) })
}

func readClock(text, field string) (int, *fault.Fault) {
	at, err := time.Parse(clockForm, text)
	if err != nil || len(text) != len(clockForm) {
		return 0, fault.Invalid(fault.Malformed, "quietHours", field)
	}
	return at.Hour()*minuteOfDay + at.Minute(), nil
}

// zoneOf is a time zone by its IANA name; the server's own is none.
func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > longestZone || strings.Contains(name, "..") {
		return nil, fault.Invalid(fault.Malformed)
	}
	return time.LoadLocation(name)
}

func quietView(row models.QuietHours) *Quiet {
	clock := func(minute int) string {
		return time.Date(0, 1, 1, minute/minuteOfDay, minute%minuteOfDay, 0, 0, time.UTC).Format(clockForm)
	}
	return &Quiet{From: clock(row.FromMinute), To: clock(row.ToMinute), TimeZone: row.TimeZone}
}

// until is the first moment after now at which a clock on the wall shows none of the quiet hours, when it shows one now; ok is false when it does not.
// Hours that end at 07:00 end when the clock shows 07:00, and when it is put over their end, with that. An hour that comes twice is judged each time.
func until(row models.QuietHours, now time.Time) (end time.Time, ok bool) {
	zone, err := zoneOf(row.TimeZone)
	if err != nil || row.FromMinute == row.ToMinute {
		return time.Time{}, false // a zone that was, and is none any more: nothing waits for ever
	}
	for at := now; ; ok = true {
		local := at.In(zone)
		left, quiet := minutesLeft(row, local.Hour()*minuteOfDay+local.Minute())
		if !quiet {
			return at.UTC(), ok
		}
		end := at.Add(time.Duration(left)*time.Minute - time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
		_, change := local.ZoneBounds()
		if change.IsZero() || end.Before(change) {
			return end.UTC(), true
		}
		at = change // the clock is put forward or back before: what does it show then?
	}
}

// minutesLeft are those from a minute of the day to the end of quiet hours; ok is false outside of them.
func minutesLeft(row models.QuietHours, minute int) (left int, ok bool) {
	const day = 24 * minuteOfDay
	length, passed := (row.ToMinute-row.FromMinute+day)%day, (minute-row.FromMinute+day)%day
	return length - passed, passed < length
}
