package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/request"
	"purser/internal/sessions"
)

const probeTimeout = 2 * time.Second

// identify gives the request its id, and notes where it came from and which language its sender reads.
func (a *API) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := request.Info{ID: uuid.NewString()}
		info.Locale, info.HasLocale = locale.Of(r.Header.Get("Accept-Language"))
		info.IP = a.addressOf(r)
		w.Header().Set("X-Request-Id", info.ID)
		next.ServeHTTP(w, r.WithContext(context.WithValue(request.With(r.Context(), info), observerKey{}, a.observer)))
	})
}

// logged writes one line for each request: its route and not its path, in which somebody may put a number or a token; no query, no body, no header. A handler that a panic leaves, as one does that cuts its answer,
// has its line too, with cut=true; the panic goes on.
func (a *API) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		counted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		cut := true
		defer func() {
			method, route := asked(r)
			seen := []any{"method", method, "route", route, "status", counted.status, "took", time.Since(began).Round(time.Microsecond).String()}
			if cut {
				seen = append(seen, "cut", true)
			}
			a.Log.InfoContext(r.Context(), "request", seen...)
		}()
		next.ServeHTTP(counted, r)
		cut = false
	})
}

// recovered answers a panic outside resolvers; those have a guard of their own.
func (a *API) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel
					panic(p)
				}
				a.Log.ErrorContext(r.Context(), "a request panicked", "panic", p, "stack", string(debug.Stack()))
				refuse(w, r, http.StatusInternalServerError, fault.Internal)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// authenticated finds out who asks. No token is nobody; a bad one is 401, never a silent nobody. It reads the account and the
// session with one query, and resolvers need no other to know the viewer.
func (a *API) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := r.Header.Get("Authorization")
		if header == "" {
			next.ServeHTTP(w, r)
			return
		}
		identity, err := a.Sessions.Authenticate(r.Context(), bearer(header))
		if fault.Is(err, fault.Unauthenticated) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			refuse(w, r, http.StatusUnauthorized, fault.Unauthenticated)
			return
		}
		if err != nil {
			a.Log.ErrorContext(r.Context(), "a request could not be authenticated", "error", err)
			refuse(w, r, http.StatusServiceUnavailable, fault.Internal)
			return
		}
		ctx := sessions.WithIdentity(r.Context(), identity)
		info := request.Of(ctx)
		info.Session = identity.SessionID
		if !info.HasLocale {
			info.Locale = locale.Locale(identity.Account.Locale)
		}
		ctx = request.With(ctx, info)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// bearer is the token of an Authorization value; empty, which no token is, for another scheme.
func bearer(value string) string {
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// refuse answers a request that reaches no resolver in the form of a GraphQL error.
func refuse(w http.ResponseWriter, r *http.Request, status int, code fault.Code) {
	refuseWith(w, r, status, fault.New(code))
}

// refuseWith is refuse for a refusal that has more to say than its code.
func refuseWith(w http.ResponseWriter, r *http.Request, status int, f *fault.Fault) {
	if o, ok := r.Context().Value(observerKey{}).(*observer); ok {
		o.faults.WithLabelValues(string(f.Code)).Inc()
	}
	info := request.Of(r.Context())
	extensions := map[string]any{"code": f.Code}
	if f.Code == fault.Internal {
		extensions["reference"] = info.ID
	}
	if facts, known := f.Facts.(fault.RetryFacts); known {
		w.Header().Set("Retry-After", strconv.Itoa(facts.Seconds()))
		extensions["retryAfterSeconds"] = facts.Seconds()
	}
	if len(f.Field) > 0 {
		extensions["field"] = f.Field
	}
	sentence, values := f.Sentence()
	writeJSON(w, status, map[string]any{"errors": []any{map[string]any{
		"message": info.Locale.Text(sentence, values), "extensions": extensions,
	}}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

// statusWriter remembers the status, and lets streams and websockets through.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush serves server-sent events.
func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Hijack serves websockets.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
