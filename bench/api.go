package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/config"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/internal/verification"
)

var servingAt = regexp.MustCompile(`API +(http://\S+)/graphql`)

// api is createTransfer as an app calls it: HTTP, GraphQL, a token of its own for each person, on a server process.
type api struct {
	w      *world
	cmd    *exec.Cmd
	url    string
	http   *http.Client
	tokens []string
}

func newAPI(ctx context.Context, w *world, binary string) (contender, error) {
	tokens, err := signIn(ctx, w)
	if err != nil {
		return nil, err
	}
	a := &api{w: w, tokens: tokens, cmd: exec.Command(binary), http: &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024},
	}}
	out := &output{}
	a.cmd.Env = append(os.Environ(), "DATABASE_URL="+w.dsn, "LISTEN_ADDR=127.0.0.1:0", "LOG_LEVEL=warn")
	a.cmd.Stdout, a.cmd.Stderr = out, os.Stderr
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if found := servingAt.FindSubmatch(out.bytes()); found != nil {
			a.url = string(found[1]) + "/graphql"
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
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	_ = a.cmd.Wait()
}

const mutation = `mutation($i: CreateTransferInput!) { createTransfer(input: $i) { transfer { id status } userErrors { code } } }`

type answer struct {
	Data struct {
		CreateTransfer struct {
			Transfer   struct{ Status string }
			UserErrors []struct{ Code string }
		}
	}
	Errors []struct{ Message string }
}

func (a *api) move(ctx context.Context, client, from, to int) error {
	body, err := json.Marshal(map[string]any{"query": mutation, "variables": map[string]any{"i": map[string]any{
		"from": a.w.wallets[from].Number, "to": map[string]any{"walletNumber": a.w.wallets[to].Number}, "amount": "0.01", "idempotencyKey": uuid.NewString(),
	}}})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+a.tokens[client%len(a.tokens)])
	response, err := a.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var said answer
	if err := json.Unmarshal(text, &said); err != nil {
		return err
	}
	if said.Data.CreateTransfer.Transfer.Status != "COMPLETED" {
		return fmt.Errorf("%w: %.300s", errRefused, text)
	}
	return nil
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
