package gateway

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"
)

// WebPushConfig is what browsers' push services know this server by (RFC 8292).
type WebPushConfig struct {
	Key     string // private, P-256, 32 bytes in base64url
	Contact string // an e-mail address or an https:// address of whoever answers for the server
	Rules   EndpointRules
	Now     func() time.Time
}

// WebPush takes messages to browsers: encrypted for the subscription (RFC 8291), posted to the address that it names (RFC 8030).
type WebPush struct {
	config WebPushConfig
	public string
	client *http.Client
}

// vapidLife is how long a signature is good for, at most 24 hours by the standard.
const vapidLife = 12 * time.Hour

// NewWebPush makes the gateway of a key.
func NewWebPush(c WebPushConfig, o Options) (*WebPush, error) {
	public, err := PublicKey(c.Key)
	if err != nil {
		return nil, err
	}
	c.Contact = strings.TrimPrefix(c.Contact, "mailto:")
	return &WebPush{config: c, public: public, client: guardedClient(o, c.Rules.PublicOnly)}, nil
}

// PublicKey is the public half of a private key of WebPushConfig, as browsers want it: 65 bytes in base64url.
func PublicKey(private string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(private)
	if err != nil {
		return "", errors.New("gateway: the key is not base64url") // the cause would quote it
	}
	key, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return "", errors.New("gateway: the key is none of P-256")
	}
	return base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), nil
}

// CheckSubscription judges the keys of a browser's subscription: a point of P-256, and 16 bytes. Both may have padding or not.
func CheckSubscription(p256dh, auth string) (point, secret string, err error) {
	const authBytes = 16
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(p256dh, "="))
	if err != nil {
		return "", "", ErrEndpoint
	}
	if _, err := ecdh.P256().NewPublicKey(raw); err != nil {
		return "", "", ErrEndpoint
	}
	shared, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(auth, "="))
	if err != nil || len(shared) != authBytes {
		return "", "", ErrEndpoint
	}
	return base64.RawURLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(shared), nil
}

// Name is "webpush".
func (g *WebPush) Name() string { return "webpush" }

// Public is the key that browsers subscribe with.
func (g *WebPush) Public() string { return g.public }

// Close drops idle connections.
func (g *WebPush) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

// shown is what an app gets.
type shown struct {
	Title string            `json:"title"`
	Body  string            `json:"body"`
	Data  map[string]string `json:"data,omitempty"`
}

// Send encrypts and posts the message. 404 and 410 say that the subscription is gone. 401 and 403 are about our own key: once it is mended, the message
// can be taken.
func (g *WebPush) Send(ctx context.Context, m Message) error {
	if m.Target == nil || g.config.Rules.Check(m.Target.Endpoint) != nil { // the rules may be stricter by now
		return &Failure{Class: Refused, Status: "the address is none"}
	}
	payload, err := json.Marshal(shown{m.Subject, m.Text, m.Data})
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	now := g.config.Now()
	once := &onlyOnce{client: g.client}
	response, err := webpush.SendNotificationWithContext(ctx, payload,
		&webpush.Subscription{Endpoint: m.Target.Endpoint, Keys: webpush.Keys{Auth: m.Target.Auth, P256dh: m.Target.P256DH}},
		&webpush.Options{
			HTTPClient: once, Subscriber: g.config.Contact, TTL: int(m.Life.Seconds()), Urgency: webpush.UrgencyHigh, VAPIDPublicKey: g.public,
			VAPIDPrivateKey: g.config.Key, VapidExpiration: now.Add(vapidLife),
		})
	if once.failure != nil {
		return once.failure
	}
	if err != nil {
		return &Failure{Class: Refused, Status: "the subscription is none"}
	}
	_ = response.Body.Close() // it was read
	if response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden {
		return &Failure{Class: Unavailable, Status: fmt.Sprintf("HTTP %d", response.StatusCode), After: retryAfter(response.Header, now)}
	}
	return outcomeOf(response.StatusCode, response.Header, now, http.StatusNotFound, http.StatusGone)
}

// onlyOnce is the client of one message: it keeps how the exchange failed, which the library would not tell.
type onlyOnce struct {
	client  *http.Client
	failure error
}

// Do is part of the library's interface.
func (o *onlyOnce) Do(request *http.Request) (*http.Response, error) {
	status, header, _, err := exchange(o.client, request)
	if err != nil {
		o.failure = err
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(""))}, nil
}
