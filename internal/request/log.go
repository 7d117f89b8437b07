package request

import (
	"context"
	"log/slog"
)

// LogHandler puts the request's id into each line that is logged with its context.
type LogHandler struct{ slog.Handler }

// Handle adds the id.
func (h LogHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := Of(ctx).ID; id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the wrapping.
func (h LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return LogHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the wrapping.
func (h LogHandler) WithGroup(name string) slog.Handler { return LogHandler{h.Handler.WithGroup(name)} }
