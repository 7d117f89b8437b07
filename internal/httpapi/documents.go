package httpapi

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"purser/internal/certificates"
	"purser/internal/fault"
	"purser/internal/request"
)

// uploadTimeout is what a slow phone has to send a picture.
const uploadTimeout = 2 * time.Minute

// documents takes and shows pictures of documents, at addresses that the API signed. Whoever has one needs no token: it stands for
// one picture, for minutes.
func (a *API) documents(router chi.Router) {
	router.Put("/documents/{id}", a.takeDocument)
	router.Get("/documents/{id}", a.showDocument)
}

func (a *API) takeDocument(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil || !a.Certificates.MayStore(id, r.URL.Query()) {
		refuse(w, r, http.StatusForbidden, fault.Forbidden)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTimeout)) //nolint:forbidigo // of a connection; no rule depends on it
	picture, err := io.ReadAll(http.MaxBytesReader(w, r.Body, certificates.DocumentMost))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (&http.MaxBytesError{}); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		refuse(w, r, status, fault.BadUserInput)
		return
	}
	switch err := a.Certificates.Store(r.Context(), id, r.URL.Query(), picture); {
	case err == nil:
		w.WriteHeader(http.StatusCreated)
	case fault.Is(err, fault.Forbidden):
		refuse(w, r, http.StatusForbidden, fault.Forbidden)
	case fault.Is(err, fault.LimitExceeded):
		faults, _ := fault.All(err)
		refuseWith(w, r, http.StatusTooManyRequests, faults[0])
	case fault.Is(err, fault.InvalidInput):
		refuse(w, r, http.StatusUnsupportedMediaType, fault.BadUserInput)
	default:
		a.fail(w, r, "a document could not be stored", err)
	}
}

func (a *API) showDocument(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		refuse(w, r, http.StatusForbidden, fault.Forbidden)
		return
	}
	contentType, picture, err := a.Certificates.Read(r.Context(), id, r.URL.Query())
	switch {
	case fault.Is(err, fault.Forbidden):
		refuse(w, r, http.StatusForbidden, fault.Forbidden)
		return
	case err != nil:
		a.fail(w, r, "a document could not be read", err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	w.Header().Set("Content-Disposition", "inline")
	_, _ = w.Write(picture) // the reader may be gone
}

// fail answers a fault of ours with a reference to the log.
func (a *API) fail(w http.ResponseWriter, r *http.Request, what string, err error) {
	a.Log.ErrorContext(r.Context(), what, "reference", request.Of(r.Context()).ID, "error", err)
	refuse(w, r, http.StatusInternalServerError, fault.Internal)
}
