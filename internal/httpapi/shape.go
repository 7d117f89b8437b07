package httpapi

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// Bounds of a document. Fragments are counted as often as they are spread: a few hundred bytes of them can stand for more
// fields than there are atoms, so nothing may walk them that way before this has looked.
const (
	mostFields     = 2000
	mostDepth      = 15
	mostAliases    = 15
	mostDirectives = 20
	mostRootFields = 20
)

// shape is how large a selection is when its fragments are spread out. Sums stop growing at a ceiling.
type shape struct {
	fields, aliases, directives, roots int
	depth                              int
}

const ceiling = 1 << 20

// measurer measures each fragment once. Validation has refused cycles before.
type measurer struct{ known map[string]shape }

// measure finds the shape of an operation.
func measure(operation *ast.OperationDefinition) shape {
	m := measurer{known: map[string]shape{}}
	total := m.selection(operation.SelectionSet)
	total.directives += len(operation.Directives)
	return total
}

func (s shape) isTooLarge() bool {
	return s.fields > mostFields || s.depth > mostDepth || s.aliases > mostAliases || s.directives > mostDirectives || s.roots > mostRootFields
}

func (m measurer) selection(set ast.SelectionSet) (total shape) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			total = total.and(m.field(s))
		case *ast.InlineFragment:
			inner := m.selection(s.SelectionSet)
			inner.directives += len(s.Directives)
			total = total.and(inner)
		case *ast.FragmentSpread:
			inner, ok := m.known[s.Name]
			if !ok {
				inner = m.selection(s.Definition.SelectionSet)
				m.known[s.Name] = inner
			}
			inner.directives += len(s.Directives)
			total = total.and(inner)
		}
	}
	return total
}

// field is the shape of a field with what it selects. The schema's description of itself is as deep as its types: tools ask for
// it with one well-known query, so its depth does not count.
func (m measurer) field(f *ast.Field) shape {
	inner := m.selection(f.SelectionSet)
	inner.fields++
	inner.roots = 1
	inner.depth++
	if f.Name == "__schema" || f.Name == "__type" {
		inner.depth = 1
	}
	if f.Name == "__typename" {
		inner.roots = 0
	}
	if f.Alias != f.Name {
		inner.aliases++
	}
	inner.directives += len(f.Directives)
	return inner
}

func (s shape) and(other shape) shape {
	return shape{
		fields: min(s.fields+other.fields, ceiling), aliases: min(s.aliases+other.aliases, ceiling),
		directives: min(s.directives+other.directives, ceiling), roots: min(s.roots+other.roots, ceiling), depth: max(s.depth, other.depth),
	}
}
