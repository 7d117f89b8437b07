package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"purser/internal/delivery/gatewaytest"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

const (
	registerDevice = `mutation($t: PushTargetInput!, $n: String!) { registerPushDevice(input: {target: $t, name: $n}) {
		device { id name kind current } userErrors { code message field } } }`
	unregisterDevice = `mutation($i: ID!) { unregisterPushDevice(input: {deviceId: $i}) { settings { pushDevices { id } } userErrors { code } } }`
	setNotifications = `mutation($e: NotificationEvent!, $c: [NotificationChannel!]!) { setNotifications(input: {event: $e, channels: $c}) {
		settings { events { event channels } } userErrors { code message field } } }`
	setQuietHours = `mutation($q: QuietHoursInput) { setQuietHours(input: {quietHours: $q}) { settings { quietHours { from to timeZone } } userErrors { code field } } }`
	readSettings  = `{ viewer { notificationSettings { events { event channels } quietHours { from to timeZone } pushDevices { id name kind current } } } }`
)

// browsers are a push service, and what a server needs to push through it.
type browsers struct {
	*gatewaytest.WebPushService
	settings []string
}

func newBrowsers(t *testing.T) browsers {
	t.Helper()
	b := browsers{WebPushService: gatewaytest.NewWebPushService(t)}
	trusted := filepath.Join(t.TempDir(), "push.pem")
	if err := os.WriteFile(trusted, b.Certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b.settings = []string{"WEB_PUSH_KEY=" + base64.RawURLEncoding.EncodeToString(key.Bytes()), "WEB_PUSH_CONTACT=ops@pay.example", "SSL_CERT_FILE=" + trusted}
	return b
}

func webTarget(s gatewaytest.Subscription) vars {
	return vars{"webPush": vars{"endpoint": s.Endpoint, "p256dh": s.P256DH, "auth": s.Auth}}
}

// subscribe registers a browser of the client's session.
func (b browsers) subscribe(c *client) (sub gatewaytest.Subscription, id string) {
	c.t.Helper()
	sub = b.Subscribe()
	done := ask[struct {
		RegisterPushDevice struct {
			Device     *struct{ ID string }
			UserErrors []userError
		}
	}](c, registerDevice, vars{"t": webTarget(sub), "n": "Firefox"}).RegisterPushDevice
	if done.Device == nil {
		c.t.Fatalf("not registered: %+v", done.UserErrors)
	}
	return sub, done.Device.ID
}

// get waits for so many pushes, and returns them.
func (b browsers) get(t *testing.T, sub gatewaytest.Subscription, count int) []gatewaytest.Pushed {
	t.Helper()
	gatewaytest.Await(t, "a push", func() bool { return len(b.Pushes(sub)) >= count })
	return b.Pushes(sub)
}

// quiet waits until nothing is left to be told or sent.
func quiet(t *testing.T, dsn string) {
	t.Helper()
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	gatewaytest.Await(t, "silence", func() bool {
		var left int
		err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM notices) + (SELECT count(*) FROM messages WHERE channel = 'PUSH' AND state = 'QUEUED')`).Scan(&left)
		return err == nil && left == 0
	})
}

// waits until a push is queued for its second round, and no server has it in hand.
func waits(t *testing.T, dsn string) {
	t.Helper()
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	gatewaytest.Await(t, "a second round", func() bool {
		var ready bool
		err := db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM messages WHERE channel = 'PUSH' AND state = 'QUEUED' AND attempts > 0 AND claimed_until IS NULL)
			AND EXISTS (SELECT 1 FROM river_job WHERE kind = 'send_push' AND state = 'scheduled')`).Scan(&ready)
		return err == nil && ready
	})
}

// TestATransferReachesABrowserOnce has two servers, one of which makes the transfer while both look for what is to be told.
func TestATransferReachesABrowserOnce(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	two := []*server{startServer(t, dsn, b.settings...), startServer(t, dsn, b.settings...)}
	anna, annas, boris := two[0].client(t).anna(), two[0].client(t).anna(), two[1].client(t).boris()
	toBoris, _ := b.subscribe(boris)
	sending, _ := b.subscribe(anna)
	other, _ := b.subscribe(annas)
	from, to := walletNumber(anna), walletNumber(boris)
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	quiet(t, dsn)
	const send = `mutation($f: WalletNumber!, $t: WalletNumber!, $k: UUID!) { createTransfer(input: {from: $f, to: {walletNumber: $t}, amount: "12.50", memo: "a secret between us",
		idempotencyKey: $k}) { transfer { id } userErrors { code } } }`
	had := [3]int{len(b.Pushes(toBoris)), len(b.Pushes(sending)), len(b.Pushes(other))}
	for range 5 {
		ask[any](anna, send, vars{"f": from, "t": to, "k": newKey()})
	}
	b.get(t, toBoris, had[0]+5)
	b.get(t, other, had[2]+5)
	quiet(t, dsn)
	got := b.Pushes(toBoris)
	if len(got) != had[0]+5 {
		t.Fatalf("five transfers are %d pushes", len(got)-had[0])
	}
	last := got[len(got)-1]
	if last.Title != "Money received" || last.Body != "Anna P. sent you 12.50 WMZ." || last.Data["event"] != "MONEY_RECEIVED" || last.TTL <= 0 {
		t.Errorf("it says %+v", last)
	}
	if seen := boris.answer(`query($i: ID!) { node(id: $i) { ... on Transfer { amount { amount } direction } } }`, vars{"i": last.Data["transferId"]}); !strings.Contains(seen, `"INCOMING"`) {
		t.Errorf("what it is about: %s", seen)
	}
	if n := len(b.Pushes(sending)) - had[1]; n != 0 {
		t.Errorf("the device that sent is told %d times", n)
	}
	if told := b.Pushes(other); len(told) != had[2]+5 || told[len(told)-1].Data["event"] != "MONEY_SENT" || !strings.Contains(told[len(told)-1].Body, "12.60 WMZ") {
		t.Errorf("the sender's other device is told %+v", told[had[2]:])
	}
	for _, device := range []gatewaytest.Subscription{toBoris, other} {
		for _, each := range b.Pushes(device) {
			if strings.Contains(each.Title+each.Body, "secret") || strings.Contains(each.Body, "Petrova") || strings.Contains(each.Body, "Ivanov") {
				t.Errorf("a lock screen shows %+v", each)
			}
		}
	}
	for _, secret := range []string{toBoris.Endpoint, toBoris.Auth, toBoris.P256DH} {
		if strings.Contains(string(dump(t, dsn)), secret) {
			t.Error("a copy of the database shows where a device is reached")
		}
	}

	// A session that has ended takes its device along, at both servers.
	ask[any](boris, `mutation { logOut { sessionId } }`, nil)
	was := len(b.Pushes(toBoris))
	ask[any](anna, send, vars{"f": from, "t": to, "k": newKey()})
	b.get(t, other, had[2]+6)
	quiet(t, dsn)
	if n := len(b.Pushes(toBoris)); n != was {
		t.Errorf("after the log-out came %d", n-was)
	}
	check(t, dsn)
}

// TestAServerThatDiesBetweenCommitAndPushLeavesItToTheNext kills one as soon as it has answered, and one whose push service was away.
func TestAServerThatDiesBetweenCommitAndPushLeavesItToTheNext(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"before anything is told": false, "while the push service is away": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn, b := withDemo(t), newBrowsers(t)
			first := startServer(t, dsn, b.settings...)
			anna, boris := first.client(t).anna(), first.client(t).boris()
			sub, _ := b.subscribe(boris)
			from, to := walletNumber(anna), walletNumber(boris)
			anna.allowWithoutCode("Z", "1000000", "+79000000002")
			quiet(t, dsn)
			had, tried := len(b.Pushes(sub)), b.Tried()
			if away {
				b.Answer(func() (int, string) { return 503, "1" })
			}
			ask[created](anna, createTransfer, vars{"from": from, "to": to, "amount": "1", "key": newKey()})
			if away {
				gatewaytest.Await(t, "an attempt", func() bool { return b.Tried() > tried })
				waits(t, dsn)
			}
			first.kill()
			<-first.ended
			b.Answer(nil)
			startServer(t, dsn, b.settings...)
			b.get(t, sub, had+1)
			quiet(t, dsn)
			if n := len(b.Pushes(sub)) - had; n != 1 {
				t.Errorf("it came %d times", n)
			}
		})
	}
}

// TestADeadSubscriptionIsForgotten has a push service that says 410.
func TestADeadSubscriptionIsForgotten(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	s := startServer(t, dsn, b.settings...)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	sub, _ := b.subscribe(boris)
	from, to := walletNumber(anna), walletNumber(boris)
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	b.Unsubscribe(sub)
	ask[created](anna, createTransfer, vars{"from": from, "to": to, "amount": "1", "key": newKey()})
	gatewaytest.Await(t, "a list without it", func() bool { return strings.Contains(boris.answer(readSettings, nil), `"pushDevices":[]`) })
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var notified int
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM wallets WHERE notified`).Scan(&notified); err != nil || notified != 0 {
		t.Errorf("%d wallets are marked, %v", notified, err)
	}
}

func TestWhatPeopleAreToldOfIsTheirsToSay(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	s := startServer(t, dsn, b.settings...)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	keys := anna.as("").answer(`{ pushKeys { kinds webPush } }`, nil)
	if !strings.Contains(keys, `["WEB_PUSH"]`) || strings.Contains(keys, "null") {
		t.Errorf("the keys are %s", keys)
	}
	if got := anna.answer(readSettings, nil); !strings.Contains(got, `{"event":"MONEY_RECEIVED","channels":["PUSH"]}`) ||
		!strings.Contains(got, `{"event":"SECURITY_CHANGE","channels":["PUSH","EMAIL","SMS"]}`) || !strings.Contains(got, `"quietHours":null`) {
		t.Errorf("at first: %s", got)
	}
	sub, id := b.subscribe(anna)
	again := anna.answer(registerDevice, vars{"t": webTarget(sub), "n": "Another name"})
	if !strings.Contains(again, id) || !strings.Contains(again, `"current":true`) || !strings.Contains(again, "Another name") {
		t.Errorf("a repeat: %s", again)
	}
	if got := boris.answer(unregisterDevice, vars{"i": id}); !strings.Contains(got, `"userErrors":[]`) || !strings.Contains(anna.answer(readSettings, nil), id) {
		t.Errorf("somebody else takes it away: %s", got)
	}
	if got := boris.answer(registerDevice, vars{"t": webTarget(sub), "n": "Mine now"}); !strings.Contains(got, "Mine now") || strings.Contains(anna.answer(readSettings, nil), id) {
		t.Errorf("who registers it last has it: %s", got)
	}
	good := b.Subscribe()
	bad := func(change func(v vars)) vars {
		target := webTarget(good)
		change(target["webPush"].(vars))
		return target
	}
	for what, refused := range map[string]struct {
		target vars
		field  string
	}{
		"a kind that is not offered": {vars{"apns": vars{"token": strings.Repeat("ab", 32)}}, `"apns"`},
		"another":                    {vars{"fcm": vars{"token": strings.Repeat("ab", 32)}}, `"fcm"`},
		"an address in the clear":    {bad(func(v vars) { v["endpoint"] = "http://push.example.com/x" }), `"endpoint"`},
		"no address":                 {bad(func(v vars) { v["endpoint"] = "x" }), `"endpoint"`},
		"no point":                   {bad(func(v vars) { v["p256dh"] = "BAAA" }), `"p256dh"`},
		"a secret that is short":     {bad(func(v vars) { v["auth"] = "AAAA" }), `"p256dh"`},
	} {
		if got := anna.answer(registerDevice, vars{"t": refused.target, "n": "x"}); !strings.Contains(got, `"INVALID_INPUT"`) || !strings.Contains(got, refused.field) || !strings.Contains(got, `"device":null`) {
			t.Errorf("%s: %s", what, got)
		}
	}
	if code := anna.faultCode(registerDevice, vars{"t": vars{}, "n": "x"}); code != "BAD_USER_INPUT" {
		t.Errorf("no target at all: %s", code)
	}
	for _, query := range []string{registerDevice, unregisterDevice, setNotifications, setQuietHours} {
		if code := anna.as("").faultCode(query, vars{"t": webTarget(good), "n": "x", "i": id, "e": "MONEY_SENT", "c": []string{}, "q": nil}); code != "UNAUTHENTICATED" {
			t.Errorf("nobody: %s", code)
		}
	}

	for event, channels := range map[string][]string{"SECURITY_CHANGE": {"PUSH", "SMS"}, "NEW_SIGN_IN": {"PUSH"}} {
		if got := anna.answer(setNotifications, vars{"e": event, "c": channels}); !strings.Contains(got, "always notify") {
			t.Errorf("%s only by %v: %s", event, channels, got)
		}
	}
	if got := anna.answer(setNotifications, vars{"e": "NEW_SIGN_IN", "c": []string{"EMAIL", "SMS"}}); !strings.Contains(got, "available here") {
		t.Errorf("a channel that the event does not have: %s", got)
	}
	if got := anna.answer(setNotifications, vars{"e": "SECURITY_CHANGE", "c": []string{"SMS", "EMAIL", "SMS"}}); !strings.Contains(got, `{"event":"SECURITY_CHANGE","channels":["EMAIL","SMS"]}`) {
		t.Errorf("no push: %s", got)
	}
	for _, q := range []vars{{"from": "24:00", "to": "07:00", "timeZone": "UTC"}, {"from": "22:00", "to": "7:00", "timeZone": "UTC"}, {"from": "22:00", "to": "22:00", "timeZone": "UTC"},
		{"from": "22:00", "to": "07:00", "timeZone": "Local"}, {"from": "22:00", "to": "07:00", "timeZone": "Mars/Base"}, {"from": "22:00", "to": "07:00", "timeZone": "../etc/passwd"},
		{"from": "22:00", "to": "07:00", "timeZone": ""}} {
		if got := anna.answer(setQuietHours, vars{"q": q}); !strings.Contains(got, `"INVALID_INPUT"`) {
			t.Errorf("%v: %s", q, got)
		}
	}
	for range 2 {
		if got := anna.answer(setQuietHours, vars{"q": vars{"from": "22:00", "to": "07:00", "timeZone": "Europe/Berlin"}}); !strings.Contains(got, `{"from":"22:00","to":"07:00","timeZone":"Europe/Berlin"}`) {
			t.Errorf("quiet hours: %s", got)
		}
	}
	if got := anna.answer(setQuietHours, vars{"q": nil}); !strings.Contains(got, `"quietHours":null`) {
		t.Errorf("no quiet hours: %s", got)
	}
}

// TestSecurityIsToldToDevicesAtOnce also has a sign-in, which the new session is not told of.
func TestSecurityIsToldToDevicesAtOnce(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	s := startServer(t, dsn, b.settings...)
	anna := s.client(t).anna()
	sub, _ := b.subscribe(anna)
	anna.answer(setQuietHours, vars{"q": vars{"from": "00:00", "to": "23:59", "timeZone": "UTC"}}) // which it does not wait for
	s.client(t).anna()
	if got := b.get(t, sub, 1); got[0].Data["event"] != "NEW_SIGN_IN" {
		t.Errorf("a sign-in: %+v", got)
	}
	ask[any](anna, `mutation { freezeAccount { account { status } userErrors { code } } }`, nil)
	got := b.get(t, sub, 2)
	if last := got[len(got)-1]; last.Data["event"] != "SECURITY_CHANGE" || last.Data["change"] != "FROZEN" || last.Title != "Security" {
		t.Errorf("a change: %+v", last)
	}
	anna.answer(setNotifications, vars{"e": "NEW_SIGN_IN", "c": []string{"EMAIL"}})
	s.client(t).anna()
	quiet(t, dsn)
	if n := len(b.Pushes(sub)); n != len(got) {
		t.Errorf("a sign-in that is not to be pushed: %d", n-len(got))
	}
}

// TestWhoWantsToBeToldNothingPaysNothingForIt looks at what the ledger writes.
func TestWhoWantsToBeToldNothingPaysNothingForIt(t *testing.T) {
	t.Parallel()
	seen := &collector{statements: &statements{byRequest: map[string][]string{}}, bySQL: map[string]statement{}}
	s := serveOn(t, pgtest.NewWith(t, postgres.Options{Tracer: seen}))
	anna, boris := s.client(t).anna(), s.client(t).boris()
	from, to := walletNumber(anna), walletNumber(boris)
	wrote := func() bool {
		return slices.ContainsFunc(seen.all(), func(s statement) bool { return s.room == "ledger" && strings.Contains(s.sql, "INTO notices") })
	}
	anna.send(from, to, "1", "+79000000002")
	anna.answer(setNotifications, vars{"e": "SECURITY_CHANGE", "c": []string{"SMS", "EMAIL"}}) // which has nothing to do with money
	anna.send(from, to, "1", "+79000000002")
	if wrote() {
		t.Error("the ledger notes what nobody wants to be told")
	}
	boris.answer(setNotifications, vars{"e": "MONEY_RECEIVED", "c": []string{"SMS"}})
	anna.send(from, to, "3", "+79000000002")
	if !wrote() {
		t.Error("the ledger notes nothing")
	}
	gatewaytest.Await(t, "an SMS", func() bool { return strings.Contains(boris.newest("+79000000003").Text, "Anna P. sent you 3.00 WMZ.") })
}
