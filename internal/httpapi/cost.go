package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// costs is the library's bound of what an operation may cost. That walks a document field by field, with a context for each: a document whose cost no variable
// changes is walked once, and remembered.
type costs struct {
	*extension.ComplexityLimit
	known remembered[*extension.ComplexityStats]
}

func newCosts(most int) costs {
	return costs{extension.FixedComplexityLimit(most), remember[*extension.ComplexityStats](nil)}
}

// MutateOperationContext refuses an operation that costs too much.
func (c costs) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	if stats, ok := c.known.Get(ctx, oc.RawQuery); ok {
		oc.Stats.SetExtension(c.ExtensionName(), stats)
		return nil
	}
	refusal := c.ComplexityLimit.MutateOperationContext(ctx, oc)
	if refusal == nil && len(oc.Doc.Operations) == 1 && isFixed(oc.Operation) {
		c.known.Add(ctx, oc.RawQuery, oc.Stats.GetExtension(c.ExtensionName()).(*extension.ComplexityStats))
	}
	return refusal
}

// isFixed tells whether no variable changes what an operation costs. Mutations cost the same whatever their input is.
func isFixed(operation *ast.OperationDefinition) bool {
	for _, selection := range operation.SelectionSet {
		field, ok := selection.(*ast.Field)
		if !ok || operation.Operation != ast.Mutation {
			return !hasVariable(operation.SelectionSet)
		}
		if hasVariable(field.SelectionSet) {
			return false
		}
	}
	return true
}

// hasVariable tells whether a field is given a variable, such as the size of a page.
func hasVariable(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(selection ast.Selection) bool {
		switch s := selection.(type) {
		case *ast.Field:
			return slices.ContainsFunc(s.Arguments, func(a *ast.Argument) bool { return reads(a.Value) }) || hasVariable(s.SelectionSet)
		case *ast.InlineFragment:
			return hasVariable(s.SelectionSet)
		case *ast.FragmentSpread:
			return hasVariable(s.Definition.SelectionSet)
		}
		return true
	})
}

func reads(value *ast.Value) bool {
	return value.Kind == ast.Variable || slices.ContainsFunc(value.Children, func(child *ast.ChildValue) bool { return reads(child.Value) })
}

// costOf says what an operation was reckoned to cost and what it may, and, where requests are bounded, how many are left until when, as JSON; it is written by
// hand, since each answer has it.
func costOf(ctx context.Context, h http.Header) string {
	stats := extension.GetComplexityStats(ctx)
	if stats == nil { // it was refused before it was reckoned
		if left := budget(h); left != "" {
			return "{" + left[1:] + "}"
		}
		return ""
	}
	return `{"requested":` + strconv.Itoa(stats.Complexity) + `,"maximum":` + strconv.Itoa(stats.ComplexityLimit) + budget(h) + `}`
}

// budget is what the headers of the tightest bound say: of the account or of the address, whichever has less left.
func budget(h http.Header) string {
	seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return ""
	}
	return `,"requests":{"limit":` + h.Get("X-RateLimit-Limit") + `,"remaining":` + h.Get("X-RateLimit-Remaining") +
		`,"resetsAt":"` + time.Unix(seconds, 0).UTC().Format(time.RFC3339) + `"}`
}

// shownBudget is where the context of a stream or socket has the headers that its client cannot see.
type shownBudget struct{}

// tellCost lets the first response of an operation on a stream or a socket say what every plain answer says. Later events of a subscription cost nothing more.
func tellCost(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	shown, ok := ctx.Value(shownBudget{}).(func() http.Header)
	if !ok {
		return next(ctx)
	}
	respond, told := next(ctx), false
	return func(ctx context.Context) *graphql.Response {
		response := respond(ctx)
		if response == nil || told {
			return response
		}
		told = true
		if cost := costOf(ctx, shown()); cost != "" {
			if response.Extensions == nil {
				response.Extensions = map[string]any{}
			}
			response.Extensions["cost"] = json.RawMessage(cost)
		}
		return response
	}
}
