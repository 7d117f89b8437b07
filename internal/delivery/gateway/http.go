package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// mostOfAnAnswer is read, so that the connection can be used again; the rest is cut off.
const mostOfAnAnswer = 16 << 10

// web is a gateway over HTTP in the manner of Twilio: a POST with the fields To, From and Body, as a form or as JSON, and basic
// authentication. Other names come from the configuration.
type web struct {
	name, address, user, password, from string
	fields                              [3]string // what To, From and Body are called
	json                                bool
	client                              *http.Client
}

func newHTTP(name string, address *url.URL, o Options) *web {
	target, query := *address, address.Query()
	g := &web{name: name, from: query.Get("from"), fields: [3]string{"To", "From", "Body"}, json: query.Get("format") == "json"}
	if names := strings.Split(query.Get("fields"), ","); len(names) == len(g.fields) {
		copy(g.fields[:], names)
	}
	for _, ours := range []string{"from", "format", "fields"} {
		query.Del(ours)
	}
	g.user = address.User.Username()
	g.password, _ = address.User.Password()
	target.User, target.RawQuery = nil, query.Encode()
	g.address = target.String()

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = o.TLS
	g.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // the message and the password are for nobody else
	}}
	return g
}

// Name is the gateway's in the configuration.
func (g *web) Name() string { return g.name }

// Close drops idle connections.
func (g *web) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

// Send posts the message. 2xx is accepted; 4xx is a refusal, except for 408 and 429, which are the gateway's own trouble.
func (g *web) Send(ctx context.Context, m Message) error {
	request, err := g.request(ctx, m)
	if err != nil {
		return &Failure{Class: Refused, Status: "the address is none"}
	}
	var written atomic.Bool
	trace := &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) { written.Store(info.Err == nil) }}
	response, err := g.client.Do(request.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		if written.Load() {
			return &Failure{Class: NoAnswer, Status: "HTTP"}
		}
		return &Failure{Class: Unavailable, Status: "HTTP"}
	}
	defer response.Body.Close()                                               //nolint:errcheck // it was read
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, mostOfAnAnswer)) // the status says it all
	status := fmt.Sprintf("HTTP %d", response.StatusCode)
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 400 && code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests:
		return &Failure{Class: Refused, Status: status}
	default:
		return &Failure{Class: Unavailable, Status: status}
	}
}

func (g *web) request(ctx context.Context, m Message) (*http.Request, error) {
	values := [3]string{m.To, g.from, m.Text}
	var body []byte
	contentType := "application/x-www-form-urlencoded"
	if g.json {
		object := map[string]string{}
		for i, field := range g.fields {
			object[field] = values[i]
		}
		encoded, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		body, contentType = encoded, "application/json"
	} else {
		form := url.Values{}
		for i, field := range g.fields {
			form.Set(field, values[i])
		}
		body = []byte(form.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Idempotency-Key", m.ID) // for those who heed it
	if g.user != "" {
		request.SetBasicAuth(g.user, g.password)
	}
	return request, nil
}
