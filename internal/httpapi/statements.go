package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/request"
	"purser/internal/sessions"
	"purser/internal/statements"
)

// pieceTimeout is what a client has to take a piece of a document. One that takes none holds no snapshot of the database for longer; Postgres itself
// ends such a one a little later.
const (
	pieceTimeout = 15 * time.Second
	pieceBytes   = 64 << 10
)

// statements serves documents to whoever is signed in, with the token that GraphQL takes.
func (a *API) statements(router chi.Router) {
	router.Group(func(r chi.Router) {
		r.Use(a.authenticated, signedIn)
		for _, format := range []string{statements.PDF, statements.PNG} {
			r.Get("/transfers/{id}/receipt."+format, a.receipt(format))
		}
		for _, format := range []string{statements.PDF, statements.CSV, statements.JSON} {
			r.Get("/wallets/{number}/statement."+format, a.statement(format))
		}
	})
}

func signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := sessions.Of(r.Context()); !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, r, http.StatusUnauthorized, fault.Unauthenticated)
			return
		}
		next.ServeHTTP(w, inLanguage(r))
	})
}

// inLanguage lets ?lang= have the last word, for the document and for what is said of it.
func inLanguage(r *http.Request) *http.Request {
	info := request.Of(r.Context())
	if l, ok := locale.Of(r.URL.Query().Get("lang")); ok {
		info.Locale = l
	}
	return r.WithContext(request.With(r.Context(), info))
}

func (a *API) receipt(format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.Parse(chi.URLParam(r, "id"))
		if err != nil {
			id = uuid.Nil // which nothing has
		}
		a.document(w, r, func(ctx context.Context, account uuid.UUID, to statements.Sheet) error {
			return a.Statements.Receipt(ctx, account, id, request.Of(ctx).Locale, format, to)
		})
	}
}

func (a *API) statement(format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked := statements.Request{Number: chi.URLParam(r, "number"), From: r.URL.Query().Get("from"), To: r.URL.Query().Get("to"),
			Format: format, Locale: request.Of(r.Context()).Locale}
		a.document(w, r, func(ctx context.Context, account uuid.UUID, to statements.Sheet) error {
			asked.Account = account
			return a.Statements.Statement(ctx, asked, to)
		})
	}
}

// document writes what fill fills in. A document that is torn after its head was sent ends with the connection, so that nobody takes it for whole.
func (a *API) document(w http.ResponseWriter, r *http.Request, fill func(context.Context, uuid.UUID, statements.Sheet) error) {
	viewer, _ := sessions.Of(r.Context())
	to := newSheet(w, pieceTimeout)
	_ = to.control.SetReadDeadline(time.Time{}) // there is nothing left to read, and a long document must not end with the time for that
	err := fill(r.Context(), viewer.Account.ID, to)
	if err == nil {
		err = to.finish()
	}
	switch {
	case err == nil:
	case to.begun:
		if r.Context().Err() == nil {
			a.Log.WarnContext(r.Context(), "a document was not finished", "reference", request.Of(r.Context()).ID, "error", err)
		}
		panic(http.ErrAbortHandler)
	default:
		a.refuseDocument(w, r, err)
	}
}

func (a *API) refuseDocument(w http.ResponseWriter, r *http.Request, err error) {
	faults, ok := fault.All(err)
	if !ok {
		a.fail(w, r, "a document could not be made", err)
		return
	}
	status := http.StatusUnprocessableEntity
	switch faults[0].Code {
	case fault.WalletNotFound, fault.TransferNotFound:
		status = http.StatusNotFound
	case fault.InvalidInput:
		status = http.StatusBadRequest
	case fault.Overloaded:
		status = http.StatusTooManyRequests
	}
	refuseWith(w, r, status, faults[0])
}

// sheet is a response that a document is written to, a piece at a time, each with its own time to be taken.
type sheet struct {
	w       http.ResponseWriter
	control *http.ResponseController
	pieces  *bufio.Writer
	begun   bool
	piece   time.Duration // that the client has to take one
}

func newSheet(w http.ResponseWriter, piece time.Duration) *sheet {
	return &sheet{w: w, control: http.NewResponseController(w), piece: piece}
}

// Begin sends the head.
func (s *sheet) Begin(name, contentType string) io.Writer {
	header := s.w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Disposition", `attachment; filename="`+strings.Map(plainName, name)+`"`)
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	s.begun, s.pieces = true, bufio.NewWriterSize(timed{s}, pieceBytes)
	return s.pieces
}

func (s *sheet) finish() error {
	if !s.begun {
		return errors.New("httpapi: a document without a head")
	}
	if err := s.pieces.Flush(); err != nil {
		return err
	}
	err := s.control.Flush()
	_ = s.control.SetWriteDeadline(time.Time{}) // the connection may serve others
	return err
}

// plainName leaves in a name what every system takes.
func plainName(r rune) rune {
	if r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
		return r
	}
	return '-'
}

// timed gives each piece its time.
type timed struct{ *sheet }

func (t timed) Write(piece []byte) (int, error) {
	_ = t.control.SetWriteDeadline(time.Now().Add(t.piece)) // of a connection; a test's recorder has none
	return t.w.Write(piece)
}
