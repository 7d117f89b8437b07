package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// Sealer seals personal data as the server does.
type Sealer interface {
	Seal(table, column, id string, plain []byte) []byte
	Lookup(kind, value string) []byte
}

// PrivateTable says which columns of a table hold personal data, sealed, each under its name with "_sealed" behind. Key is the primary
// key, of type KeyType.
type PrivateTable struct {
	Name, Key, KeyType string
	Columns            []string
	lookups            [][3]string // column in clear, hash, kind
}

// ID is the SQL of the row's id as it is sealed with.
func (t PrivateTable) ID() string {
	if t.KeyType == "bytea" {
		return "encode(" + t.Key + ", 'hex')"
	}
	return t.Key + "::text"
}

// PrivateTables are all tables with personal data: those that migration 19 found, and what came later.
var PrivateTables = append(slices.Clone(privateAtFirst),
	PrivateTable{"contacts", "id", "uuid", []string{"name"}, nil},
	PrivateTable{"push_devices", "id", "uuid", []string{"target"}, nil},
)

// privateAtFirst are those of migration 19.
var privateAtFirst = []PrivateTable{
	{"accounts", "id", "uuid", []string{"phone", "email", "first_name", "middle_name", "last_name", "birth_date", "security_question"},
		[][3]string{{"phone", "phone_mac", "phone"}, {"email_key", "email_mac", "email"}}},
	{"registrations", "id", "uuid", []string{"phone", "email", "first_name", "middle_name", "last_name", "birth_date", "security_question"}, nil},
	{"recoveries", "id", "uuid", []string{"new_phone"}, nil},
	{"phone_changes", "account_id", "uuid", []string{"new_phone"}, nil},
	{"email_verifications", "token_mac", "bytea", []string{"new_email"}, [][3]string{{"email_key", "email_mac", "email"}}},
	{"challenges", "id", "uuid", []string{"target", "message"}, nil},
	{"messages", "id", "uuid", []string{"recipient"}, [][3]string{{"recipient", "recipient_mac", "recipient"}}},
}

const (
	sealBatch     = 500                                    // rows that one transaction seals
	systemAccount = "00000000-0000-7000-8000-000000000001" // which is nobody: its name is no secret, and stands in the code
)

// Arg is the SQL of an argument that names a row.
func (t PrivateTable) Arg(n int) string {
	if t.KeyType == "bytea" {
		return fmt.Sprintf("decode($%d, 'hex')", n)
	}
	return fmt.Sprintf("$%d::uuid", n)
}

// Private is migration 19: personal data is sealed by column, and looked up by keyed hashes. What is there is sealed in batches, a repeat
// after a crash goes on with what is left, and the columns in clear are emptied as it goes and dropped at the end. A server of the
// previous version cannot read what comes out of it: stop all of them first.
func Private(sealer Sealer) *goose.Migration {
	up := func(ctx context.Context, db *sql.DB) error {
		done, err := isPrivate(ctx, db)
		if err != nil || done {
			return err
		}
		if _, err := db.ExecContext(ctx, beginPrivate()); err != nil {
			return err
		}
		for _, table := range privateAtFirst {
			for last, more := "", true; more; {
				if last, more, err = table.sealSome(ctx, db, sealer, last); err != nil {
					return fmt.Errorf("%s: %w", table.Name, err)
				}
			}
		}
		_, err = db.ExecContext(ctx, endPrivate())
		return err
	}
	return goose.NewGoMigration(19, &goose.GoFunc{RunDB: up}, nil)
}

// isPrivate tells that a server did it all, and died before it could say so.
func isPrivate(ctx context.Context, db *sql.DB) (done bool, err error) {
	err = db.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = 'messages' AND column_name = 'recipient')`).Scan(&done)
	return done, err
}

// beginPrivate makes room beside what is in clear. One Exec is one transaction.
func beginPrivate() string {
	var b strings.Builder
	for _, t := range privateAtFirst {
		for _, clear := range t.clear() {
			fmt.Fprintf(&b, "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL, ALTER COLUMN %[2]s DROP DEFAULT;\n", t.Name, clear)
		}
		for _, column := range t.Columns {
			fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s_sealed bytea;\n", t.Name, column)
		}
		for _, l := range t.lookups {
			fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s bytea;\n", t.Name, l[1])
		}
	}
	return b.String() + `ALTER TABLE accounts DROP CONSTRAINT IF EXISTS accounts_reachable_check;
-- The keys that rows may be sealed under. check_mac tells two keys of one name apart.
CREATE TABLE IF NOT EXISTS data_keys (
    id         text        NOT NULL,
    check_mac  bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    CONSTRAINT data_keys_pkey PRIMARY KEY (id)
)`
}

// endPrivate drops what was in clear, with its indexes and constraints.
func endPrivate() string {
	var b strings.Builder
	for _, t := range privateAtFirst {
		for _, clear := range t.clear() {
			fmt.Fprintf(&b, "ALTER TABLE %s DROP COLUMN %s;\n", t.Name, clear)
		}
	}
	return b.String() + `ALTER TABLE accounts
    ADD CONSTRAINT accounts_phone_key UNIQUE (phone_mac),
    ADD CONSTRAINT accounts_email_key UNIQUE (email_mac),
    ADD CONSTRAINT accounts_reachable_check CHECK (role = 'SYSTEM' OR status = 'CLOSED' OR (phone_mac IS NOT NULL AND email_mac IS NOT NULL));
CREATE INDEX messages_recipient_idx ON messages (recipient_mac, id)`
}

// clear are the columns that hold something to read.
func (t PrivateTable) clear() []string {
	columns := append([]string(nil), t.Columns...)
	for _, l := range t.lookups {
		if l[0] == "email_key" {
			columns = append(columns, l[0])
		}
	}
	return columns
}

// sealSome seals a batch of the rows behind a key that have something in clear, and empties that.
func (t PrivateTable) sealSome(ctx context.Context, db *sql.DB, sealer Sealer, after string) (last string, more bool, err error) {
	clear := t.clear()
	var read, left, set []string
	for _, column := range clear {
		read, left = append(read, column+"::text"), append(left, column+" IS NOT NULL")
		set = append(set, column+" = NULL")
	}
	next := 2
	for _, column := range t.Columns {
		set = append(set, fmt.Sprintf("%s_sealed = $%d", column, next))
		next++
	}
	for _, l := range t.lookups {
		set = append(set, fmt.Sprintf("%s = $%d", l[1], next))
		next++
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", false, err
	}
	defer tx.Rollback() //nolint:errcheck // after the commit there is nothing to undo
	query := fmt.Sprintf("SELECT %s, %s FROM %s WHERE (%s)", t.ID(), strings.Join(read, ", "), t.Name, strings.Join(left, " OR "))
	var args []any
	if after != "" {
		query, args = query+" AND "+t.Key+" > "+t.Arg(1), []any{after}
	}
	found, err := t.readClear(ctx, tx, fmt.Sprintf("%s ORDER BY %s LIMIT %d", query, t.Key, sealBatch), args...)
	if err != nil {
		return "", false, err
	}
	update := fmt.Sprintf("UPDATE %s SET %s WHERE %s = %s", t.Name, strings.Join(set, ", "), t.Key, t.Arg(1))
	for _, row := range found {
		id := row[0].String
		last, args = id, []any{id}
		for i, column := range t.Columns {
			args = append(args, sealOne(sealer, t.Name, column, id, row[i+1]))
		}
		for _, l := range t.lookups {
			args = append(args, t.lookupOne(sealer, l, clear, row))
		}
		if _, err := tx.ExecContext(ctx, update, args...); err != nil {
			return "", false, err
		}
	}
	return last, len(found) > 0, tx.Commit()
}

func (t PrivateTable) readClear(ctx context.Context, tx *sql.Tx, query string, args ...any) (found [][]sql.NullString, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		row := make([]sql.NullString, 1+len(t.clear()))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

// sealOne is nil for what is not there.
func sealOne(sealer Sealer, table, column, id string, value sql.NullString) any {
	if value.String == "" || id == systemAccount {
		return nil
	}
	return sealer.Seal(table, column+"_sealed", id, []byte(value.String))
}

func (t PrivateTable) lookupOne(sealer Sealer, lookup [3]string, clear []string, row []sql.NullString) any {
	for i, column := range clear {
		if column == lookup[0] && row[i+1].String != "" {
			return sealer.Lookup(lookup[2], row[i+1].String)
		}
	}
	return nil
}
