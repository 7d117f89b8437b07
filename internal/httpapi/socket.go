package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	coder "github.com/coder/websocket"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/request"
	"purser/internal/sessions"
)

// Close codes of sockets. Clients of graphql-ws come back after 1001 and 4403, with patience, and do not after 4401.
const (
	closeGoingAway    = 1001
	closeBadMessage   = 4400
	closeUnauthorized = 4401
	closeForbidden    = 4403
	closeInitTimeout  = 4408
	closeSameID       = 4409
	closeTooMany      = 4429
)

const protocol = "graphql-transport-ws"

// socket is one websocket: the library's, with the protocol kept (see protocol.go). It ends itself when its session is over.
type socket struct {
	transport.WebsocketConn
	patience time.Duration // for what is sent to be taken
	release  func()
	take     func() (refusal json.RawMessage) // from the budgets of its sender; set before anything can be subscribed to

	mu      sync.Mutex
	begun   bool              // connection_init has come
	count   int               // of operations there have been
	refused int               // operations in a row, beyond the budgets
	inside  map[string]string // the library's id of each operation in progress, by the client's
	client  map[string]string // and the other way round
}

type socketKey struct{}

// holder carries the socket from where it is accepted to where it is signed in.
type holder struct{ socket *socket }

func socketOf(ctx context.Context) *socket {
	h, _ := ctx.Value(socketKey{}).(*holder)
	if h == nil {
		return nil
	}
	return h.socket
}

func (a *API) serveSocket(w http.ResponseWriter, r *http.Request, server http.Handler) {
	if !offers(r, protocol) {
		refuse(w, r, http.StatusBadRequest, fault.BadUserInput)
		return
	}
	release, ok := a.sockets.enter(network(request.Of(r.Context()).IP), a.Config.MaxSocketsAddress)
	if !ok {
		refuseWith(w, r, http.StatusTooManyRequests, fault.Limited(time.Minute))
		return
	}
	defer release()
	h := &holder{}
	ctx := context.WithValue(context.WithValue(r.Context(), wayKey{}, socketWay), socketKey{}, h)
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	server.ServeHTTP(w, r.WithContext(ctx))
	if h.socket != nil {
		h.socket.release()
		h.socket.leave()
	}
}

// offers tells whether a client speaks a protocol. Each is a name of its own, in a list.
func offers(r *http.Request, protocol string) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(name) == protocol {
				return true
			}
		}
	}
	return false
}

func (a *API) websocket() transport.Websocket {
	limit := int64(bodyLimit)
	return transport.Websocket{
		Implementation:   acceptor{patience: a.Config.SendTimeout, CoderWebsocketImplementation: transport.CoderWebsocketImplementation{AcceptOptions: coder.AcceptOptions{OriginPatterns: a.Config.CORSOrigins}}},
		InitFunc:         a.signInSocket,
		InitTimeout:      initTimeout,
		PingPongInterval: a.Config.SocketPing,
		PayloadReadLimit: &limit,
		ErrorFunc:        func(context.Context, error) {}, // clients that vanish are no news
	}
}

// signInSocket reads the token of connection_init. The context it returns with an error tells the library how to close.
func (a *API) signInSocket(ctx context.Context, init transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	header := init.Authorization()
	if header != "" {
		identity, err := a.Sessions.Authenticate(ctx, bearer(header))
		if fault.Is(err, fault.Unauthenticated) {
			code := closeForbidden
			if strings.Count(header, ".") != 2 { // not even the form of a token: coming back will not help
				code = closeUnauthorized
			}
			return closing(ctx, code, "Unauthenticated"), nil, errors.New("unauthenticated")
		}
		if err != nil {
			a.Log.ErrorContext(ctx, "a socket could not be authenticated", "error", err)
			return closing(ctx, closeGoingAway, "Try again"), nil, errors.New("try again")
		}
		ctx = sessions.WithIdentity(ctx, identity)
		if info := request.Of(ctx); !info.HasLocale {
			info.Locale = locale.Locale(identity.Account.Locale)
			ctx = request.With(ctx, info)
		}
	}

	if _, ok := sessions.Of(ctx); !ok { // all that a socket may ask needs someone
		return closing(ctx, closeUnauthorized, "Unauthenticated"), nil, errors.New("unauthenticated")
	}

	s := socketOf(ctx)
	release, ok := a.sockets.add(ctx, a.Watch, a.Config.MaxSockets,
		func() { _ = s.WriteClose(closeForbidden, "Session is over") }, func() { _ = s.WriteClose(closeGoingAway, "Server is going away") })
	if !ok {
		return closing(ctx, closeTooMany, "Too many sockets"), nil, errors.New("too many sockets")
	}
	s.release = release
	var left atomic.Pointer[http.Header] // as of the latest operation
	s.take = func() json.RawMessage {
		h := http.Header{}
		refusal := a.takeOf(ctx, h)
		left.Store(&h)
		return refusal
	}
	return context.WithValue(ctx, shownBudget{}, func() http.Header { return *left.Load() }), nil, nil
}

// takeOf takes one operation on a socket from the budgets that requests are taken from, of the address and of the account, writes into h what is left, and is
// the refusal where one is used up.
func (a *API) takeOf(ctx context.Context, h http.Header) json.RawMessage {
	wait := a.limits.address.take(ctx, h, network(request.Of(ctx).IP))
	if identity, ok := sessions.Of(ctx); ok && wait == 0 {
		wait = a.limits.account.take(ctx, h, identity.Account.ID.String())
	}
	if wait == 0 {
		return nil
	}
	shown := a.Present(ctx, fault.Limited(wait))
	a.observer.faults.WithLabelValues(codeOf(shown)).Inc()
	text, err := json.Marshal([]any{shown})
	if err != nil { // it is our own: it can be written
		return json.RawMessage("[]")
	}
	return text
}

func closing(ctx context.Context, code int, reason string) context.Context {
	return transport.WithWebsocketCloseCode(transport.AppendCloseReason(ctx, reason), code)
}

// acceptor wraps each accepted connection, and offers one protocol only.
type acceptor struct {
	transport.CoderWebsocketImplementation
	patience time.Duration
}

func (a acceptor) Accept(w http.ResponseWriter, r *http.Request, options transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	options.Subprotocols = []string{protocol}
	conn, err := a.CoderWebsocketImplementation.Accept(w, r, options)
	if err != nil {
		return nil, err
	}
	s := &socket{WebsocketConn: conn, patience: a.patience, inside: map[string]string{}, client: map[string]string{}, release: func() {}}
	if h, ok := r.Context().Value(socketKey{}).(*holder); ok {
		h.socket = s
	}
	return s, nil
}

// SetReadLimit passes on what the embedded interface hides.
func (s *socket) SetReadLimit(limit int64) {
	if conn, ok := s.WebsocketConn.(transport.WebsocketReadLimiter); ok {
		conn.SetReadLimit(limit)
	}
}

// SetReadDeadline passes on what the embedded interface hides.
func (s *socket) SetReadDeadline(t time.Time) error {
	if conn, ok := s.WebsocketConn.(transport.WebsocketReadDeadliner); ok {
		return conn.SetReadDeadline(t)
	}
	return nil
}
