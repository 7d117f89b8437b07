package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	validation "github.com/vektah/gqlparser/v2/validator/rules"

	"purser/internal/fault"
)

const (
	bodyLimit        = 64 << 10
	tokenLimit       = 2000 // validation takes time that grows with the square of a document
	operationTimeout = 30 * time.Second
	initTimeout      = 3 * time.Second
)

func init() {
	// Too costly is a mistake of the document, not a fault of the execution.
	errcode.RegisterErrorType("COMPLEXITY_LIMIT_EXCEEDED", errcode.KindProtocol)
}

// way is how a request came in; it decides what may be asked.
type way int

const (
	plain way = iota
	stream
	socketWay
)

type wayKey struct{}

// graphql serves /graphql on all its transports. Streams go first: the first transport that wants a request gets it.
func (a *API) graphql() http.Handler {
	server := handler.New(a.Schema)
	server.AddTransport(eventStream{transport.SSE{KeepAlivePingInterval: a.Config.SocketPing}})
	server.AddTransport(a.websocket())
	server.AddTransport(get{})
	server.AddTransport(post{})

	server.SetParserTokenLimit(tokenLimit)
	server.SetQueryCache(remember[*ast.QueryDocument](nil))
	server.SetDisableSuggestion(!a.Config.ShowsSchema())
	if !a.Config.ShowsSchema() {
		server.SetValidationRulesFn(rulesWithoutSuggestions)
	}
	if a.Config.ShowsSchema() {
		server.Use(extension.Introspection{})
	}
	server.Use(a.safelist) // before what would remember any document
	server.Use(extension.AutomaticPersistedQuery{Cache: remember(func(text string) int { return len(text) })})
	server.Use(newOverlaps(a.Present))
	server.Use(&rules{present: a.Present, hidden: !a.Config.ShowsSchema()}) // before the cost is reckoned, which walks every fragment as often as it is spread
	server.Use(newCosts(a.Config.ComplexityLimit))

	server.SetErrorPresenter(a.Present)
	server.SetRecoverFunc(func(ctx context.Context, p any) error {
		a.Log.ErrorContext(ctx, "a resolver panicked", "panic", p, "stack", string(debug.Stack()))
		return errors.New("a resolver panicked")
	})
	if a.Tracing != nil {
		server.Use(newSpans(a.Tracing))
	}
	server.AroundResponses(a.observer.observe)
	server.AroundResponses(a.Loaders)
	server.AroundOperations(tellCost)
	server.AroundOperations(a.boundStreams)
	server.AroundOperations(a.countSubscriptions)

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket := r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
		if !socket {
			// An offer of another protocol (h2c) may be left unanswered. The library would refuse the request, or take it for what
			// it was not let in as.
			r.Header.Del("Upgrade")
		}
		switch {
		case !socket && isPacked(r):
			refuse(w, r, http.StatusUnsupportedMediaType, fault.BadUserInput)
		case socket:
			a.serveSocket(w, r, server)
		case isEventStream(r) && isJSON(r):
			a.serveStream(w, r, server)
		default:
			a.servePlain(w, r, server)
		}
	})
}

// rulesWithoutSuggestions are the rules of validation that do not guess what was meant: that would tell the names of a schema that is not shown. The
// library's own switch leaves out arguments, types and values.
func rulesWithoutSuggestions() *validation.Rules {
	all := validation.NewDefaultRules()
	all.ReplaceRule(validation.KnownArgumentNamesRule.Name, validation.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	all.ReplaceRule(validation.KnownTypeNamesRule.Name, validation.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	all.ReplaceRule(validation.ValuesOfCorrectTypeRule.Name, validation.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return all
}

func (a *API) servePlain(w http.ResponseWriter, r *http.Request, server http.Handler) {
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), wayKey{}, plain), operationTimeout)
	defer cancel()
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		refuse(w, r, http.StatusMethodNotAllowed, fault.BadUserInput)
		return
	}
	if r.Method == http.MethodPost && !isJSON(r) {
		refuse(w, r, http.StatusUnsupportedMediaType, fault.BadUserInput)
		return
	}
	server.ServeHTTP(w, r.WithContext(ctx))
}

// readBody reads a stream's body of bounded size and checks its shape. It comes before the library, which would quote a body that
// it cannot read, with whatever secret is in it, in its answer and its log.
func readBody(w http.ResponseWriter, r *http.Request) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuse(w, r, http.StatusRequestEntityTooLarge, fault.BadUserInput)
		return false
	}
	if err != nil || (isJSON(r) && json.Unmarshal(body, &graphql.RawParams{}) != nil) {
		refuse(w, r, http.StatusBadRequest, fault.BadUserInput)
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return true
}

// eventStream is the library's SSE for clients that want it: some list it behind JSON in every request.
type eventStream struct{ transport.SSE }

func (s eventStream) Supports(r *http.Request) bool {
	came, _ := r.Context().Value(wayKey{}).(way)
	return came == stream && s.SSE.Supports(r)
}

// isPacked tells whether a body is compressed. None is unpacked here: how large it is would be known too late.
func isPacked(r *http.Request) bool {
	encoding := r.Header.Get("Content-Encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

func isEventStream(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return r.Method == http.MethodPost && strings.Contains(accept, "text/event-stream") &&
		!strings.Contains(accept, "application/json") && !strings.Contains(accept, "application/graphql-response+json")
}

// countSubscriptions keeps a socket from holding more subscriptions than it may, and counts them all.
func (a *API) countSubscriptions(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	if !a.sockets.subscribe(ctx, a.Config.MaxSubscriptions) {
		shown := a.Present(ctx, fault.Limited(time.Minute))
		a.observer.faults.WithLabelValues(codeOf(shown)).Inc()
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{shown}})
	}
	a.hold(ctx)
	return next(ctx)
}

func (a *API) hold(ctx context.Context) {
	a.held.Add(1)
	context.AfterFunc(ctx, func() { a.held.Add(-1) })
}
