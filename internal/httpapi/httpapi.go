// Package httpapi is the front door: it turns HTTP, server-sent events and websockets into GraphQL requests with a known
// sender, sets the limits that hold before any resolver runs, and serves the few pages that are not GraphQL.
package httpapi

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/cors"

	"purser/internal/accounts"
	"purser/internal/certificates"
	"purser/internal/config"
	"purser/internal/delivery"
	"purser/internal/exports"
	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/recovery"
	"purser/internal/sessions"
	"purser/internal/statements"
	"purser/internal/tracing"
)

// Deps are what the front door is built from.
type Deps struct {
	Config       config.Config
	Log          *slog.Logger
	DB           *postgres.DB
	Schema       graphql.ExecutableSchema
	Present      graphql.ErrorPresenterFunc
	Loaders      graphql.ResponseMiddleware
	Sessions     *sessions.Service
	Watch        *sessions.Watch
	Accounts     *accounts.Service
	Recovery     *recovery.Service
	Delivery     *delivery.Service
	Certificates *certificates.Service
	Exports      *exports.Service
	Statements   *statements.Service
	Metrics      []prometheus.Collector // of the rooms
	Tracing      *tracing.Tracing       // nil for none
	Waiting      func() (now, most int) // postings, in the ledger's queue
	JobsRun      func() bool            // on this server
}

// API is the front door.
type API struct {
	Deps
	sockets  *sockets
	observer *observer
	held     atomic.Int64 // subscriptions
	safelist *safelist
	draining atomic.Bool // each answer is the last of its connection
	deserted atomic.Bool // and no other server has the socket
	limits   limits
	unread   sync.Once // tells that a proxy names nobody
}

// New builds the front door. It fails when a list of persisted operations cannot be read.
func New(d Deps) (*API, error) {
	documents, err := readSafelist(d.Config.PersistedOperations)
	if err != nil {
		return nil, err
	}
	a := &API{Deps: d, sockets: newSockets(), observer: newObserver(documents),
		safelist: &safelist{documents: documents, enforced: d.Config.PersistedOnly, present: d.Present}}
	a.limits = a.newLimits()
	return a, nil
}

// Handler is all that is served.
func (a *API) Handler() http.Handler {
	router := chi.NewRouter()
	router.Use(a.outgoing, a.addressed, a.identify, a.traced, a.logged, a.recovered, a.headers, a.cors())

	for path, probe := range map[string]http.HandlerFunc{"/.well-known/jwks.json": a.jwks, "/readyz": a.ready, "/healthz": healthy} {
		show(router, path, probe)
	}
	router.Handle("/metrics", a.metrics())
	router.Group(func(router chi.Router) {
		router.Use(a.boundPerAddress)
		router.Handle("/graphql", trusting(a.authenticated(a.boundPerAccount(a.graphql()))))
		a.documents(router)
		a.statements(router)
		router.Post("/data-export", a.giveExport)
		a.webSession(router)
		a.pages(router)
	})
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		refuseWith(w, r, http.StatusNotFound, fault.New(fault.BadUserInput).Because("nothing_there"))
	})
	return router
}

// Drain tells open sockets and streams to come back elsewhere, and clients not to use their connections again. Load balancers are told to send no more,
// unless another process has succeeded this one: then all that is sent here arrives there.
func (a *API) Drain(succeeded bool) {
	a.deserted.Store(!succeeded)
	a.draining.Store(true)
	a.sockets.endAll()
}

// allowedHeaders are what clients in browsers send: what is asked for here, and what tracing and Apollo add.
var allowedHeaders = []string{"Authorization", "Content-Type", "Accept-Language", "Traceparent", "Apollo-Require-Preflight",
	"Apollographql-Client-Name", "Apollographql-Client-Version", "X-Apollo-Operation-Name", "X-Apollo-Operation-Id"}

func (a *API) cors() func(http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: a.Config.CORSOrigins, AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut}, // PUT for documents
		AllowedHeaders:  allowedHeaders,
		ExposedHeaders:  []string{"X-Request-Id", "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Content-Disposition"},
		AllowOriginFunc: a.originFunc(), MaxAge: 600,
	}).Handler
}

// originFunc refuses every foreign origin when none is configured: the library would take an empty list for all.
func (a *API) originFunc() func(string) bool {
	if len(a.Config.CORSOrigins) == 0 {
		return func(string) bool { return false }
	}
	return nil
}

// isStatic tells what a browser may keep: files that hold nothing of anybody.
func isStatic(path string) bool {
	for _, prefix := range []string{"/playground/", "/pages/", "/assets/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// Values of headers that every answer has: they are made once.
var (
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	noStore    = []string{"no-store"}
	// What is no page loads nothing and stands in no frame, whatever it is taken for.
	nothingAllowed = []string{"default-src 'none'; frame-ancestors 'none'"}
	// Browsers never ask without TLS, for a year.
	transportSecurity = []string{"max-age=31536000"}
)

// headers are right for every answer; pages have a policy of their own.
func (a *API) headers(next http.Handler) http.Handler {
	secure := a.Config.IsProduction() && strings.HasPrefix(a.Config.PublicURL, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header() // whose values nobody writes to: Set replaces them
		h["X-Content-Type-Options"], h["Referrer-Policy"], h["Cross-Origin-Opener-Policy"], h["Content-Security-Policy"] = noSniff, noReferrer, sameOrigin, nothingAllowed
		if secure {
			h["Strict-Transport-Security"] = transportSecurity
		}
		if !isStatic(r.URL.Path) {
			h["Cache-Control"] = noStore
		}
		next.ServeHTTP(w, r)
	})
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (a *API) jwks(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"keys": a.Sessions.JWKS()})
}
