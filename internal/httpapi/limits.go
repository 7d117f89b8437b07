package httpapi

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"

	"purser/internal/fault"
	"purser/internal/request"
	"purser/internal/sessions"
)

// Requests in a minute, where the configuration names no number: for an address many people may share one, for an account only a client
// out of hand needs so many. Laptops have no bound.
const (
	perAddress = 6000
	perAccount = 1200
)

// addressed finds out where a request comes from: from the connection, or, behind a proxy that is configured, from what that says. What
// anybody else says is not believed.
func (a *API) addressed(next http.Handler) http.Handler {
	if len(a.Config.TrustedProxies) == 0 {
		return middleware.ClientIPFromRemoteAddr(next)
	}
	return middleware.ClientIPFromXFF(a.Config.TrustedProxies...)(next)
}

// boundPerAddress bounds the requests of one address, and of one /64 of IPv6, whose addresses cost nothing.
func (a *API) boundPerAddress() func(http.Handler) http.Handler {
	return a.bound(a.Config.RequestsPerAddress, perAddress, func(r *http.Request) string {
		return network(request.Of(r.Context()).IP)
	})
}

// boundPerAccount bounds the requests of one account, whatever it asks from.
func (a *API) boundPerAccount() func(http.Handler) http.Handler {
	return a.bound(a.Config.RequestsPerAccount, perAccount, func(r *http.Request) string {
		identity, ok := sessions.Of(r.Context())
		if !ok {
			return ""
		}
		return identity.Account.ID.String()
	})
}

func (a *API) bound(configured, usual int, key func(*http.Request) string) func(http.Handler) http.Handler {
	most := configured
	if most == 0 && a.Config.IsProduction() {
		most = usual
	}
	if most <= 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	limiter := httprate.NewRateLimiter(most, time.Minute)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if who := key(r); who != "" && limiter.OnLimit(w, r, who) {
				refuse(w, r, http.StatusTooManyRequests, fault.RateLimited)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// retryAfter reads the header that tells when to come again, in seconds.
func retryAfter(h http.Header) (seconds int, known bool) {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	return seconds, err == nil
}

func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil || address.Is4() || address.Is4In6() {
		return ip
	}
	prefix, _ := address.WithZone("").Prefix(64)
	return prefix.String()
}
