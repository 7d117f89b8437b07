package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// baselineSQL is what a good engineer would write in an afternoon: one function that locks both wallets in id order, judges,
// and writes transfer and entries. No hash chain, no events, no fees, no fingerprint. Each client has a connection, unless told
// otherwise: queueing before the database is already half of what this ledger does.
const baselineSQL = `
CREATE SCHEMA IF NOT EXISTS baseline;
CREATE TABLE IF NOT EXISTS baseline.wallets (id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0), version bigint NOT NULL) WITH (fillfactor = 80);
CREATE TABLE IF NOT EXISTS baseline.transfers (id uuid PRIMARY KEY, key uuid NOT NULL UNIQUE, payer bigint NOT NULL, payee bigint NOT NULL,
	amount bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS baseline.entries (wallet bigint NOT NULL, version bigint NOT NULL, transfer uuid NOT NULL, amount bigint NOT NULL,
	balance_after bigint NOT NULL, PRIMARY KEY (wallet, version));
CREATE OR REPLACE FUNCTION baseline.pay(new_id uuid, new_key uuid, payer_id bigint, payee_id bigint, cents bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE a baseline.wallets; b baseline.wallets;
BEGIN
	PERFORM 1 FROM baseline.wallets WHERE id IN (payer_id, payee_id) ORDER BY id FOR NO KEY UPDATE;
	INSERT INTO baseline.transfers (id, key, payer, payee, amount) VALUES (new_id, new_key, payer_id, payee_id, cents) ON CONFLICT (key) DO NOTHING;
	IF NOT FOUND THEN RETURN true; END IF;
	UPDATE baseline.wallets SET balance = balance - cents, version = version + 1 WHERE id = payer_id RETURNING * INTO a;
	UPDATE baseline.wallets SET balance = balance + cents, version = version + 1 WHERE id = payee_id RETURNING * INTO b;
	INSERT INTO baseline.entries VALUES (a.id, a.version, new_id, -cents, a.balance), (b.id, b.version, new_id, cents, b.balance);
	RETURN true;
END $$;`

type baseline struct {
	w    *world
	pool *pgxpool.Pool
}

func newBaseline(connections int) makeContender {
	return func(ctx context.Context, w *world, _ string) (contender, error) {
		return openBaseline(ctx, w, connections)
	}
}

func openBaseline(ctx context.Context, w *world, connections int) (contender, error) {
	if _, err := w.db.Pool.Exec(ctx, baselineSQL); err != nil {
		return nil, err
	}
	_, err := w.db.Pool.Exec(ctx, `INSERT INTO baseline.wallets SELECT id, $1, 0 FROM public.wallets WHERE kind = 'USER' ON CONFLICT DO NOTHING`, eachHolds)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(w.dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(connections) //nolint:gosec // a few hundred
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return &baseline{w: w, pool: pool}, err
}

func (b *baseline) name() string   { return "(a) one PL/pgSQL call" }
func (b *baseline) serverPID() int { return 0 }
func (b *baseline) close()         { b.pool.Close() }

func (b *baseline) move(ctx context.Context, _, from, to int) error {
	var done bool
	return b.pool.QueryRow(ctx, `SELECT baseline.pay($1, $2, $3, $4, 1)`,
		uuid.Must(uuid.NewV7()), uuid.New(), b.w.wallets[from].ID, b.w.wallets[to].ID).Scan(&done)
}

func (b *baseline) allocations(context.Context) (uint64, error) { return ownAllocations(), nil }

func (b *baseline) stored(ctx context.Context) (n int, err error) {
	err = b.pool.QueryRow(ctx, `SELECT count(*) FROM baseline.transfers`).Scan(&n)
	return n, err
}

func (b *baseline) check(ctx context.Context) error {
	var sum, wrong int64
	err := b.pool.QueryRow(ctx, `SELECT coalesce(sum(amount), 0) FROM baseline.entries`).Scan(&sum)
	if err == nil {
		err = b.pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT w.id FROM baseline.wallets w LEFT JOIN baseline.entries e ON e.wallet = w.id
			GROUP BY w.id HAVING w.balance <> $1 + coalesce(sum(e.amount), 0)) AS x`, eachHolds).Scan(&wrong)
	}
	if err == nil && (sum != 0 || wrong != 0) {
		return fmt.Errorf("the sums do not hold: %d, %d wallets", sum, wrong)
	}
	return err
}

var errRefused = errors.New("refused")
