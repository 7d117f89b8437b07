package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

var update = flag.Bool("update", false, "write docs/queries.md")

// statement is something the server asks of the database.
type statement struct {
	room, function string // that ask it
	sql            string // as it is sent
	args           []any  // of the first time
}

// collector is a tracer that keeps each statement once, with the function that sends it. It counts for each request, too.
type collector struct {
	*statements
	mu    sync.Mutex
	bySQL map[string]statement
}

func (c *collector) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.keep(data.SQL, data.Args)
	return c.statements.TraceQueryStart(ctx, conn, data)
}

// TraceBatchStart is for the ledger, which sends its statements in batches.
func (c *collector) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, queued := range data.Batch.QueuedQueries {
		c.keep(queued.SQL, queued.Arguments)
	}
	return c.statements.TraceBatchStart(ctx, conn, data)
}

// unplanned are the statements that Postgres makes no plan for.
var unplanned = regexp.MustCompile(`(?i)^(begin|commit|rollback|savepoint|release|listen|-- ping)\b`)

func (c *collector) keep(sql string, args []any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if unplanned.MatchString(strings.TrimSpace(sql)) {
		return
	}
	room, function := asker()
	if room == river {
		return // its statements are its own affair
	}
	// Whether a group waits for rows or goes around them depends on what the machine was doing a moment ago; the plan does not.
	if plain, goesAround := strings.CutSuffix(sql, " SKIP LOCKED"); goesAround && room == "ledger" {
		sql = plain
	}
	// Of several that ask the same, the first on the page has it: which of them comes first in time depends on the machine.
	if known, ok := c.bySQL[sql]; ok && cmp.Or(cmp.Compare(shelf(known.room), shelf(room)), cmp.Compare(known.function, function)) <= 0 {
		return
	}
	c.bySQL[sql] = statement{room: room, function: function, sql: sql, args: slices.Clone(args)}
}

const river = "river"

// asker is the nearest function of ours above the database's door, or of the library that runs jobs.
func asker() (room, function string) {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, more := frames.Next()
		if path, ours := strings.CutPrefix(frame.Function, "purser/internal/"); ours && !strings.HasPrefix(path, "postgres.") {
			room, function, _ = strings.Cut(path, ".")
			return room, closure.ReplaceAllString(function, "")
		}
		if strings.HasPrefix(frame.Function, "github.com/riverqueue/") {
			return river, ""
		}
		if name, ours := strings.CutPrefix(frame.Function, "purser."); ours && !strings.HasSuffix(frame.File, "_test.go") {
			return "server", closure.ReplaceAllString(name, "")
		}
		if !more {
			return "elsewhere", frame.Function
		}
	}
}

// closure is what a name ends with when a literal within the function asks.
var closure = regexp.MustCompile(`(\.func\d+|\.\d+|\.gowrap\d+)+$`)

func (c *collector) all() []statement {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := make([]statement, 0, len(c.bySQL))
	for _, s := range c.bySQL {
		found = append(found, s)
	}
	slices.SortFunc(found, func(a, b statement) int {
		return cmp.Or(cmp.Compare(shelf(a.room), shelf(b.room)), cmp.Compare(a.function, b.function), cmp.Compare(a.sql, b.sql))
	})
	return found
}

// shelf is what rooms are sorted by: the ledger comes first.
func shelf(room string) string { return strings.Replace(room, "ledger", "", 1) }

// await waits until a room has asked something.
func (c *collector) await(t *testing.T, room, part string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if slices.ContainsFunc(c.all(), func(s statement) bool { return s.room == room && strings.Contains(s.sql, part) }) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s never asks anything with %q", room, part)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// TestGoldenPageOfQueries lets a real server on a database that has grown do everything it does, and looks at how Postgres goes about
// each statement it was sent: none reads a growing table from end to end. docs/queries.md shows the plans.
func TestGoldenPageOfQueries(t *testing.T) {
	t.Parallel()
	seen := &collector{statements: &statements{byRequest: map[string][]string{}}, bySQL: map[string]statement{}}
	db := pgtest.NewWith(t, postgres.Options{Tracer: seen})
	growing := fill(t, db)
	clear(seen.bySQL) // of the crowd
	p := connectPlanner(t, db, growing)
	useEverything(t, serveOn(t, db), db, p, seen)

	p.mustCatch()
	rooms := map[string]bool{}
	for _, s := range seen.all() {
		rooms[s.room] = true
		for _, wrong := range p.judge(s) {
			t.Errorf("%s.%s %s:\n%s", s.room, s.function, wrong, s.sql)
		}
	}
	if rooms["elsewhere"] {
		t.Error("a statement was sent by nobody of ours")
	}
	for _, room := range []string{"accounts", "changes", "delivery", "events", "journal", "ledger", "operators", "server", "sessions", "statements", "transfers", "verification", "wallets"} {
		if !rooms[room] {
			t.Errorf("no statement of %s was seen", room)
		}
	}
	const path = "docs/queries.md"
	page := p.page(seen.all())
	if p.version() != shownVersion {
		return // its plans are as good, and their text another
	}
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), page); diff != "" {
		t.Errorf("the server asks something else, or Postgres goes about it in another way; if that is meant, run: make queries (-want +got)\n%s", diff)
	}
}

// mustCatch proves that the check can fail.
func (p *planner) mustCatch() {
	p.t.Helper()
	for sql, caught := range map[string]bool{
		`SELECT * FROM transfers WHERE memo = $1`: true,
		`SELECT count(*) FROM entries`:            true,
		`SELECT a.wmid FROM accounts a JOIN sessions s ON s.account_id = a.id WHERE a.certificate_level = $1 AND s.id = $2`: false, // by the session
		`SELECT a.wmid FROM accounts a LEFT JOIN sessions s ON s.account_id = a.id WHERE a.certificate_level = $1`:          true,
		`UPDATE messages SET channel = 'SMS' WHERE sealed = $1`:                                                             true,
		`SELECT id FROM transfers ORDER BY id`:                                                                              true, // all of the index
		`SELECT id FROM transfers ORDER BY id LIMIT 5`:                                                                      false,
		`SELECT * FROM currencies`: false,
		`SELECT EXISTS (SELECT 1 FROM transfers k WHERE k.memo = a.wmid) FROM accounts a WHERE a.id = $1`:         true, // in a subplan
		`WITH gone AS (DELETE FROM challenges WHERE purpose = $1 RETURNING id) SELECT id FROM gone WHERE id = $2`: true,
	} {
		plan, err := p.generic(sql)
		if err != nil {
			p.t.Fatalf("%s: %v", sql, err)
		}
		if wrong := plan.scans(p.growing, false); (len(wrong) > 0) != caught {
			p.t.Errorf("of %s is said: %v", sql, wrong)
		}
	}
}

// planner asks Postgres how it would go about statements, on a connection that is not traced.
type planner struct {
	t       *testing.T
	conn    *pgx.Conn
	growing map[string]bool
}

func connectPlanner(t *testing.T, db *postgres.DB, growing map[string]bool) *planner {
	t.Helper()
	config := db.Pool.Config().ConnConfig
	config.Tracer = nil
	config.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0" // it holds a wallet for as long as a busy machine takes
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return &planner{t: t, conn: conn, growing: growing}
}

// shownVersion is the major version of Postgres whose plans the page shows.
const shownVersion = 15

func (p *planner) version() (major int) {
	p.t.Helper()
	if err := p.conn.QueryRow(p.t.Context(), `SELECT current_setting('server_version_num')::int / 10000`).Scan(&major); err != nil {
		p.t.Fatal(err)
	}
	return major
}

// judge looks at a statement as Postgres may plan it: for the parameters it was first sent with, and for any.
func (p *planner) judge(s statement) (wrong []string) {
	p.t.Helper()
	var text string
	if err := p.conn.QueryRow(p.t.Context(), "EXPLAIN (FORMAT JSON) "+s.sql, s.args...).Scan(&text); err != nil {
		return []string{"cannot be explained: " + err.Error()}
	}
	sent, err := parsePlan(text)
	if err != nil {
		return []string{err.Error()}
	}
	generic, err := p.generic(s.sql)
	if err != nil {
		return []string{"cannot be prepared: " + err.Error()}
	}
	for _, scan := range sent.scans(p.growing, false) {
		wrong = append(wrong, scan+", given what was sent")
	}
	for _, scan := range generic.scans(p.growing, false) {
		wrong = append(wrong, scan+", given any parameters")
	}
	return wrong
}

// generic is the plan for any parameters.
func (p *planner) generic(sql string) (planNode, error) {
	text, err := p.explain(sql, "FORMAT JSON")
	if err != nil {
		return planNode{}, err
	}
	return parsePlan(strings.Join(text, "\n"))
}

// explain prepares a statement and has its plan for any parameters explained.
func (p *planner) explain(sql, options string) (lines []string, err error) {
	ctx := p.t.Context()
	if _, err := p.conn.Exec(ctx, "PREPARE asked AS "+sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, err
	}
	defer p.conn.Exec(ctx, "DEALLOCATE asked", pgx.QueryExecModeSimpleProtocol) //nolint:errcheck // the next PREPARE would say so
	var parameters int
	if err := p.conn.QueryRow(ctx, `SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'asked'`).Scan(&parameters); err != nil {
		return nil, err
	}
	execute := "EXECUTE asked"
	if parameters > 0 {
		execute += "(" + strings.TrimSuffix(strings.Repeat("NULL, ", parameters), ", ") + ")"
	}
	rows, err := p.conn.Query(ctx, "EXPLAIN ("+options+") "+execute, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// planNode is a step of a plan, as EXPLAIN (FORMAT JSON) has it.
type planNode struct {
	Type     string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Index    string     `json:"Index Name"`
	Cond     string     `json:"Index Cond"`
	Parts    []planNode `json:"Plans"`
}

func parsePlan(text string) (planNode, error) {
	var plans []struct{ Plan planNode }
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) != 1 || plans[0].Plan.Type == "" {
		return planNode{}, fmt.Errorf("not a plan: %w: %s", err, text)
	}
	return plans[0].Plan, nil
}

// partial are indexes of a few rows of a growing table: to read such a one whole is no scan of the table.
var partial = map[string]bool{"wallets_system_key": true}

// scans names each step that reads a growing table, or a whole index of one, from end to end. A limit above an index ends the
// reading early.
func (n planNode) scans(growing map[string]bool, limited bool) (wrong []string) {
	limited = limited || n.Type == "Limit"
	switch {
	case n.Type == "Seq Scan" && growing[n.Relation]:
		wrong = append(wrong, "reads all of "+n.Relation)
	case (n.Type == "Index Scan" || n.Type == "Index Only Scan") && n.Cond == "" && growing[n.Relation] && !limited && !partial[n.Index]:
		wrong = append(wrong, "reads all of "+n.Index)
	}
	for _, part := range n.Parts {
		wrong = append(wrong, part.scans(growing, limited && n.Type != "Sort" && n.Type != "Hash Join" && n.Type != "Aggregate")...)
	}
	return wrong
}
