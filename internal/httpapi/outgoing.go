package httpapi

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// AnswerTimeout is for the server: what a request may take from its head to where its answer begins, which then has deadlines of its own.
const AnswerTimeout = 3 * time.Minute

const (
	sendBytes = 64 << 10        // of a piece, each with its own time to be taken
	sendMost  = 2 * time.Minute // for an ordinary answer, however slowly it is taken
)

// outgoing bounds how long a client takes for what it is sent, and tells it, once the server stops, not to use its connection again.
func (a *API) outgoing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &outgoing{ResponseWriter: w, control: http.NewResponseController(w), piece: a.Config.SendTimeout, leaving: a.draining.Load, drain: a.Config.DrainTimeout}
		next.ServeHTTP(out, r)
		out.end()
	})
}

// outgoing is an answer on its way. Each piece of it has its time to be taken, and so has the whole, unless it is a stream or its handler sets deadlines of
// its own, as documents do.
type outgoing struct {
	http.ResponseWriter
	control *http.ResponseController
	piece   time.Duration
	leaving func() bool
	drain   time.Duration

	mu      sync.Mutex
	begun   bool
	until   time.Time // the whole of it; zero is never
	stream  bool
	hurried bool
	own     bool // deadlines are the handler's
	gone    bool // the connection is another protocol's
}

// before is called before anything is sent. The header is set as late as that: the library's streams set one of their own.
func (o *outgoing) before() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.begun {
		o.begun = true
		if o.until = time.Now().Add(sendMost); o.stream { // of a connection; no rule depends on it
			o.until = time.Time{}
		}
		if o.leaving() {
			o.Header().Set("Connection", "close")
		}
	}
	if !o.own {
		o.renew()
	}
}

func (o *outgoing) renew() {
	until := time.Now().Add(o.piece)
	if o.leaving() && !o.hurried { // who takes its time must not keep the server from ending well
		o.hurried = true
		if last := time.Now().Add(o.drain / 2); o.until.IsZero() || last.Before(o.until) {
			o.until = last
		}
	}
	if !o.until.IsZero() && o.until.Before(until) {
		until = o.until
	}
	_ = o.control.SetWriteDeadline(until) // a test's recorder has none
}

// end gives what is still buffered its time.
func (o *outgoing) end() {
	o.before()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.own && !o.gone {
		o.until = time.Time{}
		o.renew()
	}
}

// streams takes the bound of the whole from an answer that has no end.
func streams(w http.ResponseWriter) {
	for {
		switch unwrapped := w.(type) {
		case *outgoing:
			unwrapped.mu.Lock()
			defer unwrapped.mu.Unlock()
			unwrapped.stream, unwrapped.until = true, time.Time{}
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = unwrapped.Unwrap()
		default:
			return
		}
	}
}

func (o *outgoing) WriteHeader(status int) {
	o.before()
	o.ResponseWriter.WriteHeader(status)
}

// Write sends a piece at a time.
func (o *outgoing) Write(p []byte) (sent int, err error) {
	for {
		o.before()
		n, err := o.ResponseWriter.Write(p[sent:min(len(p), sent+sendBytes)])
		if sent += n; err != nil || sent == len(p) {
			return sent, err
		}
	}
}

func (o *outgoing) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// Flush sends what is written.
func (o *outgoing) Flush() {
	o.before()
	_ = o.control.Flush()
}

// SetWriteDeadline is for handlers that know better how long their answer may take.
func (o *outgoing) SetWriteDeadline(t time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.own = true
	return o.control.SetWriteDeadline(t)
}

// Hijack serves websockets, which have bounds of their own.
func (o *outgoing) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.own, o.gone = true, true
	return o.control.Hijack()
}
