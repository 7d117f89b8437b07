package migrations_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

var update = flag.Bool("update", false, "write schema.golden.sql")

func TestGoldenPageShowsTheSchema(t *testing.T) {
	const page = "schema.golden.sql"
	got := render(t, pgtest.New(t))
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the migrations add up to another schema; if that is meant, run: make generate (-want +got)\n%s", diff)
	}
}

// goose's own table is left out everywhere, and so is what Postgres derives: indexes behind constraints, triggers behind
// foreign keys, and from version 18 on the constraints behind NOT NULL.
const (
	tablesSQL = `SELECT c.relname, c.oid::bigint, coalesce(array_to_string(c.reloptions, ', '), ''), c.relpersistence = 'u' FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version' ORDER BY c.relname`

	columnsSQL = `SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attidentity <> ''
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

	constraintsSQL = `SELECT 'CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = $1::bigint::oid AND contype <> 'n' ORDER BY array_position('{p,u,f,c}'::"char"[], contype), conname`

	indexesSQL = `SELECT replace(pg_get_indexdef(i.indexrelid), 'public.', '') || ';' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = $1::bigint::oid AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY c.relname`

	triggersSQL = `SELECT replace(pg_get_triggerdef(oid), 'public.', '') || ';' FROM pg_trigger
WHERE tgrelid = $1::bigint::oid AND NOT tgisinternal ORDER BY tgname`

	functionsSQL = `SELECT replace(pg_get_functiondef(oid), 'public.', '') FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p') ORDER BY proname`

	domainsSQL = `SELECT 'CREATE DOMAIN ' || t.typname || ' AS ' || format_type(t.typbasetype, t.typtypmod) || coalesce(' CONSTRAINT ' || c.conname || ' ' || pg_get_constraintdef(c.oid), '') || ';'
FROM pg_type t LEFT JOIN pg_constraint c ON c.contypid = t.oid WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'd' ORDER BY 1`

	enumsSQL = `SELECT 'CREATE TYPE ' || t.typname || ' AS ENUM (' || string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) || ');'
FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = 'public'::regnamespace GROUP BY t.typname ORDER BY t.typname`

	othersSQL = `SELECT c.relkind::text || ' ' || c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('r', 'p', 'i', 't', 'S', 'c')
UNION ALL SELECT 'type ' || t.typname FROM pg_type t
WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'r' ORDER BY 1`
)

// render writes down the whole schema of a database as its catalogs have it.
func render(t *testing.T, db *postgres.DB) string {
	t.Helper()
	var page strings.Builder
	page.WriteString("-- What the migrations add up to, as Postgres has it. Written by: make generate\n")
	for _, sql := range []string{domainsSQL, enumsSQL} {
		for _, made := range lines(t, db, sql) {
			page.WriteString("\n" + made + "\n")
		}
	}
	for _, table := range tablesOf(t, db) {
		page.WriteString("\n" + table.definition(t, db))
		for _, sql := range []string{indexesSQL, triggersSQL} {
			for _, line := range lines(t, db, sql, table.oid) {
				page.WriteString(line + "\n")
			}
		}
	}
	for _, function := range lines(t, db, functionsSQL) {
		page.WriteString("\n" + strings.TrimSpace(function) + ";\n")
	}
	for _, other := range lines(t, db, othersSQL) { // none so far: whoever adds a kind teaches it to this page
		page.WriteString("\n-- not shown: " + other + "\n")
	}
	return page.String()
}

type table struct {
	name     string
	oid      int64
	options  string
	unlogged bool
}

type column struct {
	name, kind  string
	notNull     bool
	byDefault   string
	hasIdentity bool
}

func (c column) String() string {
	line := fmt.Sprintf("%-22s %-24s", c.name, c.kind)
	if c.notNull {
		line += " NOT NULL"
	}
	if c.byDefault != "" {
		line += " DEFAULT " + c.byDefault
	}
	if c.hasIdentity {
		line += " GENERATED ALWAYS AS IDENTITY"
	}
	return strings.TrimRight(line, " ")
}

func (tb table) definition(t *testing.T, db *postgres.DB) string {
	t.Helper()
	var parts []string
	for _, c := range tb.columns(t, db) {
		parts = append(parts, "    "+c.String())
	}
	for _, constraint := range lines(t, db, constraintsSQL, tb.oid) {
		parts = append(parts, "    "+constraint)
	}
	options := ""
	if tb.options != "" {
		options = " WITH (" + tb.options + ")"
	}
	create := "CREATE TABLE "
	if tb.unlogged {
		create = "CREATE UNLOGGED TABLE "
	}
	return create + tb.name + " (\n" + strings.Join(parts, ",\n") + "\n)" + options + ";\n"
}

func tablesOf(t *testing.T, db *postgres.DB) []table {
	t.Helper()
	return collect(t, db, func(row pgx.CollectableRow) (tb table, err error) {
		return tb, row.Scan(&tb.name, &tb.oid, &tb.options, &tb.unlogged)
	}, tablesSQL)
}

func (tb table) columns(t *testing.T, db *postgres.DB) []column {
	t.Helper()
	return collect(t, db, func(row pgx.CollectableRow) (c column, err error) {
		return c, row.Scan(&c.name, &c.kind, &c.notNull, &c.byDefault, &c.hasIdentity)
	}, columnsSQL, tb.oid)
}

func lines(t *testing.T, db *postgres.DB, sql string, args ...any) []string {
	t.Helper()
	return collect(t, db, pgx.RowTo[string], sql, args...)
}

func collect[T any](t *testing.T, db *postgres.DB, read pgx.RowToFunc[T], sql string, args ...any) []T {
	t.Helper()
	rows, err := db.Pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, read)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
