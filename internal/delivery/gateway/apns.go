package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sideshow/apns2"
	"github.com/sideshow/apns2/payload"
	"github.com/sideshow/apns2/token"
)

// APNsConfig is what Apple knows the app by.
type APNsConfig struct {
	Key           []byte // PEM, as Apple gives it (.p8)
	KeyID, TeamID string
	Topic         string // of the app, its bundle id
	URL           string // of Apple's service
	Now           func() time.Time
}

// apns takes messages to Apple's devices over HTTP/2, with a provider token.
type apns struct {
	config APNsConfig
	client *apns2.Client
}

const (
	handshakeWithin = 5 * time.Second
	idleFor         = time.Hour // Apple wants connections to be kept
)

// NewAPNs makes the gateway of an app.
func NewAPNs(c APNsConfig, o Options) (Gateway, error) {
	key, err := token.AuthKeyFromBytes(c.Key)
	if err != nil {
		return nil, errors.New("gateway: the key is none of APNs")
	}
	client := apns2.NewTokenClient(&token.Token{AuthKey: key, KeyID: c.KeyID, TeamID: c.TeamID})
	client.Host = strings.TrimSuffix(c.URL, "/")
	client.HTTPClient = &http.Client{
		Transport: &listening{&http.Transport{TLSClientConfig: o.TLS, ForceAttemptHTTP2: true, TLSHandshakeTimeout: handshakeWithin, IdleConnTimeout: idleFor,
			HTTP2: &http.HTTP2Config{SendPingTimeout: apns2.ReadIdleTimeout}, MaxResponseHeaderBytes: mostOfAnAnswer}},
	}
	return &apns{config: c, client: client}, nil
}

// Name is "apns".
func (g *apns) Name() string { return "apns" }

// Close drops idle connections.
func (g *apns) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

// goneReasons are what Apple says of a token that is no device of this app, or not any more.
var goneReasons = map[string]bool{apns2.ReasonBadDeviceToken: true, apns2.ReasonUnregistered: true, apns2.ReasonDeviceTokenNotForTopic: true}

// Send posts the message, under its own id. What Apple says of our own key is our trouble, and not the message's: it is tried again.
func (g *apns) Send(ctx context.Context, m Message) error {
	if m.Target == nil {
		return &Failure{Class: Refused, Status: "no target"}
	}
	content := payload.NewPayload().AlertTitle(m.Subject).AlertBody(m.Text).Sound("default")
	for name, value := range m.Data {
		content.Custom(name, value)
	}
	var told atomic.Bool
	heard := &http.Header{}
	ctx = httptrace.WithClientTrace(context.WithValue(ctx, heardKey{}, heard), &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) { told.Store(info.Err == nil) },
	})
	now := g.config.Now()
	response, err := g.client.PushWithContext(ctx, &apns2.Notification{
		ApnsID: m.ID, DeviceToken: m.Target.Token, Topic: g.config.Topic, Expiration: now.Add(m.Life), Priority: apns2.PriorityHigh,
		PushType: apns2.PushTypeAlert, Payload: content,
	})
	switch {
	case err != nil:
		return broken(err, told.Load())
	case goneReasons[response.Reason]:
		return &Failure{Class: Gone, Status: "APNs"}
	case response.StatusCode == http.StatusForbidden:
		return &Failure{Class: Unavailable, Status: "HTTP 403"}
	}
	return outcomeOf(response.StatusCode, *heard, now, http.StatusGone)
}

type heardKey struct{}

// listening keeps the headers of an answer, which the library does not show.
type listening struct{ *http.Transport }

// RoundTrip is part of http's interface.
func (l *listening) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.Transport.RoundTrip(request)
	if heard, asked := request.Context().Value(heardKey{}).(*http.Header); asked && err == nil {
		*heard = response.Header
	}
	return response, err
}
