package httpapi

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/fault"
)

// rules are what the library does not enforce: bounds of a document's shape, one mutation field in a request, subscriptions on streams and sockets only,
// nothing but subscriptions on sockets, and @oneOf for variables, which is how every app sends its input.
type rules struct {
	schema  *ast.Schema
	present graphql.ErrorPresenterFunc // the socket transport sends what it is given, without presenting it
	hidden  bool                       // the schema
}

var _ interface {
	graphql.OperationContextMutator
	graphql.HandlerExtension
} = &rules{}

// ExtensionName is for the library.
func (*rules) ExtensionName() string { return "PurserRules" }

// Validate keeps the schema.
func (r *rules) Validate(es graphql.ExecutableSchema) error {
	r.schema = es.Schema()
	return nil
}

// MutateOperationContext judges an operation before it runs.
func (r *rules) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	came, _ := ctx.Value(wayKey{}).(way)
	operation := oc.Operation.Operation
	if (operation == ast.Subscription && came == plain) || (operation != ast.Subscription && came == socketWay) {
		return r.badInput(ctx)
	}
	size := measure(oc.Operation)
	if size.isTooLarge() || (operation == ast.Mutation && size.roots > 1) {
		return r.badInput(ctx)
	}
	if !r.rootsAreRight(oc) {
		return r.badInput(ctx)
	}
	for _, variable := range oc.Operation.VariableDefinitions {
		if !r.fits(variable.Type, oc.Variables[variable.Variable]) {
			return r.badInput(ctx)
		}
	}
	return nil
}

// rootsAreRight looks at the root fields as they will run, without what is skipped: a subscription has one (GraphQL specification 5.2.3.1), and the schema
// is asked about only where it is shown. The library finds both out when it runs them, and takes them for faults of ours.
func (r *rules) rootsAreRight(oc *graphql.OperationContext) bool {
	subscribes := oc.Operation.Operation == ast.Subscription
	if !subscribes && !r.hidden {
		return true
	}
	fields := graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{r.rootOf(oc.Operation.Operation)})
	for _, field := range fields {
		if asks := field.Name == "__schema" || field.Name == "__type"; asks || subscribes && strings.HasPrefix(field.Name, "__") {
			return false
		}
	}
	return !subscribes || len(fields) == 1
}

func (r *rules) rootOf(operation ast.Operation) string {
	switch operation {
	case ast.Mutation:
		return r.schema.Mutation.Name
	case ast.Subscription:
		return r.schema.Subscription.Name
	}
	return r.schema.Query.Name
}

func (r *rules) badInput(ctx context.Context) *gqlerror.Error {
	return r.present(ctx, fault.New(fault.BadUserInput))
}

// fits walks a variable's value along its type and looks for a @oneOf object without exactly one field that is not null.
func (r *rules) fits(t *ast.Type, value any) bool {
	if t.Elem != nil {
		list, _ := value.([]any)
		for _, item := range list {
			if !r.fits(t.Elem, item) {
				return false
			}
		}
		return true
	}
	object, ok := value.(map[string]any)
	definition := r.schema.Types[t.NamedType]
	if !ok || definition == nil || definition.Kind != ast.InputObject {
		return true
	}
	if definition.Directives.ForName("oneOf") != nil && !exactlyOne(object) {
		return false
	}
	for _, field := range definition.Fields {
		if given, present := object[field.Name]; present && !r.fits(field.Type, given) {
			return false
		}
	}
	return true
}

func exactlyOne(object map[string]any) bool {
	if len(object) != 1 {
		return false
	}
	for _, value := range object {
		return value != nil
	}
	return false
}
