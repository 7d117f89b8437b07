package ledger_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/internal/ledger/ledgertest"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

const patience = 30 * time.Second // for what comes by itself; a test that waits this long has failed

// journal keeps what a ledger logs.
type journal struct {
	slog.Handler
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool { fmt.Fprintf(&j.text, " %s=%v", a.Key, a.Value); return true })
	j.text.WriteString("\n")
	return nil
}

// count says in how many lines a text stands.
func (j *journal) count(text string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// settingOn is a fresh database whose connections begin with a setting.
func settingOn(t *testing.T, name, value string) *postgres.DB {
	t.Helper()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), fmt.Sprintf(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET %s = ''%s''', current_database()); END $$`, name, value))
	if err != nil {
		t.Fatal(err)
	}
	db.Pool.Reset()
	return db
}

// opponent is somebody else's transaction in the database. It ends with the test at the latest.
func opponent(t *testing.T, db *postgres.DB) pgx.Tx {
	t.Helper()
	tx, err := db.Pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), `SET LOCAL deadlock_timeout = '10min'`); err != nil { // it never looks for a deadlock: it is not the victim
		t.Fatal(err)
	}
	return tx
}

func lock(ctx context.Context, tx pgx.Tx, p ledgertest.Person) error {
	_, err := tx.Exec(ctx, `SELECT 1 FROM wallets WHERE id = $1 FOR UPDATE`, p.Wallet.ID)
	return err
}

// waitBlocked waits until a backend waits for a lock: that of a transaction, or, given nil, any that posts.
func waitBlocked(t *testing.T, db *postgres.DB, who pgx.Tx) {
	t.Helper()
	pid := uint32(0)
	if who != nil {
		pid = who.Conn().PgConn().PID()
	}
	for deadline := time.Now().Add(patience); ; {
		var blocked bool
		err := db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND $1 IN (0, pid))`, int64(pid)).Scan(&blocked)
		if err != nil {
			t.Fatal(err)
		}
		if blocked {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody waits for a lock")
		}
	}
}

// postAll sends the same payment many times, each with its own key, at once. The answers come to the returned function.
func (w *world) postAll(t *testing.T, n int, from, to ledgertest.Person) (wait func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if outcome, err := w.post(transfer(from, to, 100, 1)); err != nil || outcome.Replayed {
				t.Errorf("a posting is answered with %+v, %v", outcome, err)
			}
		})
	}
	return all.Wait
}

// TestADeadlockIsAnsweredTruly makes a poster the victim of a deadlock, by somebody who locks two wallets in the other order. What
// it posted is posted again, once.
func TestADeadlockIsAnsweredTruly(t *testing.T) {
	t.Parallel()
	db := settingOn(t, "deadlock_timeout", "50ms")
	log := &journal{}
	w := worldLogging(t, db, log)
	low, high := w.funded(t, 1_000_000), w.person(t)
	ctx := t.Context()

	const each = 10
	rounds := ledgertest.Size(2, 20)
	for range rounds {
		// The poster waits for the first wallet, and behind it, holding the second, waits the opponent. When the first is let go, the
		// poster gets it and waits for the second: now each waits for the other, and only the poster looks for deadlocks.
		first, second := opponent(t, db), opponent(t, db)
		if err := lock(ctx, first, low); err != nil {
			t.Fatal(err)
		}
		answered := w.postAll(t, each, low, high)
		waitBlocked(t, db, nil)
		if err := lock(ctx, second, high); err != nil {
			t.Fatal(err)
		}
		won := make(chan error, 1)
		go func() { won <- lock(ctx, second, low) }()
		waitBlocked(t, db, second)
		if err := first.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if err := <-won; err != nil {
			t.Fatalf("the opponent was the victim: %v", err)
		}
		if err := second.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		answered()
	}
	if log.count("40P01") == 0 {
		t.Errorf("no poster was the victim of a deadlock:\n%s", log.text.String())
	}
	if got, want := w.balance(t, high), int64(rounds*each*100); got != want {
		t.Errorf("the wallet holds %d, want %d", got, want)
	}
	ledgertest.Check(t, db)
}

// TestASerializationFailureIsAnsweredTruly has Postgres refuse postings with a serialization failure, for a row that somebody
// changed meanwhile.
func TestASerializationFailureIsAnsweredTruly(t *testing.T) {
	t.Parallel()
	db := settingOn(t, "default_transaction_isolation", "repeatable read")
	log := &journal{}
	w := worldLogging(t, db, log)
	anna, boris := w.funded(t, 1_000_000), w.person(t)
	const each = 10
	rounds := ledgertest.Size(3, 30)
	for range rounds {
		other := opponent(t, db)
		if _, err := other.Exec(t.Context(), `UPDATE wallets SET name = name || '.' WHERE id = $1`, anna.Wallet.ID); err != nil {
			t.Fatal(err)
		}
		answered := w.postAll(t, each, anna, boris)
		waitBlocked(t, db, nil)
		if err := other.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		answered()
	}
	if log.count("40001") == 0 {
		t.Errorf("no posting met a serialization failure:\n%s", log.text.String())
	}
	if got, want := w.balance(t, boris), int64(rounds*each*100); got != want {
		t.Errorf("boris has %d, want %d", got, want)
	}
	ledgertest.Check(t, db)
}

// TestAFailureOfTheCommitItselfIsAnsweredTruly lets everything be written and has the commit fail, as it may where transactions are
// serializable: nothing of the attempt remains, and the next one is the first.
func TestAFailureOfTheCommitItselfIsAnsweredTruly(t *testing.T) {
	t.Parallel()
	const failures = 3
	db := pgtest.New(t)
	log := &journal{}
	w := worldLogging(t, db, log)
	anna, boris := w.funded(t, 100_000), w.person(t)
	_, err := db.Pool.Exec(t.Context(), fmt.Sprintf(`
CREATE SEQUENCE commits;
CREATE FUNCTION fail_some() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('commits') <= %d THEN -- a sequence remembers what was rolled back
        RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER fail_some AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_some()`, failures))
	if err != nil {
		t.Fatal(err)
	}
	if outcome, err := w.post(transfer(anna, boris, 100, 1)); err != nil || outcome.Replayed {
		t.Errorf("the posting is answered with %+v, %v", outcome, err)
	}
	if got := log.count("40001"); got != failures {
		t.Errorf("%d commits failed, want %d:\n%s", got, failures, log.text.String())
	}
	if got := w.balance(t, boris); got != 100 {
		t.Errorf("boris has %d", got)
	}
	ledgertest.Check(t, db)
}
