package gatewaytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// What Apple knows the app by, in tests.
const (
	APNsKeyID = "ABC123DEFG"
	APNsTeam  = "DEF123GHIJ"
	APNsTopic = "test.purser.app"
)

// Store is the push service of a phone's maker, and what it takes.
type Store struct {
	URL         string
	Trust       *tls.Config
	Certificate []byte // PEM, to be trusted
	Key         []byte // what the server signs with: Apple's PEM, or Google's JSON

	mu     sync.Mutex
	pushes []Pushed
	answer func() (status int, body, retryAfter string)
}

// Pushes are what has come.
func (s *Store) Pushes() []Pushed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Pushed(nil), s.pushes...)
}

// Answer says how pushes are answered from now on; status 0 takes them.
func (s *Store) Answer(with func() (status int, body, retryAfter string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = with
}

// said answers as it was told to; false when the push is to be taken.
func (s *Store) said(w http.ResponseWriter) bool {
	if s.answer == nil {
		return false
	}
	status, body, after := s.answer()
	if status == 0 {
		return false
	}
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a client that leaves has its reasons
	return true
}

func (s *Store) serve(tb testing.TB, handler http.HandlerFunc) {
	config, certificate := certify(tb)
	server := httptest.NewUnstartedServer(handler)
	server.TLS, server.EnableHTTP2 = config, true
	server.StartTLS()
	tb.Cleanup(server.Close)
	s.URL, s.Trust, s.Certificate = server.URL, trusting(certificate), certificate
}

// NewAPNs starts Apple's service: HTTP/2 over TLS, with a provider token that it checks.
func NewAPNs(tb testing.TB) *Store {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	s := &Store{Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
	s.serve(tb, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		push, err := readAPNs(r, &key.PublicKey)
		if err != nil {
			tb.Errorf("Apple got a request that is none: %v", err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if s.said(w) {
			return
		}
		s.pushes = append(s.pushes, push)
		w.Header().Set("apns-id", r.Header.Get("apns-id"))
	})
	return s
}

func readAPNs(r *http.Request, key *ecdsa.PublicKey) (push Pushed, err error) {
	device, found := strings.CutPrefix(r.URL.Path, "/3/device/")
	if !found || r.Method != http.MethodPost || r.ProtoMajor != 2 {
		return push, fmt.Errorf("%s %s %s", r.Method, r.URL, r.Proto)
	}
	var claims jwt.RegisteredClaims
	token, err := jwt.ParseWithClaims(strings.TrimPrefix(r.Header.Get("Authorization"), "bearer "), &claims,
		func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuer(APNsTeam), jwt.WithIssuedAt())
	if err != nil {
		return push, err
	}
	if token.Header["kid"] != APNsKeyID || claims.IssuedAt == nil {
		return push, fmt.Errorf("the token is %+v", token)
	}
	ends, err := strconv.ParseInt(r.Header.Get("apns-expiration"), 10, 64)
	if err != nil || r.Header.Get("apns-topic") != APNsTopic || r.Header.Get("apns-push-type") != "alert" || r.Header.Get("apns-priority") != "10" ||
		r.Header.Get("apns-id") == "" {
		return push, fmt.Errorf("the headers are %v", r.Header)
	}
	var body map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return push, err
	}
	var aps struct{ Alert struct{ Title, Body string } }
	if err := json.Unmarshal(body["aps"], &aps); err != nil {
		return push, err
	}
	push = Pushed{Title: aps.Alert.Title, Body: aps.Alert.Body, TTL: int(ends - claims.IssuedAt.Unix()), Data: map[string]string{"device": device}}
	for name, value := range body {
		var text string
		if name != "aps" && json.Unmarshal(value, &text) == nil {
			push.Data[name] = text
		}
	}
	return push, nil
}

// NewFCM starts Firebase (HTTP v1) with the place where Google gives out tokens for what a service account has signed.
func NewFCM(tb testing.TB) *Store {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	const account, access = "push@test.invalid", "ya29.test"
	s := &Store{}
	s.serve(tb, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch r.URL.Path {
		case "/token":
			if err := readAssertion(r, &key.PublicKey, account, s.URL+"/token"); err != nil {
				tb.Errorf("Google got an assertion that is none: %v", err)
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token": %q, "token_type": "Bearer", "expires_in": 3600}`, access) // see said
		case "/v1/projects/test-project/messages:send":
			push, err := readFCM(r, access)
			if err != nil {
				tb.Errorf("Firebase got a request that is none: %v", err)
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			if !s.said(w) {
				s.pushes = append(s.pushes, push)
				_, _ = w.Write([]byte(`{"name": "projects/test-project/messages/1"}`)) // see said
			}
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	s.Key, err = json.Marshal(map[string]string{
		"type": "service_account", "project_id": "test-project", "private_key_id": "1", "client_email": account, "token_uri": s.URL + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// readAssertion checks what a service account has signed (RFC 7523).
func readAssertion(r *http.Request, key *rsa.PublicKey, account, audience string) error {
	if grant := r.PostFormValue("grant_type"); grant != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return fmt.Errorf("grant_type %q", grant)
	}
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(r.PostFormValue("assertion"), claims, func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(account), jwt.WithAudience(audience), jwt.WithExpirationRequired())
	if err == nil && claims["scope"] != "https://www.googleapis.com/auth/firebase.messaging" {
		err = fmt.Errorf("scope %v", claims["scope"])
	}
	return err
}

func readFCM(r *http.Request, access string) (push Pushed, err error) {
	if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer "+access {
		return push, fmt.Errorf("%s %v", r.Method, r.Header)
	}
	var body struct {
		Message struct {
			Token        string
			Notification struct{ Title, Body string }
			Data         map[string]string
			Android      struct{ TTL, Priority string }
		}
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		return push, err
	}
	m := body.Message
	push = Pushed{Title: m.Notification.Title, Body: m.Notification.Body, Data: map[string]string{"device": m.Token}}
	for name, value := range m.Data {
		push.Data[name] = value
	}
	push.TTL, err = strconv.Atoi(strings.TrimSuffix(m.Android.TTL, "s"))
	return push, err
}
