package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"purser/internal/fault"
	"purser/internal/request"
)

// A browser has no store that scripts cannot read but its cookies. What lives long is kept in some that no script sees and no other site
// sends: the refresh token, what says that the browser is trusted, and what was begun before there is either (webkept.go).
const (
	webSessionPath = "/web/session"
	refreshCookie  = "purser_session"
	trustCookie    = "purser_trust"
	securePrefix   = "__Secure-"          // of the names of all where they are Secure: no page without TLS can plant them
	trustCookieAge = 180 * 24 * time.Hour // a trusted device may be forgotten earlier: then a code is asked for
	webSessionMost = 4096                 // bytes of a request
)

// webTokens is what an app that has just been signed in hands over.
type webTokens struct {
	RefreshToken     string `json:"refreshToken"`
	DeviceTrustToken string `json:"deviceTrustToken"`
}

// webAccess is what the app may hold: in memory alone.
type webAccess struct {
	AccessToken          string    `json:"accessToken"`
	AccessTokenExpiresAt time.Time `json:"accessTokenExpiresAt"`
}

// webSession serves the browser's session, and what is kept before there is one. A foreign site cannot ask: see ownPages.
func (a *API) webSession(router chi.Router) {
	router.Group(func(r chi.Router) {
		r.Use(ownPages)
		r.Post(webSessionPath, a.renewWebSession)
		r.Delete(webSessionPath, a.dropWebSession)
		a.webKept(r)
	})
}

// renewWebSession changes a refresh token, the one that is handed over or that of the cookie, for the next, which goes into the cookie, and an access
// token, which is the answer. Without a session, or when it is over, there is nothing to say: 204, and no cookie is left. One that is handed over is somebody's who
// has just come in: what was begun here before is done with, or somebody else's, and is forgotten with the same answer.
func (a *API) renewWebSession(w http.ResponseWriter, r *http.Request) {
	var given webTokens
	body := http.MaxBytesReader(w, r.Body, webSessionMost)
	if err := json.NewDecoder(body).Decode(&given); err != nil {
		refuse(w, r, http.StatusBadRequest, fault.BadUserInput)
		return
	}
	comesIn := given.RefreshToken != ""
	if !comesIn {
		if c, err := cookie(r, refreshCookie); err == nil {
			given.RefreshToken = c.Value
		}
	}
	if given.RefreshToken == "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	tokens, err := a.Sessions.Refresh(r.Context(), given.RefreshToken)
	switch {
	case fault.Is(err, fault.SessionExpired):
		a.setCookie(w, r, refreshCookie, webSessionPath, "", -1)
		w.WriteHeader(http.StatusNoContent)
		return
	case err != nil:
		a.Log.ErrorContext(r.Context(), "a browser's session could not be renewed", "error", err)
		refuse(w, r, http.StatusServiceUnavailable, fault.Internal)
		return
	}
	a.setCookie(w, r, refreshCookie, webSessionPath, tokens.Refresh, int(tokens.RefreshExpiresAt.Sub(a.DB.Now()).Seconds()))
	if comesIn {
		a.forgetKept(w, r)
	}
	if given.DeviceTrustToken != "" {
		a.setCookie(w, r, trustCookie, "/graphql", given.DeviceTrustToken, int(trustCookieAge.Seconds()))
	}
	writeJSON(w, http.StatusOK, webAccess{AccessToken: tokens.Access, AccessTokenExpiresAt: tokens.AccessExpiresAt})
}

// dropWebSession ends the session of the cookie and forgets it, and what was begun besides; the browser stays trusted. A repeat does nothing.
func (a *API) dropWebSession(w http.ResponseWriter, r *http.Request) {
	if c, err := cookie(r, refreshCookie); err == nil {
		if err := a.endOf(r, c.Value); err != nil {
			a.Log.ErrorContext(r.Context(), "a browser's session could not be ended", "error", err)
			refuse(w, r, http.StatusServiceUnavailable, fault.Internal)
			return
		}
	}
	a.setCookie(w, r, refreshCookie, webSessionPath, "", -1)
	a.forgetKept(w, r)
	w.WriteHeader(http.StatusNoContent)
}

// endOf ends the session that a refresh token belongs to, if it lives.
func (a *API) endOf(r *http.Request, refreshToken string) error {
	tokens, err := a.Sessions.Refresh(r.Context(), refreshToken)
	if fault.Is(err, fault.SessionExpired) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.Sessions.LogOut(r.Context(), tokens.Account.ID, tokens.Session.ID)
}

// setCookie sets a cookie of the browser's session; an age below zero removes it. It is Secure wherever the site is not a laptop's, and its name says so; one of
// the name without is removed then.
func (a *API) setCookie(w http.ResponseWriter, r *http.Request, name, path, value string, age int) {
	c := http.Cookie{Name: name, Value: value, Path: path, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if c.Secure = a.Config.IsProduction() || r.TLS != nil; c.Secure {
		if _, err := r.Cookie(name); err == nil {
			old := c
			old.Value, old.MaxAge = "", -1
			http.SetCookie(w, &old)
		}
		c.Name = securePrefix + name
	}
	http.SetCookie(w, &c)
}

// cookie reads a cookie by the name that it has where it is Secure, else by the other, which browsers may still have.
func cookie(r *http.Request, name string) (*http.Cookie, error) {
	if c, err := r.Cookie(securePrefix + name); err == nil {
		return c, nil
	}
	return r.Cookie(name)
}

// trusting notes what says that the browser is trusted, for logIn.
func trusting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := cookie(r, trustCookie)
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		info := request.Of(r.Context())
		info.DeviceTrust = c.Value
		next.ServeHTTP(w, r.WithContext(request.With(r.Context(), info)))
	})
}
