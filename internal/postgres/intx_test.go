package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

var errChangedMind = errors.New("changed my mind")

func TestInTxCommitsWhatSucceeds(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	got, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (string, error) {
		return "done", add(tx, 1, 5)
	})
	if err != nil || got != "done" {
		t.Fatalf("InTx = %q, %v", got, err)
	}
	if coins(t, db, 1) != 5 {
		t.Errorf("the jar holds %d, want 5", coins(t, db, 1))
	}
}

func TestInTxUndoesWhatFails(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	attempts := 0
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		attempts++
		return 0, errors.Join(add(tx, 1, 5), errChangedMind)
	})
	if !errors.Is(err, errChangedMind) || attempts != 1 {
		t.Errorf("%d attempts ended in %v, want one and the cause", attempts, err)
	}
	if coins(t, db, 1) != 0 {
		t.Errorf("the jar holds %d, want 0", coins(t, db, 1))
	}
}

func TestInTxSurvivesAPanic(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{MaxConns: 1})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
			if err := add(tx, 1, 5); err != nil {
				return 0, err
			}
			panic("a mistake of ours")
		})
	}()
	if coins(t, db, 1) != 0 { // asked over the only connection there is
		t.Errorf("the jar holds %d, want 0", coins(t, db, 1))
	}
}

func TestInTxRepeatsADeadlock(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	var met sync.WaitGroup
	met.Add(2)
	cross := func(first, second int) (attempts int, err error) {
		return postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
			attempts++
			if err := tx.GORM().Exec(`SET LOCAL deadlock_timeout = '20ms'`).Error; err != nil {
				return attempts, err
			}
			if err := add(tx, first, 1); err != nil {
				return attempts, err
			}
			if attempts == 1 { // each holds what the other is about to ask for
				met.Done()
				met.Wait()
			}
			return attempts, add(tx, second, 1)
		})
	}

	total := make(chan int, 2)
	for _, order := range [][2]int{{1, 2}, {2, 1}} {
		go func() {
			attempts, err := cross(order[0], order[1])
			if err != nil {
				t.Error(err)
			}
			total <- attempts
		}()
	}
	if attempts := <-total + <-total; attempts < 3 {
		t.Errorf("%d attempts: there was no deadlock to repeat", attempts)
	}
	if coins(t, db, 1) != 2 || coins(t, db, 2) != 2 {
		t.Errorf("the jars hold %d and %d, want 2 and 2", coins(t, db, 1), coins(t, db, 2))
	}
}

func TestInTxRepeatsASerializationFailure(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	attempts := 0
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		attempts++
		if err := tx.GORM().Exec(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`).Error; err != nil {
			return 0, err
		}
		var seen int
		if err := tx.GORM().Raw(`SELECT coins FROM jars WHERE id = 1`).Row().Scan(&seen); err != nil {
			return 0, err
		}
		if attempts == 1 { // somebody else changes it meanwhile
			if _, err := db.Pool.Exec(t.Context(), `UPDATE jars SET coins = 10 WHERE id = 1`); err != nil {
				return 0, err
			}
		}
		return 0, add(tx, 1, 1)
	})
	if err != nil || attempts != 2 || coins(t, db, 1) != 11 {
		t.Errorf("%d attempts ended in %v with %d coins, want 2 attempts and 11", attempts, err, coins(t, db, 1))
	}
}

func TestInTxGivesUpInTheEnd(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	attempts := 0
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		attempts++
		return 0, tx.GORM().Exec(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$`).Error
	})
	if !postgres.IsRetryable(err) || attempts != 6 {
		t.Errorf("%d attempts ended in %v, want 6 and the database's own error", attempts, err)
	}
}

func TestAClientThatLeavesUndoesNothing(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	ctx, leave := context.WithCancel(t.Context())
	_, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (int, error) {
		leave()
		if tx.Context().Err() != nil {
			t.Error("the transaction's context ended with the caller's")
		}
		return 0, add(tx, 1, 5)
	})
	if err != nil || coins(t, db, 1) != 5 {
		t.Errorf("it ended in %v with %d coins, want 5", err, coins(t, db, 1))
	}
	_, err = postgres.InTx(ctx, db, func(tx *postgres.Tx) (int, error) { return 0, add(tx, 1, 1) })
	if err != nil || coins(t, db, 1) != 6 {
		t.Errorf("begun after the client left it ended in %v with %d coins, want 6", err, coins(t, db, 1))
	}
}

func TestATransactionHasOneTime(t *testing.T) {
	t.Parallel()
	clock := pgtest.NewClock()
	clock.Advance(1234567 * time.Nanosecond)
	db := jars(t, postgres.Options{Clock: clock.Now})
	want := time.Date(2040, time.June, 15, 12, 0, 0, 1234000, time.UTC)
	got, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (time.Time, error) {
		clock.Advance(time.Hour)
		return tx.Now, nil
	})
	if err != nil || !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("the transaction's time is %s, %v; want %s", got, err, want)
	}
}

func TestManyTransactionsShareFewConnections(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{MaxConns: 4})
	var running sync.WaitGroup
	for i := range 64 {
		running.Go(func() {
			_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
				if err := add(tx, 1, 1); err != nil {
					return 0, err
				}
				if i%2 == 0 {
					return 0, errChangedMind
				}
				return 0, tx.PGX(func(q postgres.Querier) error {
					_, err := q.Exec(tx.Context(), `UPDATE jars SET coins = coins + 1 WHERE id = 2`)
					return err
				})
			})
			if err != nil && !errors.Is(err, errChangedMind) {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if coins(t, db, 1) != 32 || coins(t, db, 2) != 32 {
		t.Errorf("the jars hold %d and %d, want 32 and 32", coins(t, db, 1), coins(t, db, 2))
	}
}

func TestPGXAndGORMShareATransaction(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		if err := add(tx, 1, 5); err != nil {
			return 0, err
		}
		err := tx.PGX(func(q postgres.Querier) error {
			var seen int
			if err := q.QueryRow(tx.Context(), `SELECT coins FROM jars WHERE id = 1`).Scan(&seen); err != nil || seen != 5 {
				t.Errorf("pgx sees %d coins, %v; want what GORM wrote", seen, err)
			}
			_, err := q.Exec(tx.Context(), `UPDATE jars SET coins = 7 WHERE id = ANY($1)`, []int{1, 2})
			return err
		})
		if err != nil {
			return 0, err
		}
		var seen int
		if err := tx.GORM().Raw(`SELECT sum(coins) FROM jars`).Row().Scan(&seen); err != nil || seen != 14 {
			t.Errorf("GORM sees %d coins, %v; want what pgx wrote", seen, err)
		}
		return 0, errChangedMind
	})
	if !errors.Is(err, errChangedMind) || coins(t, db, 1) != 0 || coins(t, db, 2) != 0 {
		t.Errorf("it ended in %v with %d and %d coins, want none", err, coins(t, db, 1), coins(t, db, 2))
	}
}

func TestPGXRefusesABrokenTransaction(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	ran := false
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		if err := tx.GORM().Exec(`SELECT 1 / 0`).Error; err == nil {
			t.Error("the statement did not fail")
		}
		return 0, tx.PGX(func(postgres.Querier) error { ran = true; return nil })
	})
	if !errors.Is(err, sql.ErrTxDone) || ran {
		t.Errorf("after a failed statement PGX ran: %t, and returned %v", ran, err)
	}
}
