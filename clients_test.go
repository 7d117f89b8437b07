package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// conformance are other people's suites and clients, in the order of docs/api-conformance.md: what is checked, the script of clients/ that
// runs it, and for those that look at the schema alone the suite's name.
var conformance = []struct{ suite, what, script string }{
	{"graphql-http", "all audits of GraphQL over HTTP: MUST, SHOULD and MAY", "audits.mjs"},
	{"graphql-ws", "subscriptions: live, replayed, refused, closed", "ws.mjs"},
	{"graphql-sse", "event streams", "sse.mjs"},
	{"@apollo/client", "queries, cache, errors, persisted queries, subscriptions", "apollo.mjs"},
	{"@urql/core", "queries, mutations, errors, subscriptions by both ways", "urql.mjs"},
	{"@graphql-codegen/cli", "typed, persisted documents of `clients/operations`, compiled by TypeScript", "schema.mjs"},
	{"relay-compiler", "queries, a refetchable connection, a subscription", "schema.mjs"},
	{"@graphql-eslint/eslint-plugin", "rules of schemas, a check each: Relay, descriptions, names", "schema.mjs"},
	{"@graphql-inspector/core", "nothing that `graph/released.graphqls` promises is broken", "schema.mjs"},
}

// TestGoldenPageOfConformance runs the suites against a server and holds docs/api-conformance.md against what they say.
func TestGoldenPageOfConformance(t *testing.T) {
	t.Parallel()
	need(t, "the packages of the clients", "clients/node_modules/.package-lock.json")
	s := startServer(t, withDemo(t), "CODES_PER_PHONE_PER_DAY=100")
	page := &strings.Builder{}
	page.WriteString(`# What other people's suites say of the API

Each is run by ` + "`make test`" + ` against a server on a database of its own, by the scripts in ` + "`clients/`" + `; the test fails when one does, or when this page
is not what they say (` + "`make generate`" + ` writes it).

| suite | version | what | checks | passed |
|---|---|---|---|---|
`)
	for _, c := range conformance {
		argument := s.URL
		if c.script == "schema.mjs" {
			argument = c.suite
		}
		v := runSuite(t, c.script, argument)
		for _, failed := range v.Failed {
			t.Errorf("%s: %s", c.suite, failed)
		}
		if v.Suite != c.suite || v.Checks == 0 {
			t.Errorf("%s checked %d things as %q", c.script, v.Checks, v.Suite)
		}
		fmt.Fprintf(page, "| %s | %s | %s | %d | %d |\n", v.Suite, v.Version, c.what, v.Checks, v.Checks-len(v.Failed))
	}
	const path = "docs/api-conformance.md"
	if *update {
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), page.String()); diff != "" {
		t.Errorf("the page is not what the suites say; run: make generate (-want +got)\n%s", diff)
	}
}

type suiteVerdict struct {
	Suite, Version string
	Checks         int
	Failed         []string
}

func runSuite(t *testing.T, script, argument string) (v suiteVerdict) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("Node.js is missing, version 20 or newer; then run `make test`: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), scriptPatience)
	defer cancel()
	command := exec.CommandContext(ctx, node, filepath.Join("clients", script), argument)
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err == nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		err = json.Unmarshal([]byte(lines[len(lines)-1]), &v)
	}
	if err != nil {
		t.Errorf("%s %s: %v\n%s%s", script, argument, err, out, complaints.String())
	}
	return v
}
