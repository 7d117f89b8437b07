package ledger

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// traced notes who asks for a posting, if that is traced.
func traced(ctx context.Context) trace.Span {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		return span
	}
	return nil
}

// traceGroup makes the span of a group, in the trace of the first posting that has one; it and the spans of the others are linked both ways, so that each
// posting leads to the statements that posted it. Most groups have none.
func traceGroup(ctx context.Context, group []*job) (_ context.Context, end func()) {
	var callers []trace.Span
	for _, j := range group {
		if j.caller != nil {
			callers = append(callers, j.caller)
		}
	}
	if len(callers) == 0 {
		return ctx, nothing
	}
	links := make([]trace.Link, len(callers))
	for i, caller := range callers {
		links[i] = trace.Link{SpanContext: caller.SpanContext()}
	}
	ctx, span := otel.Tracer("purser").Start(trace.ContextWithSpan(ctx, callers[0]), "ledger group",
		trace.WithLinks(links...), trace.WithAttributes(attribute.Int("purser.group.size", len(group))))
	for _, caller := range callers {
		caller.AddLink(trace.Link{SpanContext: span.SpanContext()})
	}
	return ctx, func() { span.End() }
}

func nothing() {}
