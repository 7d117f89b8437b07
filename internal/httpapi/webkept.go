package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"purser/internal/fault"
)

// webKept is something that a person has begun without being signed in, and goes on with in a browser whose tab was closed: its token is kept as the session's is.
type webKept struct {
	path, cookie string
	most         time.Duration // how long it is kept at most
	ends         func(context.Context, string) (time.Time, error)
}

// keptTokenMost is in bytes: tokens are far shorter.
const keptTokenMost = 512

// webToken is what is kept.
type webToken struct {
	Token string `json:"token"`
}

// keptHere are all of them. The browser may be somebody else's later: a registration is kept for a day after its last step, however long it lives itself. The letter
// about a lost phone is kept for an hour alone, and never beyond its two days, when its token sets a phone and a password. Whoever comes back later has the letter.
func (a *API) keptHere() []webKept {
	return []webKept{
		{"/web/registration", "purser_registration", 24 * time.Hour, func(ctx context.Context, token string) (time.Time, error) {
			registration, err := a.Accounts.Registration(ctx, token)
			return registration.ExpiresAt, err
		}},
		{"/web/lost-phone", "purser_lost_phone", time.Hour, func(ctx context.Context, token string) (time.Time, error) {
			lost, err := a.Recovery.FindLost(ctx, token)
			if lost.ReadyAt != nil && lost.ReadyAt.Before(lost.ExpiresAt) {
				return *lost.ReadyAt, err
			}
			return lost.ExpiresAt, err
		}},
	}
}

// webKept serves them, to the pages of this site alone.
func (a *API) webKept(router chi.Router) {
	for _, k := range a.keptHere() {
		router.Post(k.path, a.keep(k))
		router.Get(k.path, handBack(k))
		router.Delete(k.path, func(w http.ResponseWriter, r *http.Request) {
			a.setCookie(w, r, k.cookie, k.path, "", -1)
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// keep puts a token into its cookie, for as long as it is good; one that is not is refused, and leaves the one before.
func (a *API) keep(k webKept) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var given webToken
		body := http.MaxBytesReader(w, r.Body, webSessionMost)
		if err := json.NewDecoder(body).Decode(&given); err != nil || given.Token == "" || len(given.Token) > keptTokenMost {
			refuse(w, r, http.StatusBadRequest, fault.BadUserInput)
			return
		}
		ends, err := k.ends(r.Context(), given.Token)
		if refusal := (*fault.Fault)(nil); errors.As(err, &refusal) {
			refuse(w, r, http.StatusGone, refusal.Code)
			return
		}
		if err != nil {
			a.Log.ErrorContext(r.Context(), "what was begun in a browser could not be kept", "route", k.path, "error", err)
			refuse(w, r, http.StatusServiceUnavailable, fault.Internal)
			return
		}
		left := min(ends.Sub(a.DB.Now()), k.most)
		if left < time.Second {
			refuse(w, r, http.StatusGone, fault.Forbidden)
			return
		}
		a.setCookie(w, r, k.cookie, k.path, given.Token, int(left.Seconds()))
		w.WriteHeader(http.StatusNoContent)
	}
}

// handBack answers with what is kept, if anything is. Whether it is still good is for the API to say.
func handBack(k webKept) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := cookie(r, k.cookie)
		if err != nil || c.Value == "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		writeJSON(w, http.StatusOK, webToken{Token: c.Value})
	}
}

// forgetKept is for whoever logs in or out: what was begun is nobody else's.
func (a *API) forgetKept(w http.ResponseWriter, r *http.Request) {
	for _, k := range a.keptHere() {
		a.setCookie(w, r, k.cookie, k.path, "", -1)
	}
}

// ownPages lets the pages of this site alone ask: nothing that another page asks for, also by GET, and no form, which could send no JSON.
func ownPages(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := *r
		asked.Method = http.MethodPost // the library lets every GET pass
		if err := protection.Check(&asked); err != nil {
			refuse(w, r, http.StatusForbidden, fault.Forbidden)
			return
		}
		if r.Method == http.MethodPost && !isJSON(r) {
			refuse(w, r, http.StatusUnsupportedMediaType, fault.BadUserInput)
			return
		}
		next.ServeHTTP(w, r)
	})
}
