package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestTheAuditCommandSpeaksByItsExit(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	_ = s.client(t).anna()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		command := exec.Command(path, append([]string{"audit"}, args...)...)
		command.Env = append(os.Environ(), "DATABASE_URL="+dsn)
		out, err := command.Output()
		return string(out), err
	}

	if out, err := run(); err != nil || !strings.Contains(out, "Every invariant holds.") {
		t.Errorf("beside a live server: %v\n%s", err, out)
	}
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), `UPDATE wallets SET balance = balance + 1 WHERE kind = 'FEES' AND currency = 'Z' AND shard = 0`); err != nil {
		t.Fatal(err)
	}
	out, err := run("-json")
	var report struct {
		Breach *struct{ Invariant, Row string }
	}
	if decode := json.Unmarshal([]byte(out), &report); err == nil || decode != nil || report.Breach == nil || !strings.Contains(report.Breach.Row, "Z000000000027") {
		t.Errorf("a broken ledger: %v, %v\n%s", err, decode, out)
	}
}
