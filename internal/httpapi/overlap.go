package httpapi

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"purser/internal/fault"
)

// Validation compares every two fields that answer under one name (Field Selection Merging, GraphQL specification 5.3.2): 2,000 times the same field in 4 KB
// take a fifth of a second. So a document is looked at before: how many such pairs it can have, at most.
const (
	mostPairs    = 20_000
	mostExpanded = 20_000 // fields that are looked at for it, those of a fragment as often as they are merged with others
)

// overlaps refuses documents with too many fields of one name, before they are validated. What it has looked at it remembers.
type overlaps struct {
	present graphql.ErrorPresenterFunc
	good    graphql.Cache[struct{}]
}

func newOverlaps(present graphql.ErrorPresenterFunc) *overlaps {
	return &overlaps{present: present, good: remember[struct{}](nil)}
}

// ExtensionName is for the library.
func (*overlaps) ExtensionName() string { return "PurserOverlaps" }

// Validate is for the library.
func (*overlaps) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters looks at a document. One that cannot be parsed is left to the library, which says why.
func (o *overlaps) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	if _, known := o.good.Get(ctx, request.Query); known {
		return nil
	}
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: request.Query}, tokenLimit)
	if err != nil {
		return nil //nolint:nilerr // the library parses it again and answers
	}
	if hasTooManyPairs(document) {
		return o.present(ctx, fault.New(fault.BadUserInput))
	}
	o.good.Add(ctx, request.Query, struct{}{})
	return nil
}

// pairs counts how often validation would compare two fields.
type pairs struct {
	fragments ast.FragmentDefinitionList
	expanded  int
	found     int
}

func hasTooManyPairs(document *ast.QueryDocument) bool {
	p := pairs{fragments: document.Fragments}
	for _, operation := range document.Operations {
		p.merge([]ast.SelectionSet{operation.SelectionSet}, 0)
	}
	for _, fragment := range document.Fragments {
		p.merge([]ast.SelectionSet{fragment.SelectionSet}, 0)
	}
	return p.isTooMany()
}

func (p *pairs) isTooMany() bool { return p.found > mostPairs || p.expanded > mostExpanded }

// merge looks at selections that answer as one object. Fragments may stand in circles, which only validation refuses: they end at the depth that no
// document may have.
func (p *pairs) merge(sets []ast.SelectionSet, depth int) {
	if depth > 2*mostDepth || p.isTooMany() {
		return
	}
	byName := map[string][]ast.SelectionSet{}
	count := map[string]int{}
	spread := map[string]bool{}
	var gather func(ast.SelectionSet)
	gather = func(set ast.SelectionSet) {
		for _, selection := range set {
			if p.expanded++; p.expanded > mostExpanded {
				return
			}
			switch s := selection.(type) {
			case *ast.Field:
				p.found += count[s.Alias]
				count[s.Alias]++
				if len(s.SelectionSet) > 0 {
					byName[s.Alias] = append(byName[s.Alias], s.SelectionSet)
				}
			case *ast.InlineFragment:
				gather(s.SelectionSet)
			case *ast.FragmentSpread:
				if fragment := p.fragments.ForName(s.Name); fragment != nil && !spread[s.Name] {
					spread[s.Name] = true
					gather(fragment.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		gather(set)
	}
	for _, inner := range byName {
		p.merge(inner, depth+1)
	}
}
