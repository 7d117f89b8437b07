// Package tracing sends spans of what a request does (HTTP, operation, resolvers, SQL, the group that posted a transfer) to an OpenTelemetry collector, if one
// is configured. Without one there is no tracer, and nobody asks for it. Spans hold names of our own, numbers, codes and the text of statements: no
// variables, no parameters, no words of errors and nothing a client wrote.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	scope       = "purser"
	flushWithin = 5 * time.Second // at the end of the process
)

// Tracing is a connection to a collector; nil is none.
type Tracing struct {
	provider *sdk.TracerProvider
	log      *slog.Logger
}

// Start makes the connection to the collector at an endpoint, such as http://127.0.0.1:4318; it returns nil for an empty one. A collector that is away loses
// spans and nothing else. How many requests are traced is said by OTEL_TRACES_SAMPLER, and by who asked: a traceparent that is sampled is.
func Start(ctx context.Context, endpoint string, log *slog.Logger) (*Tracing, error) {
	if endpoint == "" {
		return nil, nil //nolint:nilnil // none was asked for
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	t := &Tracing{log: log, provider: sdk.NewTracerProvider(sdk.WithBatcher(exporter),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "purser"))))}
	otel.SetTracerProvider(t.provider) // for the ledger's posters, which know no request
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("spans could not be sent", "error", err) }))
	return t, nil
}

// Stop sends what has not been sent yet.
func (t *Tracing) Stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last spans could not be sent", "error", err)
	}
}

// Tracer makes spans.
func (t *Tracing) Tracer() trace.Tracer { return t.provider.Tracer(scope) }

// Propagator reads the traceparent of a request.
func (*Tracing) Propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

// SQL makes spans of statements that belong to one, for a pool; nil when there is no tracing.
func (t *Tracing) SQL() pgx.QueryTracer {
	if t == nil {
		return nil
	}
	return statements{otelpgx.NewTracer(otelpgx.WithTracerProvider(t.provider), otelpgx.WithDisableConnectionDetailsInAttributes())}
}

// statements is the library's tracer without the words of Postgres's errors, which may quote what somebody wrote.
type statements struct{ inner *otelpgx.Tracer }

// TraceQueryStart begins the span of a statement.
func (s statements) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return s.inner.TraceQueryStart(ctx, conn, data)
}

// TraceQueryEnd ends it.
func (s statements) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	data.Err = wordless(data.Err)
	s.inner.TraceQueryEnd(ctx, conn, data)
}

// TraceBatchStart begins the span of statements that are sent together.
func (s statements) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	return s.inner.TraceBatchStart(ctx, conn, data)
}

// TraceBatchQuery makes the span of one of them.
func (s statements) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	data.Err = wordless(data.Err)
	s.inner.TraceBatchQuery(ctx, conn, data)
}

// TraceBatchEnd ends it.
func (s statements) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchEndData) {
	data.Err = wordless(data.Err)
	s.inner.TraceBatchEnd(ctx, conn, data)
}

func wordless(err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pg):
		return errors.New("SQLSTATE " + pg.Code)
	}
	return errors.New("the statement was not answered")
}
