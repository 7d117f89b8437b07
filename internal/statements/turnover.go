package statements

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/money"
	"purser/models"
)

const (
	monthsMost = 24
	// rollAt is how many entries of a wallet may follow those that are added up, before more are added up.
	rollAt = 1000
	// rollBatch is how many one transaction adds up.
	rollBatch = 10_000
	// rollsPerRequest bounds what one request adds up: what is more is left to the next one, or to RollUp.
	rollsPerRequest = 20
	walletsBatch    = 1000
	sweepEvery      = 10 * time.Minute
)

// Turnover tells what came in and went out of an account's wallets of a currency in each month from one to another, given as any days of them. It is exact
// at the moment of the answer: sums that were added up before and the entries that follow them are read by one statement.
// Faults: InvalidInput, Overloaded when too many entries wait to be added up.
func (s *Service) Turnover(ctx context.Context, account uuid.UUID, letter, from, to string) (money.Currency, []models.Turnover, error) {
	currency, ok := s.wallets.Currency(letter)
	if !ok {
		return currency, nil, fault.Invalid(fault.Malformed, "currency")
	}
	first, err := readMonth(from, "from")
	if err != nil {
		return currency, nil, err
	}
	last, err := readMonth(to, "to")
	if err != nil {
		return currency, nil, err
	}
	months := (last.Year()-first.Year())*12 + int(last.Month()) - int(first.Month()) + 1
	if months < 1 || months > monthsMost {
		return currency, nil, fault.Invalid(fault.Malformed, "to")
	}
	left := rollsPerRequest
	behind, err := walletsBehind(ctx, s.db, account, letter)
	if err != nil {
		return currency, nil, err
	}
	for _, wallet := range behind {
		if err := s.rollUp(ctx, wallet, &left); err != nil {
			return currency, nil, err
		}
		if left == 0 {
			return currency, nil, fault.New(fault.Overloaded).Knowing(fault.RetryFacts{After: time.Second})
		}
	}
	turnovers, err := readTurnover(ctx, s.db, account, letter, first, last)
	return currency, turnovers, err
}

func readMonth(typed, field string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(typed))
	if err != nil {
		return time.Time{}, fault.Invalid(fault.Malformed, field)
	}
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC), nil
}

// rollUp adds up the entries of a wallet until few are left, or no transactions are.
func (s *Service) rollUp(ctx context.Context, wallet int64, left *int) error {
	for *left > 0 {
		*left--
		added, err := rollTurnover(ctx, s.db, wallet, rollBatch)
		if err != nil || added < rollBatch {
			return err
		}
	}
	return nil
}

// Run adds up, now and then until ctx ends, what all wallets have had since the last time, where it is much, so that nobody who asks waits for it.
// Several servers may do it side by side.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := s.RollUp(ctx); err != nil && ctx.Err() == nil {
				log.Warn("turnovers were not added up; trying again later", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// RollUp goes through all wallets by their ids, a bounded number at a time, and adds up the entries of those that have had many.
func (s *Service) RollUp(ctx context.Context) error {
	for after := int64(0); ; {
		behind, last, err := walletsBehindAfter(ctx, s.db, after)
		if err != nil || last == 0 {
			return err
		}
		for _, wallet := range behind {
			for added := rollBatch; added == rollBatch; {
				if err := ctx.Err(); err != nil {
					return err
				}
				if added, err = rollTurnover(ctx, s.db, wallet, rollBatch); err != nil {
					return err
				}
			}
		}
		after = last
	}
}
