package main

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"purser/internal/money"
)

// TestAKillBetweenCommitAndAnswerLosesNothing kills the server when Postgres has committed a transfer and the server has not
// heard of it yet. The app repeats its request with the same key and gets the first result.
func TestAKillBetweenCommitAndAnswerLosesNothing(t *testing.T) {
	t.Parallel()
	killed(t, afterCommit, true)
}

// TestAKillBeforeTheCommitLeavesNothing kills the server when it has written everything and not committed. The repeat is
// then the first.
func TestAKillBeforeTheCommitLeavesNothing(t *testing.T) {
	t.Parallel()
	killed(t, beforeCommit, false)
}

func killed(t *testing.T, when moment, wantReplayed bool) {
	dsn := withDemo(t)
	tap := newTap(t, dsn)
	first := startServer(t, tap.dsn)
	anna := first.client(t).anna()
	borisWallet, _ := first.client(t).boris().wallet("Z")
	annaWallet, before := anna.wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")

	tap.arm(when, first.kill)
	request := vars{"from": annaWallet, "to": borisWallet, "amount": "10", "key": newKey()}
	if r, err := anna.try(createTransfer, request); err == nil {
		t.Fatalf("the killed server answered: %+v", r)
	}
	if !tap.fired() {
		t.Fatal("the server ended, but not at the commit")
	}

	second := startServer(t, dsn)
	again := anna.at(second)
	if _, now := again.wallet("Z"); (now == before) == wantReplayed {
		t.Errorf("anna has %s now and had %s", now, before)
	}
	result := ask[created](again, createTransfer, request).CreateTransfer
	if result.Transfer == nil || result.Transfer.Status != "COMPLETED" || result.Replayed != wantReplayed {
		t.Fatalf("the repeat is answered with %+v", result)
	}
	if _, now := again.wallet("Z"); now != "989.92" {
		t.Errorf("anna has %s: the money did not move exactly once", now)
	}
	check(t, dsn)
}

// TestALostConnectionAroundACommitIsAnsweredTruly cuts the poster's connection at each moment of a posting. The server finds out
// what happened, does the rest, and answers as if nothing had been.
func TestALostConnectionAroundACommitIsAnsweredTruly(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	tap := newTap(t, dsn)
	s := startServer(t, tap.dsn)
	anna := s.client(t).anna()
	borisWallet, _ := s.client(t).boris().wallet("Z")
	annaWallet, _ := anna.wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")

	for i, when := range []moment{beforeWrites, beforeCommit, duringCommit, afterCommit} {
		tap.arm(when, func() {}) // the connection ends with the moment
		request := vars{"from": annaWallet, "to": borisWallet, "amount": "10", "key": newKey()}
		got := ask[created](anna, createTransfer, request).CreateTransfer
		if got.Transfer == nil || got.Transfer.Status != "COMPLETED" || got.Replayed || !tap.fired() {
			t.Errorf("cut at %d: %+v, fired %t", when, got, tap.fired())
		}
		if _, left := anna.wallet("Z"); left != money.Format(int64(100_000-1008*(i+1)), 2) {
			t.Errorf("cut at %d: anna has %s", when, left)
		}
	}
	check(t, dsn)
}

// tap stands between the server and Postgres and can end the server at an exact moment of a posting.
type tap struct {
	t        *testing.T
	dsn      string
	upstream string

	mu    sync.Mutex
	when  moment
	kill  func()
	goOn  bool
	ended atomic.Bool
}

type moment int

const (
	never moment = iota
	beforeWrites
	beforeCommit
	duringCommit // Postgres has the order to commit; nobody waits for what it says
	afterCommit
)

func newTap(t *testing.T, dsn string) *tap {
	t.Helper()
	return newTapIn(t, dsn, t.TempDir())
}

// newTapIn is a tap that listens in a folder.
func newTapIn(t *testing.T, dsn, dir string) *tap {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	network, upstream := addressOf(config)
	if network != "unix" {
		t.Fatalf("the tap is for sockets of the file system, not for %s", network)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &tap{t: t, upstream: upstream, dsn: "host=" + dir + " port=5432 user=" + config.User + " dbname=" + config.Database}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func addressOf(config *pgx.ConnConfig) (network, address string) {
	if strings.HasPrefix(config.Host, "/") {
		return "unix", filepath.Join(config.Host, ".s.PGSQL."+strconv.Itoa(int(config.Port)))
	}
	return "tcp", config.Host
}

func (p *tap) arm(when moment, kill func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.when, p.kill, p.goOn = when, kill, false
	p.ended.Store(false)
}

// watch is arm without a cut: what has been done, the posting goes on.
func (p *tap) watch(when moment, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.when, p.kill, p.goOn = when, do, true
	p.ended.Store(false)
}

func (p *tap) fired() bool { return p.ended.Load() }

// fire does what is to be done at this moment, and says whether the connection is to end.
func (p *tap) fire(now moment) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.when != now || p.ended.Load() {
		return false
	}
	p.ended.Store(true)
	p.kill()
	return !p.goOn
}

// serve passes messages both ways, and notes which transactions write entries.
func (p *tap) serve(conn net.Conn) {
	defer conn.Close()
	up, err := net.Dial("unix", p.upstream)
	if err != nil {
		return
	}
	defer up.Close()
	app, database := pgproto3.NewBackend(conn, conn), pgproto3.NewFrontend(up, up)
	if !p.startUp(conn, up, app, database) {
		return
	}

	var moves atomic.Bool // the transaction in progress writes entries
	go func() {
		defer conn.Close()
		for {
			message, err := database.Receive()
			if err != nil {
				return
			}
			if done, ok := message.(*pgproto3.CommandComplete); ok && string(done.CommandTag) == "COMMIT" && moves.Load() && p.fire(afterCommit) {
				return
			}
			app.Send(message)
			if app.Flush() != nil {
				return
			}
		}
	}()
	statements := map[string]string{}
	committing := false
	for {
		message, err := app.Receive()
		if err != nil {
			return
		}
		switch m := message.(type) {
		case *pgproto3.Parse:
			statements[m.Name] = m.Query
		case *pgproto3.Bind:
			switch statement := statements[m.PreparedStatement]; {
			case statement == "BEGIN":
				moves.Store(false)
			case strings.Contains(statement, "INSERT INTO entries"):
				moves.Store(true)
				if p.fire(beforeWrites) {
					return
				}
			case statement == "COMMIT" && moves.Load():
				if p.fire(beforeCommit) {
					return
				}
				committing = true
			}
		}
		database.Send(message)
		if database.Flush() != nil {
			return
		}
		if _, isSync := message.(*pgproto3.Sync); isSync && committing {
			if committing = false; p.fire(duringCommit) {
				return
			}
		}
	}
}

// startUp passes the first message, or a request to cancel, which is a whole connection.
func (p *tap) startUp(conn net.Conn, up io.Writer, app *pgproto3.Backend, database *pgproto3.Frontend) bool {
	message, err := app.ReceiveStartupMessage()
	if err != nil {
		return false
	}
	switch m := message.(type) {
	case *pgproto3.StartupMessage:
		database.Send(m)
		return database.Flush() == nil
	case *pgproto3.CancelRequest:
		text, err := m.Encode(nil)
		if err == nil {
			_, _ = up.Write(text)
		}
		return false
	default:
		p.t.Error(errors.New("an unexpected first message"))
		_ = conn.Close()
		return false
	}
}
