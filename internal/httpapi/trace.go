package httpapi

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"purser/internal/fault"
	"purser/internal/request"
	"purser/internal/tracing"
)

// traced makes the span of a request, in the trace that its sender names. It is named after the route: paths of documents hold what opens them.
func (a *API) traced(next http.Handler) http.Handler {
	if a.Tracing == nil {
		return next
	}
	tracer, propagator := a.Tracing.Tracer(), a.Tracing.Propagator()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		sender := trace.SpanContextFromContext(from).WithTraceState(trace.TraceState{}) // whose words would go with each span
		ctx, span := tracer.Start(trace.ContextWithRemoteSpanContext(r.Context(), sender), "request",
			trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("purser.request_id", request.Of(r.Context()).ID)))
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		r = r.WithContext(ctx)
		defer func() { // also when a panic cuts the answer
			name(span, r, seen.status)
			span.End()
		}()
		next.ServeHTTP(seen, r)
	})
}

// name says in a request's span, once it is known, what was asked and how it was answered.
func name(span trace.Span, r *http.Request, status int) {
	method, route := asked(r)
	span.SetName(method + " " + route)
	span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// asked is a request's method and route without a word of its sender's: OTHER for a method that nothing here has, "unknown" where there is no route. It
// is known once the request has been served.
func asked(r *http.Request) (method, route string) {
	method, route = "OTHER", "unknown"
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions:
		method = r.Method
	}
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		route = c.RoutePattern()
	}
	return method, route
}

// spans makes the spans of operations and resolvers. The library for that (otelgqlgen) writes documents down as they were sent, with whatever stands in them.
type spans struct{ tracer trace.Tracer }

var _ interface {
	graphql.HandlerExtension
	graphql.ResponseInterceptor
	graphql.FieldInterceptor
} = spans{}

func newSpans(t *tracing.Tracing) spans { return spans{t.Tracer()} }

// ExtensionName is for the library.
func (spans) ExtensionName() string { return "PurserSpans" }

// Validate is for the library.
func (spans) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse makes the span of an operation, or of an event of a subscription. It is named by its first field, of which there are as many as the
// schema has, and not as the client calls it.
func (s spans) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if !graphql.HasOperationContext(ctx) || graphql.GetOperationContext(ctx).Operation == nil {
		return next(ctx)
	}
	operation := graphql.GetOperationContext(ctx).Operation
	kind := string(operation.Operation)
	ctx, span := s.tracer.Start(ctx, kind+" "+firstField(operation), trace.WithAttributes(attribute.String("graphql.operation.type", kind)))
	defer span.End()
	if stats, ok := graphql.GetOperationContext(ctx).Stats.GetExtension("ComplexityLimit").(*extension.ComplexityStats); ok {
		span.SetAttributes(attribute.Int("purser.cost", stats.Complexity))
	}
	response := next(ctx)
	if response == nil || len(response.Errors) == 0 {
		return response
	}
	shown := make([]string, len(response.Errors))
	for i, err := range response.Errors {
		if shown[i] = codeOf(err); shown[i] == string(fault.Internal) {
			span.SetStatus(codes.Error, "")
		}
	}
	span.SetAttributes(attribute.StringSlice("purser.error_codes", shown))
	return response
}

// InterceptField makes the span of a resolver.
func (s spans) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	if !field.IsResolver {
		return next(ctx)
	}
	ctx, span := s.tracer.Start(ctx, field.Object+"."+field.Field.Name)
	defer span.End()
	return next(ctx)
}
