package httpapi

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/fault"
)

// observerKey is where a request's context has the observer, for what is refused before any operation.
type observerKey struct{}

// observer counts operations by their first field, of which there are as many as the schema has, and those of our own apps by their names: what strangers
// choose is no label.
type observer struct {
	own        map[string]bool // documents of our apps, by their text
	operations *prometheus.CounterVec
	faults     *prometheus.CounterVec
	took       *prometheus.HistogramVec
}

func newObserver(documents map[string]string) *observer {
	own := make(map[string]bool, len(documents))
	for _, text := range documents {
		own[text] = true
	}
	name := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "purser", Subsystem: "graphql", Name: name, Help: help}
	}
	return &observer{
		own:        own,
		operations: prometheus.NewCounterVec(name("operations_total", "Operations, by type, first field, and name where they are of our own apps."), []string{"type", "field", "name"}),
		faults:     prometheus.NewCounterVec(name("errors_total", "Top-level errors and refusals of the front door, by code."), []string{"code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "purser", Subsystem: "graphql", Name: "operation_seconds",
			Help: "How long queries and mutations take.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}}, []string{"type"}),
	}
}

func (o *observer) collectors() []prometheus.Collector {
	return []prometheus.Collector{o.operations, o.faults, o.took}
}

// observe counts a response, and the time since its operation began; an event of a subscription has no time.
func (o *observer) observe(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	began := time.Now()
	response := next(ctx)
	if response == nil || !graphql.HasOperationContext(ctx) {
		return response
	}
	asked := graphql.GetOperationContext(ctx)
	operation := asked.Operation
	if operation != nil {
		kind, name := string(operation.Operation), ""
		if o.own[asked.RawQuery] {
			name = operation.Name
		}
		o.operations.WithLabelValues(kind, firstField(operation), name).Inc()
		if operation.Operation != ast.Subscription {
			o.took.WithLabelValues(kind).Observe(time.Since(began).Seconds())
		}
	}
	for _, err := range response.Errors {
		o.faults.WithLabelValues(codeOf(err)).Inc()
	}
	return response
}

// codeOf is the code of an error that is shown.
func codeOf(err *gqlerror.Error) string {
	switch code := err.Extensions["code"].(type) {
	case fault.Code:
		return string(code)
	case string:
		return code
	}
	return "none"
}

func firstField(operation *ast.OperationDefinition) string {
	if name := fieldIn(operation.SelectionSet, mostDepth); name != "" {
		return name
	}
	return "fragment"
}

// fieldIn looks the first field up, through as many fragments in one another as there may be.
func fieldIn(set ast.SelectionSet, deepest int) string {
	if len(set) == 0 || deepest == 0 {
		return ""
	}
	switch first := set[0].(type) {
	case *ast.Field:
		return first.Name
	case *ast.InlineFragment:
		return fieldIn(first.SelectionSet, deepest-1)
	case *ast.FragmentSpread:
		if first.Definition != nil {
			return fieldIn(first.Definition.SelectionSet, deepest-1)
		}
	}
	return ""
}
