package gateway_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"purser/internal/delivery/gateway"
	"purser/internal/delivery/gatewaytest"
)

func vapidKey(t *testing.T) string {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(key.Bytes())
}

func webPush(t *testing.T, trust *tls.Config, rules gateway.EndpointRules) *gateway.WebPush {
	t.Helper()
	g, err := gateway.NewWebPush(gateway.WebPushConfig{Key: vapidKey(t), Contact: "ops@pay.example", Rules: rules, Now: time.Now}, gateway.Options{TLS: trust})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

func push(target gateway.Target) gateway.Message {
	return gateway.Message{ID: uuid.NewString(), Subject: "Money received", Text: "You received 12.50 WMZ from Аня П.", Life: time.Hour,
		Data: map[string]string{"event": "MONEY_RECEIVED"}, Target: &target}
}

func class(t *testing.T, err error) (string, time.Duration) {
	t.Helper()
	if err == nil {
		return "TAKEN", 0
	}
	return gateway.Class(err), gateway.After(err)
}

func TestABrowserReadsWhatWasPushed(t *testing.T) {
	t.Parallel()
	service := gatewaytest.NewWebPushService(t)
	g, sub := webPush(t, service.Trust(), gateway.EndpointRules{}), service.Subscribe()
	target := gateway.Target{Kind: "WEB_PUSH", Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth}
	if err := g.Send(t.Context(), push(target)); err != nil {
		t.Fatal(err)
	}
	want := []gatewaytest.Pushed{{Title: "Money received", Body: "You received 12.50 WMZ from Аня П.", TTL: 3600, Data: map[string]string{"event": "MONEY_RECEIVED"}}}
	if diff := cmp.Diff(want, service.Pushes(sub)); diff != "" {
		t.Errorf("the browser reads (-want +got):\n%s", diff)
	}
	for what, each := range map[string]struct {
		status int
		after  string
		class  string
		wait   time.Duration
	}{
		"not now":          {429, "120", gateway.Unavailable, 2 * time.Minute},
		"not for a year":   {503, "31536000", gateway.Unavailable, time.Hour},
		"a fault of its":   {500, "", gateway.Unavailable, 0},
		"a refusal":        {400, "", gateway.Refused, 0},
		"to another place": {307, "", gateway.Refused, 0},
		"nothing there":    {404, "", gateway.Gone, 0},
		"our own key":      {401, "", gateway.Unavailable, 0},
		"our key, later":   {403, "30", gateway.Unavailable, 30 * time.Second},
	} {
		service.Answer(func() (int, string) { return each.status, each.after })
		if got, wait := class(t, g.Send(t.Context(), push(target))); got != each.class || wait != each.wait {
			t.Errorf("%s is taken for %s, %s", what, got, wait)
		}
	}
	service.Answer(nil)
	service.Unsubscribe(sub)
	if got, _ := class(t, g.Send(t.Context(), push(target))); got != gateway.Gone {
		t.Errorf("a subscription that is gone: %s", got)
	}
	if service.Tried() != 10 {
		t.Errorf("it was asked %d times", service.Tried())
	}
}

// TestNoPushGoesToAPrivateAddress has a name that the rules take and that stands for this machine.
func TestNoPushGoesToAPrivateAddress(t *testing.T) {
	t.Parallel()
	rules := gateway.EndpointRules{PublicOnly: true}
	for _, bad := range []string{
		"http://push.example.com/x", "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/x", "https://localhost/x", "https://push.localhost/x", "https://2130706433/x",
		"https://127.1/x", "https://0x7f.1/x", "https://8.8.8.8/x", "https://push.example.com:22/x", "https://user@push.example.com/x", "https://metadata.google.internal/x", "https://push/x",
		"https:///x", "", "https://push.example.com/x#y", "https://push.example.com/" + strings.Repeat("x", 2048), "https://printer.local./x", "ftp://push.example.com/x",
	} {
		if rules.Check(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, good := range []string{"https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x", "https://web.push.apple.com:443/x"} {
		if err := rules.Check(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	narrow := gateway.EndpointRules{Hosts: []string{"push.services.mozilla.com"}}
	if narrow.Check("https://updates.push.services.mozilla.com/x") != nil || narrow.Check("https://evilpush.services.mozilla.com.example/x") == nil || narrow.Check("https://notpush.services.mozilla.com/x") == nil {
		t.Error("the list of hosts does not hold")
	}

	// What a name stands for is judged when it is dialled: the list is no way around it.
	asked := 0
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(inside.Close)
	pool := x509.NewCertPool()
	pool.AddCert(inside.Certificate())
	guarded := gateway.Guarded(gateway.Options{TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}, true)
	for _, address := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)} {
		response, err := guarded.Get(address)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, gateway.ErrPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
	open := gateway.Guarded(gateway.Options{TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}, false)
	response, err := open.Get(inside.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if asked != 1 {
		t.Errorf("it was asked %d times, once without the guard", asked)
	}
}

func TestApplesDevicesArePushedTo(t *testing.T) {
	t.Parallel()
	apple := gatewaytest.NewAPNs(t)
	g, err := gateway.NewAPNs(gateway.APNsConfig{Key: apple.Key, KeyID: gatewaytest.APNsKeyID, TeamID: gatewaytest.APNsTeam, Topic: gatewaytest.APNsTopic, URL: apple.URL, Now: time.Now},
		gateway.Options{TLS: apple.Trust})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	target := gateway.Target{Kind: "APNS", Token: strings.Repeat("ab", 32)}
	if err := g.Send(t.Context(), push(target)); err != nil {
		t.Fatal(err)
	}
	got := apple.Pushes()
	if len(got) != 1 || got[0].Title != "Money received" || !strings.Contains(got[0].Body, "Аня П.") || got[0].Data["device"] != target.Token || got[0].Data["event"] != "MONEY_RECEIVED" || got[0].TTL < 3500 {
		t.Errorf("Apple got %+v", got)
	}
	storeSays(t, g, apple, target, map[string]said{
		"no such token":         {400, `{"reason": "BadDeviceToken"}`, "", gateway.Gone, 0},
		"of another app":        {400, `{"reason": "DeviceTokenNotForTopic"}`, "", gateway.Gone, 0},
		"not there any more":    {410, `{"reason": "Unregistered", "timestamp": 1700000000000}`, "", gateway.Gone, 0},
		"too much of it":        {429, `{"reason": "TooManyRequests"}`, "30", gateway.Unavailable, 30 * time.Second},
		"down":                  {503, `{"reason": "ServiceUnavailable"}`, "", gateway.Unavailable, 0},
		"our own key is no key": {403, `{"reason": "InvalidProviderToken"}`, "", gateway.Unavailable, 0},
		"a message too large":   {413, `{"reason": "PayloadTooLarge"}`, "", gateway.Refused, 0},
	})
}

type said struct {
	status      int
	body, after string
	class       string
	wait        time.Duration
}

func storeSays(t *testing.T, g gateway.Gateway, store *gatewaytest.Store, target gateway.Target, all map[string]said) {
	t.Helper()
	for what, each := range all {
		store.Answer(func() (int, string, string) { return each.status, each.body, each.after })
		if got, wait := class(t, g.Send(t.Context(), push(target))); got != each.class || wait != each.wait {
			t.Errorf("%s is taken for %s, %s", what, got, wait)
		}
	}
	if n := len(store.Pushes()); n != 1 {
		t.Errorf("%d were taken", n)
	}
}

func TestFirebasesDevicesArePushedTo(t *testing.T) {
	t.Parallel()
	google := gatewaytest.NewFCM(t)
	g, err := gateway.NewFCM(gateway.FCMConfig{Credentials: google.Key, URL: google.URL, Now: time.Now}, gateway.Options{TLS: google.Trust})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	target := gateway.Target{Kind: "FCM", Token: "a-registration-token:of-a-phone"}
	if err := g.Send(t.Context(), push(target)); err != nil {
		t.Fatal(err)
	}
	got := google.Pushes()
	if len(got) != 1 || got[0].Title != "Money received" || got[0].Data["device"] != target.Token || got[0].Data["event"] != "MONEY_RECEIVED" || got[0].TTL != 3600 {
		t.Errorf("Firebase got %+v", got)
	}
	detail := func(code string) string {
		return `{"error": {"code": 404, "status": "NOT_FOUND", "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "` + code + `"}]}}`
	}
	storeSays(t, g, google, target, map[string]said{
		"not there any more":    {404, detail("UNREGISTERED"), "", gateway.Gone, 0},
		"of another project":    {403, detail("SENDER_ID_MISMATCH"), "", gateway.Gone, 0},
		"no such project":       {404, `{"error": {"status": "NOT_FOUND"}}`, "", gateway.Refused, 0},
		"too much of it":        {429, detail("QUOTA_EXCEEDED"), "60", gateway.Unavailable, time.Minute},
		"down":                  {503, detail("UNAVAILABLE"), "", gateway.Unavailable, 0},
		"our own account":       {401, `{}`, "", gateway.Unavailable, 0},
		"a message that is bad": {400, detail("INVALID_ARGUMENT"), "", gateway.Refused, 0},
	})
}
