package house_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// floors are all packages, lowest first. A package imports only from floors below its own: never from above, never from
// beside. A new package gets its place here.
var floors = [][]string{
	{"internal/money", "internal/secret", "internal/locale", "internal/house", "internal/manifest", "internal/delivery/gateway", "internal/delivery/gatewaytest", "internal/passkeys/passkeytest", "migrations"},
	{"internal/number", "internal/fault", "internal/request"},
	{"internal/text", "internal/scalar"},
	{"models", "internal/config", "internal/localpg", "internal/handover", "internal/tracing"},
	{"internal/postgres"},
	{"internal/events", "internal/jobs", "internal/journal", "internal/notices", "internal/pgtest"},
	{"internal/delivery"},
	{"internal/ledger", "internal/verification"},
	{"internal/ledger/ledgertest", "internal/accounts", "internal/certificates"},
	{"internal/passkeys"},
	{"internal/factors"},
	{"internal/sessions", "internal/wallets"},
	{"internal/changes", "internal/contacts", "internal/transfers", "internal/recovery", "internal/paylinks"},
	{"internal/notifications"},
	{"internal/exports", "internal/operators", "internal/statements"},
	{"graph/model"},
	{"graph/generated"},
	{"resolvers", "web"},
	{"internal/httpapi"},
	{"", "bench"}, // server.go is ""
}

// forbidden are imports that the floors allow and the house does not: a room that knew a view of the API could not serve
// another API.
var forbidden = []struct{ importers, imported string }{
	{"internal/", "graph"},
	{"models", "graph"},
}

func TestImportsPointDownstairs(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	report(t, wrongImports(packages, floors))
	report(t, missingPackages(packages, floors))
}

func TestTheFloorCheckCanFail(t *testing.T) {
	t.Parallel()
	small := [][]string{{"money"}, {"ledger", "wallets"}, {"graph/model"}, {"internal/api"}}
	for what, bad := range map[string]goPackage{
		"an import from above":     {ImportPath: "purser/money", Imports: []string{"purser/ledger"}},
		"an import from beside":    {ImportPath: "purser/wallets", Imports: []string{"fmt", "purser/ledger"}},
		"an unlisted package":      {ImportPath: "purser/cellar"},
		"an unlisted import":       {ImportPath: "purser/wallets", Imports: []string{"purser/cellar"}},
		"a room that knows a view": {ImportPath: "purser/internal/api", Imports: []string{"purser/graph/model"}},
	} {
		if wrong := wrongImports([]goPackage{bad}, small); len(wrong) == 0 {
			t.Errorf("%s was not noticed", what)
		}
	}
	good := goPackage{ImportPath: "purser/ledger", Imports: []string{"context", "purser/money", "gorm.io/gorm"}}
	report(t, wrongImports([]goPackage{good}, small))
	if missing := missingPackages([]goPackage{good}, small); len(missing) != 4 {
		t.Errorf("of five packages one is there, and missing are: %v", missing)
	}
}

// wrongImports lists the packages without a floor, and the imports that do not point down.
func wrongImports(packages []goPackage, floors [][]string) (wrong []string) {
	for _, p := range packages {
		own := floorOf(p.path(), floors)
		if own < 0 {
			wrong = append(wrong, fmt.Sprintf("%q has no floor: give it its place in the table", p.path()))
			continue
		}
		for _, imported := range p.Imports {
			path, ours := ourPath(imported)
			if !ours {
				continue
			}
			if floorOf(path, floors) < 0 || floorOf(path, floors) >= own {
				wrong = append(wrong, fmt.Sprintf("%q imports %q, which is not below it", p.path(), path))
			}
			for _, rule := range forbidden {
				if strings.HasPrefix(p.path(), rule.importers) && (path == rule.imported || strings.HasPrefix(path, rule.imported+"/")) {
					wrong = append(wrong, fmt.Sprintf("%q imports %q: nothing there may know the API's views", p.path(), path))
				}
			}
		}
	}
	return wrong
}

// missingPackages lists what stands in the table only.
func missingPackages(packages []goPackage, floors [][]string) (missing []string) {
	for _, path := range slices.Concat(floors...) {
		if !slices.ContainsFunc(packages, func(p goPackage) bool { return p.path() == path }) {
			missing = append(missing, fmt.Sprintf("%q stands in the table and does not exist", path))
		}
	}
	return missing
}

func floorOf(path string, floors [][]string) int {
	return slices.IndexFunc(floors, func(floor []string) bool { return slices.Contains(floor, path) })
}
