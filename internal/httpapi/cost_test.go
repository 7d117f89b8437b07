package httpapi

import (
	"testing"

	"github.com/vektah/gqlparser/v2"

	"purser/graph/generated"
)

// TestOnlyCostsThatNoVariableChangesAreRemembered goes through the places where a document may read a variable.
func TestOnlyCostsThatNoVariableChangesAreRemembered(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for document, want := range map[string]bool{
		`{ viewer { transfers(first: 100) { nodes { id } } } }`:                                                                                                                  true,
		`query($n: Int) { viewer { transfers(first: $n) { nodes { id } } } }`:                                                                                                    false,
		`query($a: ID!) { nodes(ids: [$a, "x"]) { id } }`:                                                                                                                        false,
		`query($n: Int) { viewer { ...V } } fragment V on Account { ...W } fragment W on Account { events(first: $n) { nodes { id } } }`:                                         false,
		`query($n: Int) { viewer { ... on Account { events(first: $n) { nodes { id } } } } }`:                                                                                    false,
		`query($t: DateTime) { viewer { transfers(filter: {from: $t}) { nodes { id } } } }`:                                                                                      false,
		`mutation($i: CreateTransferInput!) { createTransfer(input: $i) { transfer { id } } }`:                                                                                   true,
		`mutation($i: CreateTransferInput!, $n: Int) { createTransfer(input: $i) { transfer { from { wallet { entries(first: $n) { nodes { id } } } } } } }`:                     false,
		`mutation($i: CreateTransferInput!, $n: Int) { ... on Mutation { createTransfer(input: $i) { transfer { from { wallet { entries(first: $n) { nodes { id } } } } } } } }`: false,
	} {
		parsed, errs := gqlparser.LoadQueryWithRules(schema, document, nil)
		if errs != nil {
			t.Errorf("%s: %v", document, errs)
			continue
		}
		if got := isFixed(parsed.Operations[0]); got != want {
			t.Errorf("%s: remembered %t, want %t", document, got, want)
		}
	}
}
