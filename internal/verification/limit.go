package verification

import (
	"context"
	"errors"
	"time"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/secret"
)

// Limit bounds how often something happens for one subject in a fixed window of time.
type Limit struct {
	Name    string // what is counted
	Subject string // for whom: a phone, a login, an address; only a keyed hash of it is stored
	Most    int
	Window  time.Duration
}

// Take counts one occurrence in the caller's transaction; a transaction that fails has not counted. It locks the
// counter's row until the commit.
// Faults: RateLimited with the time until the window ends.
func (s *Service) Take(tx *postgres.Tx, l Limit) error {
	used, endsAt, err := bumpCounter(tx, s.counterKey(l), l.Window)
	if err != nil {
		return err
	}
	if used > l.Most {
		return fault.Limited(endsAt.Sub(tx.Now))
	}
	return nil
}

// CountTx is Take that refuses nothing: what happened is counted, also beyond the limit.
func (s *Service) CountTx(tx *postgres.Tx, l Limit) error {
	_, _, err := bumpCounter(tx, s.counterKey(l), l.Window)
	return err
}

// Spend is Take in a transaction of its own: what happened stays counted, whatever comes of it. Faults: RateLimited with the time until the window ends.
func (s *Service) Spend(ctx context.Context, l Limit) error {
	type window struct {
		used   int
		endsAt time.Time
	}
	now, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (w window, err error) {
		w.used, w.endsAt, err = bumpCounter(tx, s.counterKey(l), l.Window)
		return w, err
	})
	if err == nil && now.used > l.Most {
		err = fault.Limited(now.endsAt.Sub(s.db.Now()))
	}
	return err
}

// Guess judges a guess at a secret, which counts against the limits before it is judged, and is taken back when it was right or
// was not judged: however many are tried at once, at any number of servers, no more than Most learn whether they are right.
// Faults: RateLimited with the time until the window ends, and judge's own.
func (s *Service) Guess(ctx context.Context, judge func() (right bool, err error), limits ...Limit) (bool, error) {
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		for _, l := range limits {
			if err := s.Take(tx, l); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		return false, err
	}
	right, err := judge()
	if err == nil && !right {
		return false, nil
	}
	_, undone := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		for _, l := range limits {
			if err := lowerCounter(tx, s.counterKey(l)); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return right, errors.Join(err, undone)
}

// Exhausted tells, without counting, that a limit is used up.
// Faults: RateLimited with the time until the window ends.
func (s *Service) Exhausted(ctx context.Context, l Limit) error {
	used, endsAt, err := readCounter(ctx, s.db, s.counterKey(l))
	if err != nil {
		return err
	}
	if now := s.db.Now(); used >= l.Most && now.Before(endsAt) {
		return fault.Limited(endsAt.Sub(now))
	}
	return nil
}

func (s *Service) counterKey(l Limit) []byte {
	return s.box.MAC(secret.Tokens, "limit", l.Name, l.Subject)
}
