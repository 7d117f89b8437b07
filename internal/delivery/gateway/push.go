package gateway

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unicode"
)

// Target is where a device is reached: what the kind of its push service needs.
type Target struct {
	Kind     string `json:"kind"`
	Token    string `json:"token,omitempty"`    // of APNs and FCM
	Endpoint string `json:"endpoint,omitempty"` // of a web push, with the keys of its subscription, in base64url
	P256DH   string `json:"p256dh,omitempty"`
	Auth     string `json:"auth,omitempty"`
}

// longestWait is how long a push service can ask to be left alone.
const longestWait = time.Hour

// errPrivate is the refusal to connect to an address that is not on the internet.
var errPrivate = errors.New("gateway: the address is not public")

// guardedClient is a client for addresses that strangers name: it follows no redirect, uses no proxy, and, when publicOnly, connects to the
// internet alone, whatever a name stands for at the moment.
func guardedClient(o Options, publicOnly bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if publicOnly {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !isPublic(at.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true, MaxIdleConns: 100, MaxIdleConnsPerHost: 10,
		IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: mostOfAnAnswer,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// internet6 is what of IPv6 is given out for the internet (RFC 4291, 2.4): translations into IPv4, what is local in any way and what is reserved are
// outside.
var internet6 = netip.MustParsePrefix("2000::/3")

// special are networks that are global by their form and still nobody's on the internet: shared by carriers, relays and tunnels into IPv4, for
// protocols, tests and documents, and reserved ones (RFC 6890 and the registries that it founded).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
}

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.Is6() && !internet6.Contains(a) {
		return false
	}
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// EndpointRules say which addresses of web-push services are taken.
type EndpointRules struct {
	Hosts      []string // these, and names below them; empty: any
	PublicOnly bool     // names that stand for the internet alone; what they stand for is judged again at each connection
}

// ErrEndpoint is the refusal of an address.
var ErrEndpoint = errors.New("gateway: no address of a web-push service")

const longestEndpoint = 2048

// Check judges an address that a browser's subscription names.
func (r EndpointRules) Check(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || len(endpoint) > longestEndpoint || u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Hostname() == "" {
		return ErrEndpoint
	}
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII }) { // browsers write names in ASCII; other letters may be read as dots
		return ErrEndpoint
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if len(r.Hosts) > 0 && !slices.ContainsFunc(r.Hosts, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) }) {
		return ErrEndpoint
	}
	if !r.PublicOnly {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") || (u.Port() != "" && u.Port() != "443") {
		return ErrEndpoint
	}
	for _, private := range []string{"localhost", "local", "internal", "lan", "home", "arpa", "test", "invalid"} {
		if strings.HasSuffix(host, "."+private) {
			return ErrEndpoint
		}
	}
	if last := host[strings.LastIndex(host, ".")+1:]; strings.Trim(last, "0123456789abcdefx") == "" && strings.ContainsAny(last, "0123456789") {
		return ErrEndpoint // a number in another spelling
	}
	return nil
}

// Canonical is the one spelling of an address that Check takes: a scheme and a name in small letters without a dot at the end, no port that goes
// without saying, no fragment.
func (EndpointRules) Canonical(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", ErrEndpoint
	}
	host, port := strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && port != "443" {
		host += ":" + port
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}

// exchange sends a request and reads the answer, a bounded part of it; err says whether the service may have been told everything.
func exchange(client *http.Client, request *http.Request) (status int, header http.Header, body []byte, err error) {
	var written atomic.Bool
	trace := &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) { written.Store(info.Err == nil) }}
	response, err := client.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	if err != nil {
		return 0, nil, nil, broken(err, written.Load())
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	body, err = io.ReadAll(io.LimitReader(response.Body, mostOfAnAnswer))
	if err != nil {
		return 0, nil, nil, &Failure{Class: NoAnswer, Status: "HTTP"}
	}
	return response.StatusCode, response.Header, body, nil
}

func broken(err error, told bool) error {
	switch {
	case errors.Is(err, errPrivate):
		return &Failure{Class: Refused, Status: "not a public address"}
	case told:
		return &Failure{Class: NoAnswer, Status: "HTTP"}
	}
	return &Failure{Class: Unavailable, Status: "HTTP"}
}

// outcomeOf reads the status of a push service: 2xx is taken, 404 and 410 say that the device is gone where goneStatuses names them, 429 and 5xx
// ask to come again, everything else is a refusal.
func outcomeOf(status int, header http.Header, now time.Time, gone ...int) error {
	words := fmt.Sprintf("HTTP %d", status)
	switch {
	case status >= 200 && status < 300:
		return nil
	case slices.Contains(gone, status):
		return &Failure{Class: Gone, Status: words}
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return &Failure{Class: Unavailable, Status: words, After: retryAfter(header, now)}
	}
	return &Failure{Class: Refused, Status: words}
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 && seconds < int(longestWait/time.Second) {
		wait = time.Duration(seconds) * time.Second
	} else if err == nil && seconds > 0 {
		wait = longestWait
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}
