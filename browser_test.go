package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"golang.org/x/sync/semaphore"

	"purser/graph/generated"
)

// scriptPatience is longer than the eight minutes that the scripts give themselves.
const scriptPatience = 510 * time.Second

// atOnce shares two processors, by halves, out among the browsers there may be at once: one that has to share its own with many others says little when it
// is late.
var atOnce = semaphore.NewWeighted(4)

// halves of a processor are what a script, with its browser, keeps busy by itself, where it is not two. Those with one mostly wait, for what the app or the
// server does after many seconds.
var halves = map[string]int64{
	"keeper.mjs":      3, // three lives side by side
	"keeper-away.mjs": 1, "keeper-cut.mjs": 1, "keeper-refund.mjs": 1, "keeper-stays.mjs": 1, "keeper-tabs.mjs": 1, "keeper-true.mjs": 1, "lighthouse.mjs": 1,
}

func TestPlaygroundInABrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	need(t, "the built playground", "web/playground/dist/index.html")
	runScript(t, "playground.mjs")
}

// TestKeeperInABrowser has two people use the web app, one on a phone and one at a desk.
func TestKeeperInABrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	need(t, "the built web app", "web/keeper/dist/index.html")
	runScriptAt(t, "keeper.mjs", localOrigin)
}

// TestKeeperPleasesLighthouse asks Lighthouse for accessibility and best practices.
func TestKeeperPleasesLighthouse(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	need(t, "the built web app", "web/keeper/dist/index.html")
	runScriptAt(t, "lighthouse.mjs", localOrigin)
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	runScript(t, "pages.mjs")
}

// TestPasskeysInABrowser has Chromium make a passkey and sign with it.
func TestPasskeysInABrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	runScriptAt(t, "passkeys.mjs", localOrigin)
}

// TestWebsocketClient uses the websocket client of most apps.
func TestWebsocketClient(t *testing.T) {
	t.Parallel()
	runScript(t, "ws.mjs")
}

// runScript runs a script of web/e2e on a server with a database of its own.
func runScript(t *testing.T, name string) {
	t.Helper()
	runScriptAt(t, name, func(_ testing.TB, address string) string { return address })
}

// runScriptAt is runScript with another address for the server, and settings of its own.
func runScriptAt(t *testing.T, name string, address func(testing.TB, string) string, settings ...string) {
	t.Helper()
	need(t, "the packages of the scripts", "web/e2e/node_modules/.package-lock.json")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("Node.js is missing, version 20 or newer; then run `make test`: %v", err)
	}
	runScriptFor(t, name, node, address(t, startServer(t, withDemo(t), settings...).URL))
}

// runScriptFor runs a script for a server that is there.
func runScriptFor(t *testing.T, name, node, address string) {
	t.Helper()
	share := cmp.Or(halves[name], 2)
	if err := atOnce.Acquire(t.Context(), share); err != nil {
		t.Fatal(err)
	}
	defer atOnce.Release(share)
	ctx, cancel := context.WithTimeout(t.Context(), scriptPatience)
	defer cancel()
	script := exec.CommandContext(ctx, node, filepath.Join("web", "e2e", name), address)
	script.Cancel = func() error { return script.Process.Signal(syscall.SIGTERM) } // it takes its browser along
	script.WaitDelay = 10 * time.Second
	if out, err := script.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func needBrowser(t *testing.T) {
	t.Helper()
	if path := os.Getenv("CHROMIUM"); path != "" {
		need(t, "the browser that CHROMIUM names", path)
		return
	}
	if _, err := exec.LookPath("chromium"); err != nil {
		need(t, "Chromium (CHROMIUM may name it)", "/usr/bin/chromium-headless-shell")
	}
}

// need ends a test that cannot be run here. It does not skip it: it would look as if all were well.
func need(t *testing.T, what, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing: run `make test`, which installs and builds what the tests need: %v", what, err)
	}
}

func TestOperationsFitTheSchema(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()

	var files []string
	for _, pattern := range []string{"web/playground/src/walk/*.graphql", "web/e2e/*.graphql", "web/keeper/src/operations/*.graphql", "web/pages/*.js", "clients/operations/*.graphql"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			for _, text := range documents(t, file) {
				document, err := gqlparser.LoadQueryWithRules(schema, text, rules.NewDefaultRules())
				if err != nil {
					t.Fatal(err)
				}
				checkVariables(t, schema, document, file)
			}
		})
	}
}

var scriptOperation = regexp.MustCompile("(?s)`((?:query|mutation|subscription) .*?)`")

// documents are what a file holds: one document, or those that stand in a script as text.
func documents(t *testing.T, file string) (texts []string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(file) == ".graphql" {
		return []string{string(content)}
	}
	for _, found := range scriptOperation.FindAllSubmatch(content, -1) {
		texts = append(texts, string(found[1]))
	}
	return texts
}

// checkVariables holds the variables beside a document against each of its operations.
func checkVariables(t *testing.T, schema *ast.Schema, document *ast.QueryDocument, file string) {
	t.Helper()
	content, err := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var variables map[string]any
	if err := errors.Join(err, json.Unmarshal(content, &variables)); err != nil {
		t.Fatal(err)
	}
	for _, operation := range document.Operations {
		if _, err := validator.VariableValues(schema, operation, variables); err != nil {
			t.Errorf("%s: %v", operation.Name, err)
		}
	}
}
