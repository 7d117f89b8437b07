package postgres

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/migrations"
)

// resealBatch is how many rows one transaction seals anew: it holds their locks.
const resealBatch = 200

// DataKeyState is a key that rows may be sealed under.
type DataKeyState struct {
	ID        string
	CreatedAt time.Time
	RetiredAt *time.Time
	check     []byte
}

// UseKeys notes that this server seals under its newest key, and fails when a key that rows may need is missing here, or another one of
// the same name.
func UseKeys(ctx context.Context, db *DB) error {
	ring := db.ring
	if ring == nil {
		return errNoRing
	}
	known, err := DataKeys(ctx, db)
	if err != nil {
		return err
	}
	for _, key := range known {
		switch {
		case key.RetiredAt != nil:
		case ring.Check(key.ID) == nil:
			return fmt.Errorf("DATA_KEYS: the key %q is missing, and rows are sealed under it", key.ID)
		case !bytes.Equal(ring.Check(key.ID), key.check):
			return fmt.Errorf("DATA_KEYS: the key %q is another one than that of this database", key.ID)
		}
	}
	// Only now: a server that does not start must not keep others from it.
	_, err = db.Pool.Exec(ctx, `INSERT INTO data_keys (id, check_mac, created_at) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET retired_at = NULL`, ring.Newest(), ring.Check(ring.Newest()), db.Now())
	if err != nil {
		return fmt.Errorf("postgres: data keys: %w", err)
	}
	return nil
}

// DataKeys are the keys that rows are or were sealed under, oldest first.
func DataKeys(ctx context.Context, db *DB) (keys []DataKeyState, err error) {
	rows, err := db.Pool.Query(ctx, `SELECT id, created_at, retired_at, check_mac FROM data_keys ORDER BY created_at, id`)
	if err == nil {
		keys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k DataKeyState, err error) {
			return k, row.Scan(&k.ID, &k.CreatedAt, &k.RetiredAt, &k.check)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("postgres: data keys: %w", err)
	}
	return keys, nil
}

// Reseal seals everything anew under the newest key, batch by batch, beside servers that work; report is told of each table's rows. When
// nothing is left under another key, those are retired. A repeat goes on where one broke off. Servers must all seal under the newest key
// before: one that does not is found by the last look, and the key stays.
func Reseal(ctx context.Context, db *DB, report func(table string, rows int)) error {
	if db.ring == nil {
		return errNoRing
	}
	for _, table := range migrations.PrivateTables {
		total, after := 0, ""
		for {
			rows, last, err := resealSome(ctx, db, table, after)
			if err != nil {
				return fmt.Errorf("postgres: seal %s anew: %w", table.Name, err)
			}
			if rows == 0 {
				break
			}
			total, after = total+rows, last
		}
		report(table.Name, total)
	}
	return retireOthers(ctx, db)
}

// needs is the condition of a row that has something under another key; $1 is what begins what the newest has sealed.
func needs(t migrations.PrivateTable) string {
	parts := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		parts[i] = fmt.Sprintf("(%s_sealed IS NOT NULL AND substring(%[1]s_sealed FROM 1 FOR length($1::bytea)) <> $1)", column)
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// resealSome goes on behind a key, in the order of keys, so that two that do it lock rows alike.
func resealSome(ctx context.Context, db *DB, t migrations.PrivateTable, after string) (rows int, last string, err error) {
	type some struct {
		rows int
		last string
	}
	done, err := InTx(ctx, db, func(tx *Tx) (s some, err error) {
		err = tx.PGX(func(q Querier) error {
			ids, values, err := readSealed(ctx, q, db, t, after)
			if err != nil || len(ids) == 0 {
				return err
			}
			batch := &pgx.Batch{}
			for i, id := range ids {
				set, args := make([]string, len(t.Columns)), []any{id}
				for j, column := range t.Columns {
					name := column + "_sealed"
					set[j] = fmt.Sprintf("%s = $%d", name, j+2)
					if values[i][j] == nil {
						args = append(args, nil)
						continue
					}
					plain, err := db.ring.Open(t.Name, name, id, values[i][j])
					if err != nil {
						return err
					}
					args = append(args, db.ring.Seal(t.Name, name, id, plain))
				}
				batch.Queue(fmt.Sprintf("UPDATE %s SET %s WHERE %s = %s", t.Name, strings.Join(set, ", "), t.Key, t.Arg(1)), args...)
			}
			s = some{len(ids), ids[len(ids)-1]}
			return q.SendBatch(ctx, batch).Close()
		})
		return s, err
	})
	return done.rows, done.last, err
}

func readSealed(ctx context.Context, q Querier, db *DB, t migrations.PrivateTable, after string) (ids []string, values [][][]byte, err error) {
	condition, args := needs(t), []any{db.ring.Prefix()}
	if after != "" {
		condition, args = condition+" AND "+t.Key+" > "+t.Arg(2), append(args, after)
	}
	rows, err := q.Query(ctx, fmt.Sprintf("SELECT %s, %s_sealed FROM %s WHERE %s ORDER BY %s LIMIT %d FOR NO KEY UPDATE",
		t.ID(), strings.Join(t.Columns, "_sealed, "), t.Name, condition, t.Key, resealBatch), args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		id, row := "", make([][]byte, len(t.Columns))
		into := []any{&id}
		for i := range row {
			into = append(into, &row[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		ids, values = append(ids, id), append(values, row)
	}
	return ids, values, rows.Err()
}

// retireOthers retires all keys but the newest, if nothing is sealed under them any more.
func retireOthers(ctx context.Context, db *DB) error {
	for _, t := range migrations.PrivateTables {
		var left bool
		err := db.Pool.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s WHERE %s)", t.Name, needs(t)), db.ring.Prefix()).Scan(&left)
		if err != nil {
			return fmt.Errorf("postgres: look at %s: %w", t.Name, err)
		}
		if left {
			return fmt.Errorf("postgres: a server still seals %s under another key: give all of them the new one, then repeat", t.Name)
		}
	}
	_, err := db.Pool.Exec(ctx, `UPDATE data_keys SET retired_at = $2 WHERE id <> $1 AND retired_at IS NULL`, db.ring.Newest(), db.Now())
	if err != nil {
		return fmt.Errorf("postgres: retire data keys: %w", err)
	}
	return nil
}
