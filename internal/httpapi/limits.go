package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

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
	window     = time.Minute
)

// limits are the budgets of addresses and accounts. Requests and what is subscribed to on sockets are taken from the same.
type limits struct{ address, account *budgets }

func (a *API) newLimits() limits {
	return limits{a.newBudgets(a.Config.RequestsPerAddress, perAddress), a.newBudgets(a.Config.RequestsPerAccount, perAccount)}
}

// budgets are those of all addresses, or of all accounts; nil has no bound.
type budgets struct {
	limiter *httprate.RateLimiter
	most    int
}

func (a *API) newBudgets(configured, usual int) *budgets {
	most := configured
	if most == 0 && a.Config.IsProduction() {
		most = usual
	}
	if most <= 0 {
		return nil
	}
	return &budgets{limiter: httprate.NewRateLimiter(most, window), most: most}
}

// take takes one from the budget of who, and writes into h what is left and until when. wait is zero, or how long who has to wait.
func (b *budgets) take(ctx context.Context, h http.Header, who string) (wait time.Duration) {
	if b == nil {
		return 0
	}
	own := headers{}
	limited := b.limiter.OnLimit(own, (&http.Request{}).WithContext(ctx), who)
	if limited {
		wait = b.wait(http.Header(own))
	}
	if limited || tighter(http.Header(own), h) {
		for name, values := range own {
			h[name] = values
		}
	}
	return wait
}

// wait is how long it takes until one more is let in. The window slides: at its end what was used in it still counts, and fades until it is
// half a request below the bound.
func (b *budgets) wait(h http.Header) time.Duration {
	ends, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return window
	}
	fading := window / time.Duration(2*b.most)
	end := time.Unix(ends+1, 0).Add(fading) // the header is rounded down
	wait := max(time.Until(end).Round(time.Second), time.Second)
	h.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(wait).Unix(), 10)) //nolint:forbidigo // of the limiter, whose clock it is
	h.Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	return wait
}

// tighter tells whether the budget in h has less left than the one that an answer shows already.
func tighter(h, shown http.Header) bool {
	left, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	other, otherErr := strconv.Atoi(shown.Get("X-RateLimit-Remaining"))
	return err == nil && (otherErr != nil || left < other)
}

// headers are a writer for the limiter, which writes nothing but headers.
type headers http.Header

func (h headers) Header() http.Header          { return http.Header(h) }
func (headers) Write(text []byte) (int, error) { return len(text), nil }
func (headers) WriteHeader(int)                {}

// boundPerAddress bounds the requests of one address, and of one /64 of IPv6.
func (a *API) boundPerAddress(next http.Handler) http.Handler {
	return bound(a.limits.address, next, func(r *http.Request) string { return network(request.Of(r.Context()).IP) })
}

// boundPerAccount bounds the requests of one account, whatever it asks from.
func (a *API) boundPerAccount(next http.Handler) http.Handler {
	return bound(a.limits.account, next, func(r *http.Request) string {
		identity, ok := sessions.Of(r.Context())
		if !ok {
			return ""
		}
		return identity.Account.ID.String()
	})
}

func bound(b *budgets, next http.Handler, key func(*http.Request) string) http.Handler {
	if b == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who := key(r); who != "" {
			if wait := b.take(r.Context(), w.Header(), who); wait > 0 {
				refuseWith(w, r, http.StatusTooManyRequests, fault.Limited(wait))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
