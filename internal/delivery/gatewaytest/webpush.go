package gatewaytest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// Pushed is a push as the app on a device reads it.
type Pushed struct {
	Title string            `json:"title"`
	Body  string            `json:"body"`
	Data  map[string]string `json:"data"`
	TTL   int               `json:"-"`
}

// WebPushService is a push service of a browser, over TLS (RFC 8030), together with the browsers behind it: it checks who posts (RFC 8292), and opens
// what it gets with the private key of the subscription (RFC 8291).
type WebPushService struct {
	Certificate []byte // PEM, to be trusted

	tb     testing.TB
	server *httptest.Server
	mu     sync.Mutex
	subs   map[string]*subscription // by their paths
	answer func() (status int, retryAfter string)
	tried  int
}

type subscription struct {
	key    *ecdh.PrivateKey
	auth   []byte
	pushes []Pushed
}

// Subscription is what a browser hands to its app.
type Subscription struct{ Endpoint, P256DH, Auth string }

// NewWebPushService starts one.
func NewWebPushService(tb testing.TB) *WebPushService {
	tb.Helper()
	config, certificate := certify(tb)
	s := &WebPushService{Certificate: certificate, tb: tb, subs: map[string]*subscription{}}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(s.take))
	s.server.TLS, s.server.EnableHTTP2 = config, true
	s.server.StartTLS()
	tb.Cleanup(s.server.Close)
	return s
}

// Trust is the configuration of a client that trusts it.
func (s *WebPushService) Trust() *tls.Config { return trusting(s.Certificate) }

// Subscribe makes a subscription.
func (s *WebPushService) Subscribe() Subscription {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		s.tb.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth) //nolint:errcheck // it never fails
	s.mu.Lock()
	defer s.mu.Unlock()
	path := fmt.Sprintf("/push/%d", len(s.subs)+1)
	s.subs[path] = &subscription{key: key, auth: auth}
	return Subscription{s.server.URL + path, base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(auth)}
}

// Pushes are what has come to a subscription.
func (s *WebPushService) Pushes(sub Subscription) []Pushed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Pushed(nil), s.subs[strings.TrimPrefix(sub.Endpoint, s.server.URL)].pushes...)
}

// Unsubscribe makes a subscription gone: 410.
func (s *WebPushService) Unsubscribe(sub Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subs, strings.TrimPrefix(sub.Endpoint, s.server.URL))
}

// Answer lets something else say how pushes are answered; status 0 takes them. nil: all are taken.
func (s *WebPushService) Answer(with func() (status int, retryAfter string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = with
}

// Tried is how often it was asked.
func (s *WebPushService) Tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried
}

func (s *WebPushService) take(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried++
	if s.answer != nil {
		if status, after := s.answer(); status != 0 {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(status)
			return
		}
	}
	sub, known := s.subs[r.URL.Path]
	if !known {
		w.WriteHeader(http.StatusGone)
		return
	}
	push, err := s.read(r, sub)
	if err != nil {
		s.tb.Errorf("a push service got a request that is none: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	sub.pushes = append(sub.pushes, push)
	w.Header().Set("Location", s.server.URL+"/message/1")
	w.WriteHeader(http.StatusCreated)
}

func (s *WebPushService) read(r *http.Request, sub *subscription) (push Pushed, err error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		return push, fmt.Errorf("%s %s", r.Method, r.Header)
	}
	if err := checkVAPID(r.Header.Get("Authorization"), s.server.URL); err != nil {
		return push, err
	}
	if push.TTL, err = strconv.Atoi(r.Header.Get("TTL")); err != nil || push.TTL <= 0 {
		return push, fmt.Errorf("TTL %q", r.Header.Get("TTL"))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<10))
	if err != nil || len(body) > 4096 {
		return push, fmt.Errorf("%d bytes, %w", len(body), err)
	}
	plain, err := decrypt(body, sub)
	if err == nil {
		err = json.Unmarshal(plain, &push)
	}
	return push, err
}

// checkVAPID checks the signature of a server (RFC 8292): ES256, by the key it comes with, for this service, for a day at most.
func checkVAPID(header, origin string) error {
	token, key, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	if !ok {
		return fmt.Errorf("authorization %q", header)
	}
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return fmt.Errorf("the key %q", key)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return fmt.Errorf("the key %q: %w", key, err)
	}
	var claims jwt.RegisteredClaims
	_, err = jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return public, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience(origin), jwt.WithExpirationRequired())
	if err != nil {
		return err
	}
	if !strings.HasPrefix(claims.Subject, "mailto:") && !strings.HasPrefix(claims.Subject, "https:") {
		return fmt.Errorf("sub %q", claims.Subject)
	}
	return nil
}

var errShort = errors.New("a body that is too short")

// decrypt opens the one record of a message (RFC 8188) as a browser does (RFC 8291).
func decrypt(body []byte, sub *subscription) ([]byte, error) {
	const salt, sizes, point = 16, 21, 65
	if len(body) < sizes+point || int(body[20]) != point || binary.BigEndian.Uint32(body[salt:20]) < uint32(len(body)-sizes-point) {
		return nil, errShort
	}
	sender, err := ecdh.P256().NewPublicKey(body[sizes : sizes+point])
	if err != nil {
		return nil, err
	}
	shared, err := sub.key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	info := append(append([]byte("WebPush: info\x00"), sub.key.PublicKey().Bytes()...), sender.Bytes()...)
	ikm, err := hkdf.Key(sha256.New, shared, sub.auth, string(info), 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, ikm, body[:salt], "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, body[:salt], "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, body[sizes+point:], nil)
	if err != nil {
		return nil, err
	}
	plain = []byte(strings.TrimRight(string(plain), "\x00"))
	if len(plain) == 0 || plain[len(plain)-1] != 2 { // the last record
		return nil, errShort
	}
	return plain[:len(plain)-1], nil
}
