package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/internal/jobs"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

const patience = 30 * time.Second

var discard = slog.New(slog.DiscardHandler)

type paint struct {
	Wall int `json:"wall"`
}

func (paint) Kind() string { return "paint" }

type sweep struct{}

func (sweep) Kind() string { return "sweep" }

// run runs jobs until the test ends, or stop.
func run(t *testing.T, r *jobs.Runner, drain time.Duration) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, drain) }()
	var done atomic.Bool
	stop = func() error {
		cancel()
		if done.Swap(true) {
			return nil
		}
		return <-ended
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return stop
}

func insert(t *testing.T, db *postgres.DB, args jobs.Args, cause error) {
	t.Helper()
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) { return 0, errors.Join(jobs.InsertTx(tx, args), cause) })
	if !errors.Is(err, cause) {
		t.Fatal(err)
	}
}

func next[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("it did not come")
	}
	return v
}

func TestAJobExistsExactlyWhenItsCauseDoes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	r := jobs.New(db, discard, jobs.Config{})
	walls := make(chan int, 10)
	jobs.Handle(r, 2, func(_ context.Context, job paint) error { walls <- job.Wall; return nil })
	insert(t, db, paint{1}, errors.New("it did not happen"))
	run(t, r, patience)
	insert(t, db, paint{2}, nil)
	if wall := next(t, walls); wall != 2 {
		t.Errorf("wall %d was painted", wall)
	}
	if len(walls) != 0 {
		t.Error("another was painted too")
	}
}

func TestAJobThatFailsOrPanicsIsDoneAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	r := jobs.New(db, discard, jobs.Config{})
	tries := make(chan int, 10)
	var tried atomic.Int64
	jobs.Handle(r, 1, func(_ context.Context, _ paint) error {
		n := int(tried.Add(1))
		tries <- n
		switch n {
		case 1:
			return errors.New("no paint")
		case 2:
			panic("the ladder")
		case 3:
			return jobs.Later(time.Millisecond)
		}
		return nil
	})
	run(t, r, patience)
	insert(t, db, paint{1}, nil)
	for want := 1; want <= 4; want++ {
		if n := next(t, tries); n != want {
			t.Fatalf("try %d, want %d", n, want)
		}
	}
}

func TestAKindWaitsForNoOther(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	r := jobs.New(db, discard, jobs.Config{})
	began, finish, swept := make(chan bool, 1), make(chan bool), make(chan bool, 1)
	jobs.Handle(r, 1, func(context.Context, paint) error { began <- true; <-finish; return nil })
	jobs.Handle(r, 1, func(context.Context, sweep) error { swept <- true; return nil })
	stop := run(t, r, patience)
	insert(t, db, paint{1}, nil)
	next(t, began)
	insert(t, db, sweep{}, nil)
	next(t, swept)
	close(finish)
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestStoppingWaitsForWhatRunsAndThenTellsItToStop(t *testing.T) {
	t.Parallel()
	for what, drain := range map[string]time.Duration{"it finishes": patience, "it is told to stop": 50 * time.Millisecond} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			r := jobs.New(db, discard, jobs.Config{})
			began, finish, told := make(chan bool, 1), make(chan bool), make(chan bool, 1)
			jobs.Handle(r, 1, func(ctx context.Context, _ paint) error {
				began <- true
				select {
				case <-finish:
					return nil
				case <-ctx.Done():
					told <- true
					return jobs.Later(0)
				}
			})
			stop := run(t, r, drain)
			insert(t, db, paint{1}, nil)
			next(t, began)
			ended := make(chan error, 1)
			go func() { ended <- stop() }()
			if drain == patience {
				close(finish)
			} else {
				next(t, told)
			}
			if err := next(t, ended); err != nil {
				t.Error(err)
			}
			var state string
			if err := db.Pool.QueryRow(t.Context(), `SELECT state FROM river_job`).Scan(&state); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: "completed", false: "available"}[drain == patience]; state != want {
				t.Errorf("the job is %s, want %s", state, want)
			}
		})
	}
}

func TestALentTransactionCannotBeEnded(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		return 0, tx.Lend(func(lent pgx.Tx) error {
			_, began := lent.Begin(tx.Context())
			for what, err := range map[string]error{"commit": lent.Commit(tx.Context()), "roll back": lent.Rollback(tx.Context()), "begin": began} {
				if err == nil {
					t.Errorf("it could %s", what)
				}
			}
			if lent.Conn().PgConn().TxStatus() != 'T' {
				t.Error("the transaction has ended")
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoJobOutlivesATransactionThatWasUndone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		_ = tx.GORM().Exec(`ROLLBACK`) // as when a connection is reset below us
		return 0, jobs.InsertTx(tx, paint{1})
	})
	if err == nil {
		t.Error("the job was inserted outside the transaction")
	}
	var left int
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d jobs are left, %v", left, err)
	}
}
