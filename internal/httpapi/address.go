package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
)

const forwardedFor = "X-Forwarded-For"

// addressed finds out where a request comes from: from the connection, or, behind a proxy that is configured, from what that says. What
// anybody else says is not believed.
func (a *API) addressed(next http.Handler) http.Handler {
	if len(a.Config.TrustedProxies) == 0 {
		return middleware.ClientIPFromRemoteAddr(next)
	}
	behind := middleware.ClientIPFromXFF(a.Config.TrustedProxies...)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if said := r.Header[forwardedFor]; slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, ":") }) {
			r.Header[forwardedFor] = withoutPorts(said)
		}
		behind.ServeHTTP(w, r)
	})
}

// withoutPorts cuts the port off the hops that some proxies write with one; the library takes such for garbage.
func withoutPorts(said []string) []string {
	cut := make([]string, len(said))
	for i, line := range said {
		hops := strings.Split(line, ",")
		for j, hop := range hops {
			hop = strings.TrimSpace(hop)
			if at, err := netip.ParseAddrPort(hop); err == nil {
				hop = at.Addr().String()
			} else if inner, found := strings.CutPrefix(hop, "["); found {
				hop = strings.TrimSuffix(inner, "]")
			}
			hops[j] = hop
		}
		cut[i] = strings.Join(hops, ",")
	}
	return cut
}

// addressOf is the address that a request counts for. It is never empty: every bound of an address would have one budget for all the world, or
// none. Where a proxy names nobody whose address can be read, it is the proxy itself.
func (a *API) addressOf(r *http.Request) string {
	if ip := middleware.GetClientIP(r.Context()); ip != "" {
		return ip
	}
	a.unread.Do(func() {
		a.Log.WarnContext(r.Context(), "a proxy of TRUSTED_PROXIES names no client whose address can be read in X-Forwarded-For; its requests count for its own address")
	})
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if peer, err := netip.ParseAddr(host); err == nil {
		return peer.Unmap().String()
	}
	return "unknown"
}

// network is an address, or the /64 of one of IPv6, whose addresses cost nothing.
func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil || address.Is4() || address.Is4In6() {
		return ip
	}
	prefix, _ := address.WithZone("").Prefix(64)
	return prefix.String()
}
