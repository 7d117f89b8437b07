package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

func TestOpenDoesNotQuoteThePassword(t *testing.T) {
	t.Parallel()
	for what, dsn := range map[string]string{
		"a broken address": "postgres://purser:hunter2@host:port/purser",
		"a dead server":    "postgres://purser:hunter2@127.0.0.1:1/purser?connect_timeout=5",
	} {
		db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		if err == nil {
			db.Close()
			t.Fatalf("%s was opened", what)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes the password: %v", what, err)
		}
	}
}

func TestViolatesNamesTheConstraint(t *testing.T) {
	t.Parallel()
	db := jars(t, postgres.Options{})
	_, unique := db.Pool.Exec(t.Context(), `INSERT INTO jars VALUES (1, 0)`)
	_, check := db.Pool.Exec(t.Context(), `UPDATE jars SET coins = -1 WHERE id = 1`)
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		return 0, fmt.Errorf("wrapped: %w", add(tx, 1, -1))
	})
	for _, c := range []struct {
		err        error
		constraint string
		want       bool
	}{
		{unique, "jars_pkey", true},
		{unique, "jars_coins_check", false},
		{check, "jars_coins_check", true},
		{err, "jars_coins_check", true},
		{errors.New("jars_pkey"), "jars_pkey", false},
		{nil, "jars_pkey", false},
	} {
		if got := postgres.Violates(c.err, c.constraint); got != c.want {
			t.Errorf("Violates(%v, %s) = %t", c.err, c.constraint, got)
		}
	}
	for _, err := range []error{unique, check, errors.New("40001"), nil} {
		if postgres.IsRetryable(err) {
			t.Errorf("%v is worth repeating", err)
		}
	}
}

// jars is a database with two empty jars, which cannot hold less than nothing.
func jars(t *testing.T, opts postgres.Options) *postgres.DB {
	t.Helper()
	db := pgtest.NewWith(t, opts)
	_, err := db.Pool.Exec(t.Context(), `
CREATE TABLE jars (
    id    int PRIMARY KEY,
    coins int NOT NULL CONSTRAINT jars_coins_check CHECK (coins >= 0)
);
INSERT INTO jars VALUES (1, 0), (2, 0)`)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func add(tx *postgres.Tx, jar, more int) error {
	return tx.GORM().Exec(`UPDATE jars SET coins = coins + ? WHERE id = ?`, more, jar).Error
}

func coins(t *testing.T, db *postgres.DB, jar int) (held int) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), `SELECT coins FROM jars WHERE id = $1`, jar).Scan(&held); err != nil {
		t.Fatal(err)
	}
	return held
}
