package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purser/internal/config"
	"purser/internal/pgtest"
)

// manifestOf writes the list of one operation, as Apollo's generators do.
func manifestOf(t *testing.T, id, body string) (path string) {
	t.Helper()
	kind, rest, _ := strings.Cut(body, " ")
	name, _, _ := strings.Cut(rest, " ")
	path = filepath.Join(t.TempDir(), "persisted-query-manifest.json")
	text, err := json.Marshal(map[string]any{"format": "apollo-persisted-query-manifest", "version": 1,
		"operations": []any{map[string]any{"id": id, "name": name, "type": kind, "body": body}}})
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNothingButListedOperationsIsRunOnASocket has the session opened at a server that runs everything.
func TestNothingButListedOperationsIsRunOnASocket(t *testing.T) {
	t.Parallel()
	const listed = "subscription Events ($after: String) { accountEvents(after: $after) { __typename cursor } }"
	dsn, id := withDemo(t), sha256Hex(listed)
	anna := startServer(t, dsn).client(t).anna()
	strict := *anna
	strict.url = startServer(t, dsn, "PERSISTED_ONLY=true", "PERSISTED_OPERATIONS="+manifestOf(t, id, listed)).URL
	conn := strict.begin(t)
	other := "subscription Events { accountEvents { cursor } }"
	after := vars{"after": anna.head()}
	byID := func(id string) vars {
		return vars{"variables": after, "extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": id}}}
	}
	for _, refused := range []struct {
		id, want string
		payload  vars
	}{
		{"another", "FORBIDDEN", vars{"query": other}},
		{"another, persisted", "FORBIDDEN", vars{"query": other, "extensions": byID(sha256Hex(other))["extensions"]}},
		{"an unknown id", "PERSISTED_QUERY_NOT_FOUND", byID(sha256Hex(other))},
	} {
		tellAll(t, conn, refused.id, refused.payload)
		m := hear(t, conn)
		for m.Type == "complete" { // of the one before
			m = hear(t, conn)
		}
		if m.ID != refused.id || !strings.Contains(string(m.Payload), refused.want) {
			t.Errorf("%s: %s %s", refused.id, m.Type, m.Payload)
		}
	}
	conn = strict.begin(t)
	tellAll(t, conn, "by its id", byID(id))
	tellAll(t, conn, "whole", vars{"query": listed, "variables": after})
	heard := map[string]bool{}
	_ = ask[vars](anna, `mutation { openWallet(input: {currency: "Z", name: "heard"}) { wallet { id } } }`, nil)
	for len(heard) < 2 {
		m := hear(t, conn)
		if m.Type == "complete" {
			continue
		}
		if !strings.Contains(string(m.Payload), "WalletOpened") {
			t.Fatalf("%+v %s", m, m.Payload)
		}
		heard[m.ID] = true
	}
}

func TestNothingButListedOperationsIsRun(t *testing.T) {
	t.Parallel()
	const listed = "query Letters { currencies { letter } }"
	const id = "b0f9a64ee5a3bbd3ac2ce3ac1a9f9dae0d4a1ff93b3a9d8e2e83f0b3a4cbe2b3" // not its hash
	manifest := func(id string) string { return manifestOf(t, id, listed) }
	if _, err := config.Load(map[string]string{"PERSISTED_OPERATIONS": manifest(id)}); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a list with a wrong id, in the settings: %v", err)
	}
	wrong, err := config.Load(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	wrong.PersistedOperations = []string{manifest(id)} // which was right when the settings were read
	if _, err := build(t.Context(), wrong, pgtest.New(t), slog.New(slog.DiscardHandler), "https://purser.test", nil); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a list with a wrong id: %v", err)
	}
	good := sha256Hex(listed)
	c, _ := front(t, func(c *config.Config) { c.PersistedOperations, c.PersistedOnly = []string{manifest(good)}, true })
	byID := `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + good + `"}}}`
	other := sha256Hex("{currencies{letter}}")
	for what, request := range map[string][2]string{
		"by its id":          {byID, `"letter":"Z"`},
		"whole":              {`{"query":"` + listed + `"}`, `"letter":"Z"`},
		"another":            {letters, "FORBIDDEN"},
		"another, persisted": {`{"query":"{currencies{letter}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + other + `"}}}`, "FORBIDDEN"},
		"an unknown id":      {`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + other + `"}}}`, "PERSISTED_QUERY_NOT_FOUND"},
	} {
		if _, _, text := c.raw("POST", "/graphql", request[0], "Content-Type", asJSON); !strings.Contains(text, request[1]) {
			t.Errorf("%s: %s", what, text)
		}
		if _, _, text := c.raw("POST", "/graphql", request[0], "Content-Type", asJSON, "Accept", "text/event-stream"); !strings.Contains(text, request[1]) {
			t.Errorf("%s, on a stream: %s", what, text)
		}
		var asked struct {
			Query      string
			Extensions json.RawMessage
		}
		if err := json.Unmarshal([]byte(request[0]), &asked); err != nil {
			t.Fatal(err)
		}
		address := url.Values{"query": {asked.Query}, "extensions": {string(asked.Extensions)}}.Encode()
		if _, _, text := c.raw("GET", "/graphql?"+address, ""); !strings.Contains(text, request[1]) {
			t.Errorf("%s, by GET: %s", what, text)
		}
	}
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
