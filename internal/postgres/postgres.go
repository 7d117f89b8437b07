// Package postgres is the house's one door to the database: a pgx pool that GORM shares, transactions with a bounded
// retry, and the reading of Postgres's error codes. It knows a DSN and nothing of who started the server behind it.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"purser/internal/secret"
)

const (
	maxAttempts = 6                // of one transaction that Postgres asks to repeat
	txTimeout   = 20 * time.Second // of one transaction with its repeats
	probeConns  = 2                // beside the pool, and only while somebody probes
	probeIdle   = time.Minute
)

// Options tune Open. The zero value is right for a test.
type Options struct {
	MaxConns int32            // connections in the pool; 0 means pgx's default
	Clock    func() time.Time // what time it is; nil means the wall clock
	Tracer   pgx.QueryTracer  // sees every statement; nil means nobody does
	Ring     *secret.Ring     // the keys for personal data; without it that can be neither read nor written
}

// DB is the pool, with GORM upon it.
type DB struct {
	Pool  *pgxpool.Pool
	probe *pgxpool.Pool // for whoever asks how the database is: answers must not wait for requests
	gorm  *gorm.DB
	clock func() time.Time
	ring  *secret.Ring
}

// Tx is a transaction in progress. All that is written through it shares one time, Now.
type Tx struct {
	Now  time.Time
	ctx  context.Context
	gorm *gorm.DB
}

// Querier is the part of pgx that a pool, a connection and a transaction have in common.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// Open connects to a database and checks that it answers.
func Open(ctx context.Context, dsn string, opts Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("postgres: DATABASE_URL is not a Postgres address") // the cause would quote the password
	}
	if opts.MaxConns > 0 {
		config.MaxConns = opts.MaxConns
	}
	config.ConnConfig.Tracer = opts.Tracer
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = "purser"
	// A server that is frozen or cut off in the middle of a transaction does not keep its locks for long.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "20s"

	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: the database does not answer: %w", err)
	}
	orm, err := openGORM(pool)
	if err != nil {
		pool.Close()
		return nil, err
	}
	probing := config.Copy()
	probing.MaxConns, probing.MinConns, probing.MinIdleConns, probing.MaxConnIdleTime = probeConns, 0, 0, probeIdle
	probe, err := pgxpool.NewWithConfig(ctx, probing) // which connects when it is asked
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: %w", err)
	}

	db := &DB{Pool: pool, probe: probe, gorm: orm, clock: opts.Clock, ring: opts.Ring}
	if db.clock == nil {
		db.clock = time.Now
	}
	return db, nil
}

// Close returns every connection; it waits for those in use.
func (db *DB) Close() {
	db.Pool.Close()
	db.probe.Close()
}

// Now is the time of the clock, in UTC and whole microseconds, which is what Postgres keeps.
func (db *DB) Now() time.Time { return db.clock().UTC().Truncate(time.Microsecond) }

// GORM reads outside a transaction. Writes go through InTx.
func (db *DB) GORM(ctx context.Context) *gorm.DB { return db.gorm.WithContext(withRing(ctx, db.ring)) }

// OpenSealed is the personal data in a column of a row, for statements that GORM does not read; what is null is empty.
func (db *DB) OpenSealed(table, column string, row uuid.UUID, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if db.ring == nil {
		return "", errNoRing
	}
	plain, err := db.ring.Open(table, column, row.String(), sealed)
	return string(plain), err
}

// Lookup is the keyed hash by which personal data of a kind is found.
func (db *DB) Lookup(kind, value string) []byte { return db.ring.Lookup(kind, value) }

// GORM speaks to the database inside the transaction.
func (tx *Tx) GORM() *gorm.DB { return tx.gorm }

// Context is the transaction's own: it outlives the request that began it.
func (tx *Tx) Context() context.Context { return tx.ctx }

// PGX lends the transaction's connection, for statements that want arrays. fn must not use GORM meanwhile.
func (tx *Tx) PGX(fn func(q Querier) error) error {
	return withConn(tx.gorm, func(conn *pgx.Conn) error { return fn(conn) })
}

// Lend is PGX for a library that wants a transaction of pgx. It can use it and not end it. fn must not use GORM meanwhile.
func (tx *Tx) Lend(fn func(t pgx.Tx) error) error {
	return withConn(tx.gorm, func(conn *pgx.Conn) error { return fn(lentTx{conn}) })
}

// InTx runs fn in one transaction (READ COMMITTED) and commits it unless fn returns an error. When Postgres reports a
// deadlock or a serialization failure, fn runs again, a bounded number of times, so it must touch nothing outside tx.
//
// A client that goes away does not stop a transaction: it would leave in doubt whether the commit happened. It is
// bounded by a time of its own instead.
func InTx[T any](ctx context.Context, db *DB, fn func(tx *Tx) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(withRing(context.WithoutCancel(ctx), db.ring), txTimeout)
	defer cancel()

	for attempt := 1; ; attempt++ {
		result, err := once(ctx, db, fn)
		if err == nil || attempt == maxAttempts || !IsRetryable(err) || !pause(ctx, attempt) {
			return result, err
		}
	}
}

func once[T any](ctx context.Context, db *DB, fn func(tx *Tx) (T, error)) (result T, err error) {
	err = db.gorm.WithContext(ctx).Transaction(func(orm *gorm.DB) error {
		var err error
		result, err = fn(&Tx{Now: db.Now(), ctx: ctx, gorm: orm})
		return err
	})
	return result, err
}

// pause waits a little longer after each attempt, by a random part, so that two that collided do not collide again.
func pause(ctx context.Context, attempt int) bool {
	ceiling := time.Duration(attempt*attempt) * 5 * time.Millisecond
	timer := time.NewTimer(ceiling/2 + rand.N(ceiling)) //nolint:gosec // spreads load, guards nothing
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// IsRetryable tells whether Postgres undid a transaction only because of others: serialization failure or deadlock.
func IsRetryable(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (pgErr.Code == "40001" || pgErr.Code == "40P01")
}

// Violates tells whether err is a breach of the named constraint or unique index.
func Violates(err error, constraint string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.ConstraintName == constraint
}
