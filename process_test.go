package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

const patience = time.Minute // for what comes by itself; a test that waits this long has failed

var binaryDir string

// binary builds the server once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "purser-test-binary-*")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "purser")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as in the container
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
	os.Exit(code)
}

// client speaks to a server as an app does.
type client struct {
	t       testing.TB
	url     string
	token   string
	refresh string
	told    *told
}

func (s *server) client(t testing.TB) *client { return &client{t: t, url: s.URL, told: s.told} }

// as is the same client with a token.
func (c *client) as(token string) *client {
	return &client{t: c.t, url: c.url, token: token, told: c.told}
}

// at is the same client at another server.
func (c *client) at(s *server) *client {
	return &client{t: c.t, url: s.URL, token: c.token, told: s.told}
}

type vars map[string]any

type reply struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct {
			Code, Reference   string
			RetryAfterSeconds int
		}
	}
	status int
	header http.Header
}

// try sends a request and returns whatever comes; an error is one of the connection.
func (c *client) try(query string, variables vars) (reply, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{status: response.StatusCode, header: response.Header}
	if c.told != nil {
		c.told.note("token", c.token)
		c.told.asked(query, variables)
		c.told.answered(text)
	}
	return r, json.Unmarshal(text, &r)
}

// ask sends a request that must succeed and decodes its data.
func ask[T any](c *client, query string, variables vars) (data T) {
	c.t.Helper()
	r, err := c.try(query, variables)
	if err != nil {
		c.t.Fatalf("%.60s…: %v", query, err)
	}
	if len(r.Errors) > 0 {
		c.t.Fatalf("%.60s…: %+v", query, r.Errors)
	}
	return decode[T](c, r)
}

func decode[T any](c *client, r reply) (data T) {
	c.t.Helper()
	if err := json.Unmarshal(r.Data, &data); err != nil {
		c.t.Fatal(err)
	}
	return data
}

// newestCode is the code last sent to a phone.
func (c *client) newestCode(phone string) string {
	c.t.Helper()
	for _, m := range c.messages(phone) {
		if m.Code != "" {
			return m.Code
		}
	}
	c.t.Fatalf("no code was sent to %s", phone)
	return ""
}

// newestLink is the link of the newest message to a phone or an address that has one.
func (c *client) newestLink(to string) string { return c.newest(to).Link }

type inboxMessage struct{ Code, Link, Text string }

func (c *client) newest(phone string) inboxMessage { c.t.Helper(); return c.messages(phone)[0] }

// messages are those to a phone or an address, the newest first.
func (c *client) messages(phone string) []inboxMessage {
	c.t.Helper()
	response, err := http.Get(c.url + "/dev/inbox.json?to=" + url.QueryEscape(phone))
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var messages []inboxMessage
	if err := json.NewDecoder(response.Body).Decode(&messages); err != nil || len(messages) == 0 {
		c.t.Fatalf("nothing was sent to %s: %v", phone, err)
	}
	if c.told != nil {
		for _, m := range messages {
			c.told.note("code", m.Code)
			c.told.note("link", m.Link)
			c.told.note("message", m.Text)
		}
		c.told.note("phone", phone)
	}
	return messages
}

type userError struct {
	Code, Message string
	Field         []string
}

// logIn signs a demo person in, with the code that is sent.
func (c *client) logIn(login, password, phone string) *client {
	c.t.Helper()
	asked := ask[struct {
		LogIn struct{ Challenge struct{ ID string } }
	}](c,
		`mutation($l: String!, $p: String!) { logIn(input: {login: $l, password: $p}) { challenge { id } } }`, vars{"l": login, "p": password})
	done := ask[struct {
		ConfirmLogIn struct {
			Tokens struct{ AccessToken, RefreshToken string }
		}
	}](c, `mutation($i: ID!, $c: String!) { confirmLogIn(input: {challengeId: $i, code: $c}) { tokens { accessToken refreshToken } } }`,
		vars{"i": asked.LogIn.Challenge.ID, "c": c.newestCode(phone)})
	if done.ConfirmLogIn.Tokens.AccessToken == "" {
		c.t.Fatalf("%s was not signed in", login)
	}
	signedIn := c.as(done.ConfirmLogIn.Tokens.AccessToken)
	signedIn.refresh = done.ConfirmLogIn.Tokens.RefreshToken
	return signedIn
}

func (c *client) anna() *client {
	return c.logIn("anna@purser.test", "demo-password", "+79000000002")
}
func (c *client) boris() *client {
	return c.logIn("boris@purser.test", "demo-password", "+79000000003")
}
func (c *client) operator() *client {
	return c.logIn("operator@purser.test", "operator-password", "+79000000001")
}

// wallet is the number of the viewer's first wallet of a currency, and what it holds.
func (c *client) wallet(letter string) (number, balance string) {
	c.t.Helper()
	data := ask[struct {
		Viewer struct {
			Wallets []struct {
				Number  string
				Balance struct{ Amount string }
			}
		}
	}](c, `{ viewer { wallets { number balance { amount } } } }`, nil)
	for _, w := range data.Viewer.Wallets {
		if w.Number[:1] == letter {
			return w.Number, w.Balance.Amount
		}
	}
	c.t.Fatalf("there is no %s wallet", letter)
	return "", ""
}

const createTransfer = `mutation($from: WalletNumber!, $to: WalletNumber!, $amount: Decimal!, $key: UUID!) {
  createTransfer(input: {from: $from, to: {walletNumber: $to}, amount: $amount, idempotencyKey: $key}) {
    transfer { id status total { amount } } challenge { id } replayed userErrors { code message field }
  }
}`

type created struct {
	CreateTransfer struct {
		Transfer *struct {
			ID, Status string
			Total      struct{ Amount string }
		}
		Challenge  *struct{ ID string }
		Replayed   bool
		UserErrors []userError
	}
}

type confirmed struct {
	ConfirmTransfer struct {
		Transfer   *struct{ Status string }
		UserErrors []userError
	}
}

const confirmTransfer = `mutation($id: ID!, $code: String!) {
  confirmTransfer(input: {transferId: $id, code: $code}) { transfer { status } userErrors { code message } }
}`

// send makes a transfer and confirms it with the code sent to the sender's phone.
func (c *client) send(from, to, amount, phone string) {
	c.t.Helper()
	made := ask[created](c, createTransfer, vars{"from": from, "to": to, "amount": amount, "key": uuid.NewString()})
	if made.CreateTransfer.Transfer == nil {
		c.t.Fatalf("the transfer was refused: %+v", made.CreateTransfer.UserErrors)
	}
	done := ask[confirmed](c, confirmTransfer, vars{"id": made.CreateTransfer.Transfer.ID, "code": c.newestCode(phone)})
	if done.ConfirmTransfer.Transfer == nil || done.ConfirmTransfer.Transfer.Status != "COMPLETED" {
		c.t.Fatalf("the transfer was not confirmed: %+v", done.ConfirmTransfer)
	}
}

// allowWithoutCode lets the viewer send amounts without a code.
func (c *client) allowWithoutCode(letter, amount, phone string) {
	c.t.Helper()
	const set = `mutation($l: CurrencyLetter!, $a: Decimal!, $c: String) {
	  setConfirmationPolicy(input: {currency: $l, withoutCodeUpTo: $a, code: $c}) { policy { withoutCodeUpTo { amount } } challenge { id } userErrors { code message } }
	}`
	type answer struct {
		SetConfirmationPolicy struct {
			Challenge  *struct{ ID string }
			UserErrors []userError
		}
	}
	asked := ask[answer](c, set, vars{"l": letter, "a": amount})
	if asked.SetConfirmationPolicy.Challenge == nil {
		c.t.Fatalf("no code was sent: %+v", asked)
	}
	done := ask[answer](c, set, vars{"l": letter, "a": amount, "c": c.newestCode(phone)})
	if len(done.SetConfirmationPolicy.UserErrors) > 0 {
		c.t.Fatalf("the policy was refused: %+v", done)
	}
}

// syncBuffer is written by a process and read by a test.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
