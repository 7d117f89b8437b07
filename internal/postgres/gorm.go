package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// GORM asks its pool to begin a transaction when the pool can. Beginning it on a connection of our own keeps the pgx
// connection within reach, so that statements GORM cannot write run inside the same transaction.
type connPool struct{ *sql.DB }

type txConn struct {
	*sql.Tx
	conn *sql.Conn
}

func openGORM(pool *pgxpool.Pool) (*gorm.DB, error) {
	shared := &connPool{stdlib.OpenDBFromPool(pool)}
	orm, err := gorm.Open(postgres.New(postgres.Config{Conn: shared}), &gorm.Config{
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard, // errors are returned, and logged once, by whoever answers the request
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: GORM: %w", err)
	}
	return orm, nil
}

// GetDBConn is how GORM finds the plain pool.
func (p *connPool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// BeginTx begins a transaction on a connection that withConn can reach.
func (p *connPool) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	conn, err := p.Conn(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &txConn{Tx: tx, conn: conn}, nil
}

// Commit commits and gives the connection back.
func (t *txConn) Commit() error {
	defer t.conn.Close() //nolint:errcheck // it only returns the connection to the pool
	return t.Tx.Commit()
}

// Rollback rolls back and gives the connection back.
func (t *txConn) Rollback() error {
	defer t.conn.Close() //nolint:errcheck // it only returns the connection to the pool
	return t.Tx.Rollback()
}

func withConn(orm *gorm.DB, fn func(conn *pgx.Conn) error) error {
	tx, ok := orm.Statement.ConnPool.(*txConn)
	if !ok {
		return fmt.Errorf("postgres: not a transaction but %T", orm.Statement.ConnPool)
	}
	return tx.conn.Raw(func(driverConn any) error {
		conn := driverConn.(*stdlib.Conn).Conn()
		// A transaction that was rolled back behind our back would let the next statement commit by itself.
		if status := conn.PgConn().TxStatus(); status != 'T' {
			return fmt.Errorf("%w (status %q)", sql.ErrTxDone, status)
		}
		return fn(conn)
	})
}

// rawConn has another name, so that lentTx can have a method Conn.
type rawConn = pgx.Conn

// lentTx is a transaction in progress as pgx's libraries know one. Whoever borrows it cannot end it.
type lentTx struct{ *rawConn }

var errLent = errors.New("postgres: this transaction belongs to InTx")

// Conn is the connection below.
func (t lentTx) Conn() *pgx.Conn { return t.rawConn }

// Begin refuses: nobody has needed a savepoint yet.
func (t lentTx) Begin(context.Context) (pgx.Tx, error) { return nil, errLent }

// Commit refuses.
func (t lentTx) Commit(context.Context) error { return errLent }

// Rollback refuses.
func (t lentTx) Rollback(context.Context) error { return errLent }

// LargeObjects has none.
func (t lentTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }
