// Package jobs runs what must happen after a commit and may take its time: a job is queued in the transaction of its cause and
// carries ids only, so that it exists exactly when its cause does and tells nothing. Any server may run it, again if need be. What a
// kind of job does is known by the room that owns it; this package knows River, and that nothing runs without a bound.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"purser/internal/postgres"
)

const (
	// fetchEvery is how often a server looks for jobs of a kind, and fetchCooldown how soon again while there are some.
	fetchEvery    = 100 * time.Millisecond
	fetchCooldown = 10 * time.Millisecond
	keptFor       = 24 * time.Hour  // finished jobs, for questions
	stopWithin    = 5 * time.Second // for jobs that were told to stop
)

// Config sets the times. The zero value is right for a server.
type Config struct {
	Timeout     time.Duration // of one run of a job; 0 means 45 seconds
	RescueAfter time.Duration // a job that runs so long belongs to a server that died; longer than Timeout; 0 means a minute
}

// Args are what a job carries: ids, never text.
type Args = river.JobArgs

// silent is River's driver without NOTIFY: in the transaction of a payment it would take a lock of the whole database until the
// commit is durable, for the tenth of a second that a runner takes to look by itself.
type silent struct{ *riverpgxv5.Driver }

// SupportsListenNotify is part of River's interface.
func (silent) SupportsListenNotify() bool { return false }

// inserter only inserts, in transactions of others, and runs nothing.
var inserter = sync.OnceValues(func() (*river.Client[pgx.Tx], error) {
	return river.NewClient(silent{riverpgxv5.New(nil)}, &river.Config{Logger: slog.New(slog.DiscardHandler)})
})

// InsertTx queues a job in the caller's transaction, for a runner on any server.
func InsertTx(tx *postgres.Tx, args Args) error {
	client, err := inserter()
	if err == nil {
		err = tx.Lend(func(t pgx.Tx) error {
			_, err := client.InsertTx(tx.Context(), t, args, &river.InsertOpts{Queue: args.Kind()})
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("jobs: insert: %w", err)
	}
	return nil
}

// Runner runs jobs on this server.
type Runner struct {
	db      *postgres.DB
	log     *slog.Logger
	config  Config
	workers *river.Workers
	queues  map[string]river.QueueConfig
	running atomic.Bool
}

// New makes a runner. It runs nothing before Run.
func New(db *postgres.DB, log *slog.Logger, c Config) *Runner {
	if c.Timeout == 0 {
		c.Timeout = 45 * time.Second
	}
	if c.RescueAfter == 0 {
		c.RescueAfter = time.Minute
	}
	return &Runner{db: db, log: slog.New(warnings{log.Handler()}), config: c, workers: river.NewWorkers(), queues: map[string]river.QueueConfig{}}
}

// Handle says how jobs of a kind are done, and how many at a time on one server. A kind waits for no other. Work may be called
// again for a job that is done; an error, or a panic, calls it again later. Call it before Run.
func Handle[A Args](r *Runner, atOnce int, work func(ctx context.Context, args A) error) {
	var kind A
	r.queues[kind.Kind()] = river.QueueConfig{MaxWorkers: atOnce, FetchCooldown: fetchCooldown}
	river.AddWorker(r.workers, river.WorkFunc(func(ctx context.Context, job *river.Job[A]) error { return work(ctx, job.Args) }))
}

// Later is what work returns for a job that is to be done again after a while, though nothing failed. Such repeats are not counted:
// who asks for them bounds them.
func Later(wait time.Duration) error { return river.JobSnooze(max(wait, 0)) }

// Run runs jobs of the kinds that are handled, until ctx ends. Then it takes no more and waits for those that run, for drain at most;
// whoever runs on is told to stop. What is left is done by another server, or after the next start.
func (r *Runner) Run(ctx context.Context, drain time.Duration) error {
	client, err := river.NewClient(riverpgxv5.New(r.db.Pool), &river.Config{
		Logger: r.log, Workers: r.workers, Queues: r.queues,
		FetchCooldown: fetchEvery, FetchPollInterval: fetchEvery,
		JobTimeout: r.config.Timeout, RescueStuckJobsAfter: r.config.RescueAfter, RetryPolicy: retries{},
		CompletedJobRetentionPeriod: keptFor, CancelledJobRetentionPeriod: keptFor,
	})
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	work := context.WithoutCancel(ctx)
	if err := client.Start(work); err != nil {
		return fmt.Errorf("jobs: start: %w", err)
	}
	r.running.Store(true)
	<-ctx.Done()
	r.running.Store(false)

	finish, cancel := context.WithTimeout(work, drain)
	defer cancel()
	if client.Stop(finish) == nil {
		return nil
	}
	end, cancel := context.WithTimeout(work, stopWithin)
	defer cancel()
	if err := client.StopAndCancel(end); err != nil {
		return fmt.Errorf("jobs: some did not stop: %w", err)
	}
	return nil
}

// retries paces the repeats of a job that failed: 2, 4, 8 … seconds, at most a minute.
type retries struct{}

// NextRetry is part of River's interface.
func (retries) NextRetry(job *rivertype.JobRow) time.Time {
	const longest = 6 // doublings
	return time.Now().Add(min(time.Second<<min(len(job.Errors)+1, longest), time.Minute))
}

// warnings keeps River's everyday news out of the log.
type warnings struct{ slog.Handler }

// Enabled is part of slog's interface.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}
