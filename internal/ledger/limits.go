package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/money"
	"purser/models"
)

// What went without a code counts for a day, and until the end of the hour a day later: never for less.
const (
	uncodedHour  = time.Hour
	uncodedHours = 25 // the hour that runs, and 24 whole ones before it
)

// tier is what limits depend on.
type tier struct{ level, currency string }

// Limit is what an account may send to others in one period, and has sent in it so far, in minor units.
type Limit struct {
	Period   string // DAY, WEEK or MONTH
	Total    *int64 // nil: as much as it likes
	Used     int64
	ResetsAt time.Time
}

// Limits tells what an account may still send to others in a currency, by a certificate: per day, per week from Monday, and per
// month, all of UTC. It locks nothing.
func (l *Ledger) Limits(ctx context.Context, account uuid.UUID, level, currency string) ([]Limit, error) {
	limit, s, err := readLimits(ctx, l.db.Pool, account, level, currency)
	if err != nil {
		return nil, fmt.Errorf("ledger: limits: %w", err)
	}
	now := l.db.Now()
	roll(&s, now)
	return limitsOf(limit, s, now), nil
}

func limitsOf(l *models.SpendingLimit, s models.Spending, now time.Time) []Limit {
	limits := []Limit{
		{Period: "DAY", Used: s.Day, ResetsAt: nextDay(now)},
		{Period: "WEEK", Used: s.Week, ResetsAt: nextWeek(now)},
		{Period: "MONTH", Used: s.Month, ResetsAt: nextMonth(now)},
	}
	if l != nil {
		limits[0].Total, limits[1].Total, limits[2].Total = &l.PerDay, &l.PerWeek, &l.PerMonth
	}
	return limits
}

// Remaining is what may still be sent, in minor units, or nil when there is no limit. It is never negative.
func (l Limit) Remaining() *int64 {
	if l.Total == nil {
		return nil
	}
	left := max(*l.Total-l.Used, 0)
	return &left
}

func nextDay(now time.Time) time.Time {
	year, month, day := now.UTC().Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
}

func nextWeek(now time.Time) time.Time {
	year, month, day := now.UTC().Date()
	sinceMonday := (int(now.UTC().Weekday()) + 6) % 7
	return time.Date(year, month, day-sinceMonday+7, 0, 0, 0, 0, time.UTC)
}

func nextMonth(now time.Time) time.Time {
	year, month, _ := now.UTC().Date()
	return time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
}

// roll forgets what was spent in periods that have ended. Time does not run backwards here, though another server's clock may be behind.
func roll(s *models.Spending, now time.Time) {
	now = latest(now, s.SpentAt)
	if !now.Before(nextDay(s.SpentAt)) {
		s.Day = 0
	}
	if !now.Before(nextWeek(s.SpentAt)) {
		s.Week = 0
	}
	if !now.Before(nextMonth(s.SpentAt)) {
		s.Month = 0
	}
	rollUncoded(s, now)
}

// rollUncoded moves the hours on, and sums up what is left in them.
func rollUncoded(s *models.Spending, now time.Time) {
	hour := now.UTC().Truncate(uncodedHour)
	passed := int64(hour.Sub(s.UncodedSince.UTC().Truncate(uncodedHour)) / uncodedHour)
	switch {
	case passed >= uncodedHours:
		s.UncodedHours = nil
	case passed > 0 && len(s.UncodedHours) > 0:
		s.UncodedHours = append(make([]int64, passed), s.UncodedHours...)
		s.UncodedHours = s.UncodedHours[:min(len(s.UncodedHours), uncodedHours)]
	}
	if passed > 0 {
		s.UncodedSince = hour
	}
	s.Uncoded = 0
	for _, minor := range s.UncodedHours {
		s.Uncoded += minor
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// spend counts what leaves for others.
func spend(s *models.Spending, minor int64, coded bool, now time.Time) {
	s.Day, s.Week, s.Month, s.SpentAt = s.Day+minor, s.Week+minor, s.Month+minor, latest(now, s.SpentAt)
	if coded {
		return
	}
	if len(s.UncodedHours) == 0 {
		s.UncodedHours, s.UncodedSince = []int64{0}, latest(now.UTC().Truncate(uncodedHour), s.UncodedSince)
	}
	s.UncodedHours[0] += minor
	s.Uncoded += minor
}

// refuseLimit says which limit an amount would pass, or nil. The period that ends last comes first: waiting for the others is in vain.
func refuseLimit(limits []Limit, minor int64, currency money.Currency) *fault.Fault {
	for i := len(limits) - 1; i >= 0; i-- {
		left := limits[i].Remaining()
		if left == nil || minor <= *left {
			continue
		}
		total, remaining := money.Amount{Minor: *limits[i].Total, Currency: currency}, money.Amount{Minor: *left, Currency: currency}
		return fault.New(fault.LimitExceeded, "amount").With("Limit", total).With("Remaining", remaining).
			Knowing(fault.LimitFacts{Limit: total, Remaining: remaining, ResetsAt: limits[i].ResetsAt})
	}
	return nil
}
