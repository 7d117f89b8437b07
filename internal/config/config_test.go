package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purser/internal/config"
	"purser/internal/manifest"
)

var update = flag.Bool("update", false, "write the README's configuration table")

func TestAnEmptyEnvironmentIsALaptop(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	if c.IsProduction() || c.ListenAddr != "127.0.0.1:8080" || len(c.MasterKey()) < 32 {
		t.Errorf("defaults are not safe on a laptop: %+v", c)
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{
		"APP_ENV": "staging", "SECRET_KEY": "abc", "LOG_LEVEL": "loud", "ACCESS_TOKEN_TTL": "1h", "CODE_TTL": "0s",
		"PUBLIC_URL": "pay.example", "DATABASE_MAX_CONNS": "1", "MAX_SOCKETS_PER_SESSION": "-1",
	})
	for _, name := range []string{"APP_ENV", "SECRET_KEY", "LOG_LEVEL", "ACCESS_TOKEN_TTL", "CODE_TTL", "PUBLIC_URL",
		"DATABASE_MAX_CONNS", "MAX_SOCKETS_PER_SESSION"} {
		if err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s is not among the mistakes: %v", name, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "abc") {
		t.Error("a secret is quoted in the error")
	}
}

func TestProductionRefusesLaptopDefaults(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{"APP_ENV": "production"})
	for _, name := range []string{"SECRET_KEY", "DATABASE_URL", "PUBLIC_URL", "SMS_GATEWAY", "SMTP_URL"} {
		if err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("production accepted the default of %s: %v", name, err)
		}
	}
}

func TestWhatCannotBeReadHidesNoOtherMistake(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{"APP_ENV": "production", "DRAIN_TIMEOUT": "abc", "MAX_SOCKETS_PER_SESSION": "x"})
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	for _, want := range []string{"DrainTimeout", "MaxSockets", "SECRET_KEY:", "DATABASE_URL:", "SMTP_URL:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said of %s: %v", want, err)
		}
	}
	for _, name := range []string{"DRAIN_TIMEOUT:", "MAX_SOCKETS_PER_SESSION:"} {
		if strings.Contains(err.Error(), name) {
			t.Errorf("%s is judged, though it could not be read: %v", name, err)
		}
	}
}

func TestProductionLetsNotEverybodyIn(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"CORS_ALLOWED_ORIGINS": "https://app.example,*", "TRUSTED_PROXIES": "10.0.0.0/8,::/0", "PROFILE_ADDR": "0.0.0.0:6060",
		"PERSISTED_OPERATIONS": "/nowhere/manifest.json", "INTROSPECTION": "yes", "PLAYGROUND": "1",
	} {
		environment := production()
		environment[name] = value
		if _, err := config.Load(environment); err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s=%s is accepted: %v", name, value, err)
		}
	}
}

func TestProductionRefusesKeysThatEverybodyKnows(t *testing.T) {
	t.Parallel()
	const public = "70757273657220646576656c6f706d656e74206b65792c206e6f74207365637265"
	for what, key := range map[string]string{
		"the laptop's": public, "in capitals": strings.ToUpper(public), "with a byte more": public + "00", "with many more": public + strings.Repeat("a7c3", 40),
		"without its last byte": public[:64], "zeros": strings.Repeat("00", 32), "one byte": strings.Repeat("5A", 64),
		"with another end": public[:60] + "aabb", "fifteen bytes": strings.Repeat("000102030405060708090a0b0c0d0e", 9),
	} {
		environment := production()
		environment["SECRET_KEY"] = key
		if _, err := config.Load(environment); err == nil || !strings.Contains(err.Error(), "SECRET_KEY: production needs") || strings.Contains(strings.ToLower(err.Error()), key[:8]) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, key := range map[string]string{
		"with a few bytes of it": public[:8] + ownKey, "sixteen bytes": strings.Repeat("000102030405060708090a0b0c0d0e0f", 2), "in capitals": "A1B2C3D4E5F60718293A4B5C6D7E8F90FFEEDDCCBBAA99887766554433221100",
	} {
		environment := production()
		environment["SECRET_KEY"] = key
		if _, err := config.Load(environment); err != nil {
			t.Errorf("a key of its own, %s: %v", what, err)
		}
	}
	for keys, isGood := range map[string]bool{"2026:" + ownKey: true, "2026:" + ownKey + ",2027:" + strings.Repeat("7b", 32): false} {
		environment := production()
		environment["DATA_KEYS"] = keys
		_, err := config.Load(environment)
		if (err == nil) != isGood || (err != nil && (!strings.Contains(err.Error(), `DATA_KEYS: the key "2027"`) || strings.Contains(err.Error(), "7b7b"))) {
			t.Errorf("a key for data: %v", err)
		}
	}
}

func TestProductionNamesEachOriginAndNetworkThatLetsOthersIn(t *testing.T) {
	t.Parallel()
	for name, entries := range map[string]struct{ bad, good []string }{
		"CORS_ALLOWED_ORIGINS": {
			[]string{"*", "https://*", "http*", "https://*.example", "app.example", "http://app.example", "https://app.example/", "https://app.example/path", "https://app.example?",
				"https://app.example#x", "https://u@app.example", "https://", "https://:443", "https://app.example:", "https://app.example:0", "https://app.example:99999", " https://app.example", "null"},
			[]string{"https://app.example", "https://app.example:8443", "https://203.0.113.7", "https://[2001:db8::1]:8443"},
		},
		"TRUSTED_PROXIES": {
			[]string{"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/7", "2000::/3", "fc00::/15", "::ffff:0.0.0.0/96", "::ffff:10.0.0.0/103"},
			[]string{"10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "fd00::/16", "::ffff:10.0.0.0/104"},
		},
	} {
		environment := production()
		environment[name] = strings.Join(append(append([]string{}, entries.good...), entries.bad...), ",")
		_, err := config.Load(environment)
		if err == nil {
			t.Errorf("%s: nothing is wrong with it", name)
			continue
		}
		mistakes := strings.Split(err.Error(), "\n")
		if len(mistakes) != len(entries.bad) {
			t.Errorf("of %s %d mistakes are told, not %d:\n%v", name, len(mistakes), len(entries.bad), err)
		}
		for i, mistake := range mistakes {
			if !strings.HasPrefix(mistake, name+": ") || !strings.Contains(mistake, entries.bad[min(i, len(entries.bad)-1)]) {
				t.Errorf("nothing is said of %s but: %s", entries.bad[min(i, len(entries.bad)-1)], mistake)
			}
		}
		environment[name] = strings.Join(entries.good, ",")
		if _, err := config.Load(environment); err != nil {
			t.Errorf("%s: %v", environment[name], err)
		}
		environment["APP_ENV"], environment[name] = "development", strings.Join(entries.bad, ",")
		if _, err := config.Load(environment); err != nil {
			t.Errorf("on a laptop, %s: %v", name, err)
		}
	}
}

func TestWhatWouldOnlyFailLaterIsAMistakeOfTheSettings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const begin = `{"format":"apollo-persisted-query-manifest","version":`
	wrong := []string{
		filepath.Join(folder, "absent.json"), folder, file("empty.json", ""), file("text.json", "query Letters { currencies { letter } }"), file("other.json", `{"operations":[]}`),
		file("later.json", begin+`2,"operations":[]}`), file("torn.json", begin+`1,"operations":[`), file("wrong-id.json", begin+`1,"operations":[{"id":"00","name":"Letters","body":"{x}"}]}`),
		file("long.json", begin+`1,"operations":[]}`+strings.Repeat(" ", manifest.Longest)),
	}
	good := file("good.json", begin+`1,"operations":[{"id":"`+manifest.ID("{x}")+`","name":"Letters","body":"{x}"}]}`)
	bad := map[string][]string{
		"LISTEN_ADDR":          {"8080", "127.0.0.1", "::1:8080", "[::1", "127.0.0.1:99999", "127.0.0.1:none"},
		"DATABASE_URL":         {"t0psecret", "postgres://purser:t0psecret@db:none/purser", "postgres://purser:t0p%secret@db/purser", "mysql://purser:t0psecret@db/purser", "host=db port=t0psecret", "postgres://db/purser?sslmode=t0psecret"},
		"PERSISTED_OPERATIONS": {strings.Join(append(wrong, good), ",")},
	}
	for name, values := range bad {
		for _, value := range values {
			environment := map[string]string{"LOG_LEVEL": "loud", name: value}
			_, err := config.Load(environment)
			if err == nil || !strings.Contains(err.Error(), name+": ") || !strings.Contains(err.Error(), "LOG_LEVEL: ") {
				t.Errorf("%s=%s: %v", name, value, err)
			}
			if err != nil && strings.Contains(err.Error(), "t0p") {
				t.Errorf("%s: the error quotes the password: %v", name, err)
			}
		}
	}
	_, err := config.Load(map[string]string{"PERSISTED_OPERATIONS": bad["PERSISTED_OPERATIONS"][0]})
	for _, path := range wrong {
		if err == nil || !strings.Contains(err.Error(), "PERSISTED_OPERATIONS: "+path) {
			t.Errorf("nothing is said of %s: %v", path, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), good) {
		t.Errorf("of a good manifest is said: %v", err)
	}
	for name, values := range map[string][]string{
		"LISTEN_ADDR":          {":8080", "[::1]:8080", "localhost:http", "127.0.0.1:0"},
		"DATABASE_URL":         {"postgres://db/purser", "postgresql://purser:t0p%25secret@db:5432/purser?sslmode=disable", "host=/run/postgresql dbname=purser"},
		"PERSISTED_OPERATIONS": {good},
	} {
		for _, value := range values {
			if _, err := config.Load(map[string]string{name: value}); err != nil {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
}

// ownKey is a SECRET_KEY as openssl makes them.
const ownKey = "3b1f7a90c4d25e8867f0a1b9d3e24c5f60718293a4b5c6d7e8f90a1b2c3d4e5f"

// production is an environment that production accepts.
func production() map[string]string {
	return map[string]string{
		"APP_ENV": "production", "SECRET_KEY": ownKey, "DATABASE_URL": "postgres://db/purser", "PUBLIC_URL": "https://pay.example",
		"SMS_GATEWAY": "smpp://purser:t0psecret@smsc.example:2775?from=Purser", "SMS_GATEWAY_2": "https://sid:t0psecret@sms.example/send?from=%2B15550100",
		"SMTP_URL": "smtp://purser:t0psecret@mail.example:587?from=pay@example.com",
	}
}

func TestProductionStartsWithGateways(t *testing.T) {
	t.Parallel()
	c, err := config.Load(production())
	if err != nil {
		t.Fatal(err)
	}
	if sms, mail := c.SMSGateways(), c.MailServer(); len(sms) != 2 || sms[0].Scheme != "smpp" || sms[1].Scheme != "https" || len(mail) != 1 {
		t.Errorf("the gateways are %v and %v", sms, mail)
	}
	shown := c.Redacted().String()
	if strings.Contains(shown, "t0psecret") || strings.Contains(shown, "purser:") || !strings.Contains(shown, "smsc.example:2775") {
		t.Errorf("in the log stands: %s", shown)
	}
}

func TestGatewaysThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for what, bad := range map[string]struct{ name, value string }{
		"a key that is none":        {"WEB_PUSH_KEY", "t0psecret"},
		"a host that is an address": {"WEB_PUSH_HOSTS", "https://push.example"},
		"no key of Apple's":         {"APNS_KEY", "t0psecret"},
		"no service account":        {"FCM_CREDENTIALS", `{"private_key": "t0psecret"}`},
		"pushes in the clear":       {"FCM_URL", "http://push.example"},
		"no protocol":               {"SMS_GATEWAY", "smsc.example?from=Purser"},
		"another protocol":          {"SMS_GATEWAY", "ftp://t0psecret@smsc.example?from=Purser"},
		"no host":                   {"SMS_GATEWAY", "smpp://purser:t0psecret@:2775?from=Purser"},
		"no URL":                    {"SMS_GATEWAY", "smpp://purser:t0p%secret@smsc.example?from=Purser"},
		"a port that is none":       {"SMS_GATEWAY", "smpp://purser:t0psecret@smsc.example:99999?from=Purser"},
		"no system_id":              {"SMS_GATEWAY", "smpp://smsc.example?from=Purser"},
		"no sender":                 {"SMS_GATEWAY", "smpp://purser:t0psecret@smsc.example"},
		"a sender that is too long": {"SMS_GATEWAY", "smpp://purser:t0psecret@smsc.example?from=PurserPayments"},
		"a sender in Cyrillic":      {"SMS_GATEWAY", "smpp://purser:t0psecret@smsc.example?from=Пурсер"},
		"a plus that is a blank":    {"SMS_GATEWAY", "smpp://purser:t0psecret@smsc.example?from=+15550100"},
		"a second without sender":   {"SMS_GATEWAY_2", "https://u:t0psecret@sms.example/send"},
		"two fields of three":       {"SMS_GATEWAY_2", "https://u:t0psecret@sms.example/send?from=Purser&fields=to,text"},
		"another format":            {"SMS_GATEWAY_2", "https://u:t0psecret@sms.example/send?from=Purser&format=xml"},
		"codes in the clear":        {"SMS_GATEWAY_2", "http://u:t0psecret@sms.example/send?from=Purser"},
		"a letter from nobody":      {"SMTP_URL", "smtp://u:t0psecret@mail.example"},
		"letters over HTTP":         {"SMTP_URL", "https://u:t0psecret@mail.example?from=pay@example.com"},
		"a second without a first":  {"SMS_GATEWAY", ""},
	} {
		environment := production()
		environment[bad.name] = bad.value
		_, err := config.Load(environment)
		if err == nil || !strings.Contains(err.Error(), bad.name) {
			t.Errorf("%s in %s: %v", what, bad.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "t0p") {
			t.Errorf("%s: the error quotes the password: %v", what, err)
		}
	}
}

func TestPasskeysBelongToTheDomainOfThePublicAddress(t *testing.T) {
	t.Parallel()
	const app = "android:apk-key-hash:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	for address, want := range map[string]struct{ domain, origin string }{
		"https://pay.example": {"pay.example", "https://pay.example"}, "http://127.0.0.1:8080": {"localhost", "http://localhost:8080"},
		"http://[::1]:99": {"localhost", "http://localhost:99"}, "https://Pay.Example:8443/x": {"pay.example", "https://pay.example:8443"},
	} {
		c := config.Config{PasskeyOrigins: []string{app, "https://www.pay.example"}}
		domain, origins, apps := c.Passkeys(address)
		if domain != want.domain || len(origins) != 2 || origins[0] != want.origin || len(apps) != 1 {
			t.Errorf("%s: %s %v %v", address, domain, origins, apps)
		}
	}
	for what, try := range map[string]struct {
		name, value string
		good        bool
	}{
		"an app":                    {"PASSKEY_ORIGINS", app, true},
		"a page below the domain":   {"PASSKEY_ORIGINS", "https://app.pay.example," + app, true},
		"the parent domain":         {"PASSKEY_DOMAIN", "pay.example", true},
		"another domain":            {"PASSKEY_ORIGINS", "https://evil.example", false},
		"one that ends alike":       {"PASSKEY_ORIGINS", "https://notpay.example", false},
		"in the clear":              {"PASSKEY_ORIGINS", "http://app.pay.example", false},
		"an address with a path":    {"PASSKEY_ORIGINS", "https://app.pay.example/", false},
		"an app without its hash":   {"PASSKEY_ORIGINS", "android:apk-key-hash:", false},
		"an app with half a hash":   {"PASSKEY_ORIGINS", "android:apk-key-hash:AAECAwQF", false},
		"a number for a domain":     {"PASSKEY_DOMAIN", "203.0.113.7", false},
		"a domain that is not ours": {"PASSKEY_DOMAIN", "other.example", false},
		"a port in the domain":      {"PASSKEY_DOMAIN", "pay.example:443", false},
		"a number for an address":   {"PUBLIC_URL", "https://203.0.113.7", false},
	} {
		environment := production()
		environment[try.name] = try.value
		if _, err := config.Load(environment); (err == nil) != try.good {
			t.Errorf("%s in %s: %v", what, try.name, err)
		}
	}
}

func TestSupportIsAnAddressThatAnAppCanOpen(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{
		"": true, "https://help.example/ask": true, "mailto:help@example.com": true,
		"help@example.com": false, "http://help.example": false, "https://": false, "mailto:": false, "mailto:nobody": false, "mailto:Help <help@example.com>": false, "javascript:alert(1)": false,
	} {
		if c, err := config.Load(map[string]string{"SUPPORT_URL": value}); (err == nil) != good || good && c.SupportURL != value {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestReadmeShowsTheConfigurationTable(t *testing.T) {
	const page, begin, end = "../../README.md", "<!-- configuration -->\n", "<!-- /configuration -->"
	readme, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the README has no place for the configuration table")
	}
	if shown == config.Table() {
		return
	}
	if !*update {
		t.Fatal("the README's configuration table is not the struct's; run: make generate")
	}
	if err := os.WriteFile(page, []byte(before+begin+config.Table()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDataKeysThatCannotBeAreMistakesAndNotQuoted(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("7a", 32)
	for _, keys := range []string{"2026", "2026:abcxyz", "2026:" + good[2:], ":" + good, "a:" + good + ",a:" + good, "derived:" + good} {
		_, err := config.Load(map[string]string{"DATA_KEYS": keys})
		if err == nil || !strings.Contains(err.Error(), "DATA_KEYS:") || strings.Contains(err.Error(), good[2:]) || strings.Contains(err.Error(), "abcxyz") {
			t.Errorf("%s: %v", keys, err)
		}
	}
	c, err := config.Load(map[string]string{"DATA_KEYS": "2026:" + good + ", 2027:" + strings.Repeat("7b", 32)})
	if err != nil {
		t.Fatal(err)
	}
	if ring, err := c.Ring(); err != nil || ring.Newest() != "2027" || ring.Check("2026") == nil {
		t.Errorf("the last one does not seal: %v", err)
	}
}

func TestTwoOperatorsMoveLargeMoneyInProduction(t *testing.T) {
	t.Parallel()
	laptop, err := config.Load(map[string]string{})
	if err != nil || len(laptop.SecondOperator()) != 0 {
		t.Errorf("a laptop has the limits %v, %v", laptop.SecondOperator(), err)
	}
	environment := production()
	environment["SECOND_OPERATOR_ABOVE"] = "Z:250.50, P:0"
	c, err := config.Load(environment)
	if got := c.SecondOperator(); err != nil || got["Z"] != "250.50" || got["P"] != "0" || got["E"] != "10000.00" || len(got) != 6 {
		t.Errorf("production has the limits %v, %v", got, err)
	}
	for _, wrong := range []string{"Z", "Z:", "Z:-1", "z:5", "Z:1e9", "Z=5", "Z:5,,E:6"} {
		environment["SECOND_OPERATOR_ABOVE"] = wrong
		if _, err := config.Load(environment); err == nil || !strings.Contains(err.Error(), "SECOND_OPERATOR_ABOVE:") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
