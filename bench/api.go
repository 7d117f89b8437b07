package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"purser/internal/accounts"
	"purser/internal/config"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/internal/verification"
)

var (
	servingAt = regexp.MustCompile(`API +http://(\S+)/graphql`)
	mallocs   = regexp.MustCompile(`(?m)^go_memstats_mallocs_total (\S+)$`)
)

// api is createTransfer as an app calls it: HTTP, GraphQL, a token of its own for each person, on a server process.
type api struct {
	w       *world
	cmd     *exec.Cmd
	address string
	tokens  []string
	wires   []*wire // of each client
}

func newAPI(ctx context.Context, w *world, binary string) (contender, error) {
	tokens, err := signIn(ctx, w)
	if err != nil {
		return nil, err
	}
	a := &api{w: w, tokens: tokens, cmd: exec.Command(binary)}
	out := &output{}
	a.cmd.Env = append(os.Environ(), "DATABASE_URL="+w.dsn, "LISTEN_ADDR=127.0.0.1:0", "LOG_LEVEL=warn")
	a.cmd.Stdout, a.cmd.Stderr = out, os.Stderr
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if found := servingAt.FindSubmatch(out.bytes()); found != nil {
			a.address = string(found[1])
			for client := range mostClients {
				a.wires = append(a.wires, newWire(a.address, tokens[client%len(tokens)]))
			}
			return a, nil
		}
	}
	a.close()
	return nil, errors.New("the server does not serve")
}

// signIn opens a session for each person, with the keys that the server will find in the database.
func signIn(ctx context.Context, w *world) ([]string, error) {
	c, err := config.Load(map[string]string{})
	if err != nil {
		return nil, err
	}
	box, err := secret.NewBox(c.MasterKey())
	if err != nil {
		return nil, err
	}
	hub := events.NewHub(w.db, slog.New(slog.DiscardHandler))
	messages := delivery.New(w.db, box)
	codes := verification.New(w.db, box, messages, verification.Config{})
	people := accounts.New(w.db, box, codes, messages, hub, accounts.Config{})
	room, err := sessions.New(ctx, w.db, box, people, codes, hub, sessions.Config{AccessTTL: c.AccessTokenTTL, RefreshTTL: c.RefreshTokenTTL})
	if err != nil {
		return nil, err
	}
	tokens := make([]string, min(len(w.people), mostClients))
	for i, p := range w.people[:len(tokens)] {
		opened, err := room.Open(ctx, p.account, sessions.Device{Name: "bench", Platform: "OTHER"}, false)
		if err != nil {
			return nil, err
		}
		tokens[i] = opened.Access
	}
	return tokens, nil
}

func (a *api) name() string   { return "(c) createTransfer" }
func (a *api) serverPID() int { return a.cmd.Process.Pid }

func (a *api) close() {
	for _, w := range a.wires {
		w.close()
	}
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	_ = a.cmd.Wait()
}

func (a *api) move(ctx context.Context, client, from, to int) error {
	return a.wires[client].send(ctx, a.w.wallets[from].Number, a.w.wallets[to].Number)
}

// allocations are those that the server counts.
func (a *api) allocations(ctx context.Context) (uint64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	found := mallocs.FindSubmatch(text)
	if found == nil {
		return 0, errors.New("the server does not count its allocations")
	}
	count, err := strconv.ParseFloat(string(found[1]), 64)
	return uint64(count), err
}

func (a *api) stored(ctx context.Context) (int, error) { return storedTransfers(ctx, a.w) }
func (a *api) check(ctx context.Context) error         { return sumsHold(ctx, a.w) }

// output is what the server prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text.Bytes())
}
