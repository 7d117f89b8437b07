package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/request"
)

// Why a server ends a stream.
const (
	endLeaving = iota + 1
	endSession
)

// streamEnd is how a stream of server-sent events ends. A subscription that the server ends is never told that it is complete: its client would not come
// back. Queries and mutations are not ended with the server; they have the time that they have without a stream.
type streamEnd struct {
	cancel context.CancelFunc

	mu         sync.Mutex
	subscribes bool
	why        int // 0 is not by the server
}

type streamEndKey struct{}

// end ends the stream, if it has a subscription or gets one.
func (s *streamEnd) end(why int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == 0 {
		s.why = why
	}
	if s.subscribes {
		s.cancel()
	}
}

// subscribe is called when it is known that the stream has a subscription.
func (s *streamEnd) subscribe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subscribes = true; s.why != 0 {
		s.cancel()
	}
}

// ended is why the server has ended the stream's subscription, 0 when it has not.
func (s *streamEnd) ended() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.subscribes {
		return 0
	}
	return s.why
}

// boundStreams tells a stream what it carries.
func (a *API) boundStreams(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	s, ok := ctx.Value(streamEndKey{}).(*streamEnd)
	if !ok {
		return next(ctx)
	}
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		s.subscribe()
		return next(ctx)
	}
	timer := time.AfterFunc(operationTimeout, s.cancel)
	context.AfterFunc(ctx, func() { timer.Stop() })
	return next(ctx)
}

// serveStream serves server-sent events until the client leaves, the session is over or the server stops.
func (a *API) serveStream(w http.ResponseWriter, r *http.Request, server http.Handler) {
	if !readBody(w, r) {
		return
	}
	leaveAddress, ok := a.sockets.enter(network(request.Of(r.Context()).IP), a.Config.MaxSocketsAddress)
	if !ok {
		refuseWith(w, r, http.StatusTooManyRequests, fault.Limited(time.Minute))
		return
	}
	defer leaveAddress()
	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), wayKey{}, stream))
	defer cancel()
	end := &streamEnd{cancel: cancel}
	ctx = context.WithValue(ctx, streamEndKey{}, end)
	ctx = context.WithValue(ctx, shownBudget{}, w.Header)
	release, ok := a.sockets.add(ctx, a.Watch, a.Config.MaxSockets, func() { end.end(endSession) }, func() { end.end(endLeaving) })
	if !ok {
		refuseWith(w, r, http.StatusTooManyRequests, fault.Limited(time.Minute))
		return
	}
	defer release()
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // it lives longer than any request
	streams(w)
	server.ServeHTTP(&streamWriter{ResponseWriter: w, end: end, locale: request.Of(ctx).Locale}, r.WithContext(ctx))
	if end.ended() != 0 {
		panic(http.ErrAbortHandler) // a stream that is cut is one to come back to
	}
}

// streamWriter gives the last event the data line without which browsers drop it. A stream that the server ended has none: who lost its session is told that.
// Neither does it say what else came of the end: a resolver that was stopped in the middle of an event has failed, and the client hears the event when it is back.
type streamWriter struct {
	http.ResponseWriter
	end    *streamEnd
	locale locale.Locale
}

func (w *streamWriter) Write(p []byte) (int, error) {
	isLast, ended := string(p) == "event: complete\n\n", w.end.ended()
	if !isLast && ended == 0 {
		return w.ResponseWriter.Write(p)
	}
	last := "event: complete\ndata:\n\n"
	switch {
	case !isLast || ended == endLeaving:
		return len(p), nil
	case ended == endSession:
		refused, err := json.Marshal(map[string]any{"data": nil, "errors": []any{map[string]any{
			"message": w.locale.Text(string(fault.Unauthenticated), nil), "extensions": map[string]any{"code": fault.Unauthenticated},
		}}})
		if err != nil {
			return 0, err
		}
		last = "event: next\ndata: " + string(refused) + "\n\n"
	}
	_, err := io.WriteString(w.ResponseWriter, last)
	return len(p), err
}

func (w *streamWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what is written.
func (w *streamWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
