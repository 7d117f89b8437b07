// Package config reads the server's settings from the environment, all at once, and refuses what must not run. Every
// variable has a default that is safe on a laptop; production refuses those defaults.
package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"purser/internal/manifest"
	"purser/internal/secret"
)

// Environments that APP_ENV names.
const (
	Development = "development"
	Production  = "production"
)

// laptopKey is the SECRET_KEY of every laptop. It is public, so production refuses it.
const laptopKey = "70757273657220646576656c6f706d656e74206b65792c206e6f74207365637265"

// Config is everything that can be set. The doc tag is the description in the README, which a test compares.
type Config struct {
	AppEnv     string `env:"APP_ENV" envDefault:"development" doc:"development or production. Production refuses laptop defaults, /dev pages and demo data."`
	ListenAddr string `env:"LISTEN_ADDR" envDefault:"127.0.0.1:8080" doc:"Address and port to serve."`
	PublicURL  string `env:"PUBLIC_URL" envDefault:"" doc:"Address in links that people get, such as https://pay.example. Empty: http:// and the listening address."`

	SupportURL string `env:"SUPPORT_URL" envDefault:"" doc:"Where people reach support, for the apps to open: https://help.example or mailto:help@example.com. Empty: the apps name no place."`

	DatabaseURL      string `env:"DATABASE_URL,unset" envDefault:"" doc:"Postgres address, direct or through a pooler in session mode: locks and wake-ups belong to a connection. Empty: a private Postgres is started in DATA_DIR."`
	DataDir          string `env:"DATA_DIR" envDefault:".purser" doc:"Folder of the private Postgres. It survives restarts."`
	DatabaseMaxConns int32  `env:"DATABASE_MAX_CONNS" envDefault:"20" doc:"Connections in the pool, at least 2; posting and listening have three of their own."`

	SecretKey   string   `env:"SECRET_KEY,unset" envDefault:"" doc:"32 or more random bytes in hex; codes, tokens and keys at rest depend on it; openssl rand -hex 32 makes one. Every server of one database needs the same. Empty: a public key for laptops."`
	DataKeys    []string `env:"DATA_KEYS,unset" envSeparator:"," doc:"Keys for personal data at rest, name:hex of 32 random bytes, separated by commas; the last one seals, all open (docs/operations.md). Empty: one that is made of SECRET_KEY."`
	SMSGateway  string   `env:"SMS_GATEWAY,unset" envDefault:"" doc:"Who sends SMS: smpp://system_id:password@host:2775?from=Purser, smpps://… or https://user:password@host/path?from=… (docs/operations.md). Empty: the dev inbox; production needs one."`
	SMSGateway2 string   `env:"SMS_GATEWAY_2,unset" envDefault:"" doc:"Who sends an SMS that the first did not take."`
	SMTPURL     string   `env:"SMTP_URL,unset" envDefault:"" doc:"Who sends letters: smtp://user:password@host:587?from=pay@example.com, with STARTTLS. Empty: the dev inbox; production needs one."`

	WebPushKey     string   `env:"WEB_PUSH_KEY,unset" envDefault:"" doc:"Private key that browsers' push services know this server by (VAPID): P-256, 32 bytes in base64url (docs/operations.md). Empty: no push to browsers."`
	WebPushContact string   `env:"WEB_PUSH_CONTACT" envDefault:"" doc:"E-mail or https:// address of whoever answers for the server, for browsers' push services."`
	WebPushHosts   []string `env:"WEB_PUSH_HOSTS" envSeparator:"," doc:"Hosts of browsers' push services that are taken, with those below them, separated by commas. Empty: any on the internet."`
	APNsKey        string   `env:"APNS_KEY,unset" envDefault:"" doc:"Key of Apple's push service, the text of the .p8 file. Empty: no push to Apple's devices."`
	APNsKeyID      string   `env:"APNS_KEY_ID" envDefault:"" doc:"Id of APNS_KEY."`
	APNsTeamID     string   `env:"APNS_TEAM_ID" envDefault:"" doc:"Id of the team that APNS_KEY belongs to."`
	APNsTopic      string   `env:"APNS_TOPIC" envDefault:"" doc:"Bundle id of the app."`
	APNsURL        string   `env:"APNS_URL" envDefault:"https://api.push.apple.com" doc:"Apple's push service; for development builds of the app https://api.sandbox.push.apple.com."`
	FCMCredentials string   `env:"FCM_CREDENTIALS,unset" envDefault:"" doc:"Service account of Firebase, the text of the JSON file. Empty: no push through Firebase."`
	FCMURL         string   `env:"FCM_URL" envDefault:"https://fcm.googleapis.com" doc:"Firebase's push service."`

	LogLevel string `env:"LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error."`

	ProfileAddr string `env:"PROFILE_ADDR" envDefault:"" doc:"Private address to serve Go's profiles on (/debug/pprof/), such as 127.0.0.1:6060. Empty: none."`

	OTLPEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" envDefault:"" doc:"OpenTelemetry collector that gets traces over HTTP, such as http://127.0.0.1:4318. Empty: none is traced."`

	CORSOrigins []string `env:"CORS_ALLOWED_ORIGINS" envSeparator:"," doc:"Web origins, beside our own, that may call the API, separated by commas; in production https://host or https://host:port."`

	SecondOperatorAbove []string `env:"SECOND_OPERATOR_ABOVE" envSeparator:"," doc:"How much one operator issues and redeems alone in 24 hours, by currency, such as Z:10000.00,P:800000; more waits for a second operator. 0: no limit. Empty in production: 10,000 dollars or what is about as much; elsewhere no limit."`

	PasskeyDomain  string   `env:"PASSKEY_DOMAIN" envDefault:"" doc:"Domain that passkeys belong to, for ever: another one voids them all. Empty: the host of PUBLIC_URL."`
	PasskeyOrigins []string `env:"PASSKEY_ORIGINS" envSeparator:"," doc:"Who may use passkeys beside our own pages, separated by commas: https:// origins of the domain, and Android apps as android:apk-key-hash:…"`

	CodeTTL             time.Duration `env:"CODE_TTL" envDefault:"5m" doc:"How long a code can be used."`
	CodeResendAfter     time.Duration `env:"CODE_RESEND_AFTER" envDefault:"60s" doc:"How long one waits before a code is sent again."`
	CodesPerDay         int           `env:"CODES_PER_PHONE_PER_DAY" envDefault:"20" doc:"Codes for registration and log-in that one phone gets in 24 hours."`
	RegistrationTTL     time.Duration `env:"REGISTRATION_TTL" envDefault:"24h" doc:"How long a registration can be continued."`
	AccessTokenTTL      time.Duration `env:"ACCESS_TOKEN_TTL" envDefault:"15m" doc:"Life of an access token, at most 15 minutes."`
	RefreshTokenTTL     time.Duration `env:"REFRESH_TOKEN_TTL" envDefault:"720h" doc:"How long a session lasts without being used."`
	DeviceTrustTTL      time.Duration `env:"DEVICE_TRUST_TTL" envDefault:"2160h" doc:"How long a trusted device needs no code to log in."`
	ConfirmationTTL     time.Duration `env:"TRANSFER_CONFIRMATION_TTL" envDefault:"15m" doc:"How long a transfer waits for its code before it expires."`
	EmailLinkTTL        time.Duration `env:"EMAIL_LINK_TTL" envDefault:"24h" doc:"How long a link in a letter can be used."`
	RecoveryTTL         time.Duration `env:"RECOVERY_TTL" envDefault:"1h" doc:"How long a recovery by phone can be continued, at most 24 hours."`
	RecoveryHold        time.Duration `env:"RECOVERY_TRANSFER_HOLD" envDefault:"24h" doc:"How long after a recovery transfers to others that need a code wait."`
	LostPhoneDelay      time.Duration `env:"LOST_PHONE_DELAY" envDefault:"48h" doc:"How long a person has to object before a lost phone is replaced."`
	DrainTimeout        time.Duration `env:"DRAIN_TIMEOUT" envDefault:"20s" doc:"How long requests in progress may take to finish when the server stops."`
	DrainGrace          time.Duration `env:"DRAIN_GRACE" envDefault:"0s" doc:"How long a stopping server goes on answering before that, each answer being the last of its connection, so that nobody asks on one that closes. 0: 5s in production and when another process has taken over, else none."`
	ComplexityLimit     int           `env:"GRAPHQL_COMPLEXITY_LIMIT" envDefault:"2000" doc:"Largest cost of one GraphQL operation; list sizes multiply."`
	RequestsPerAddress  int           `env:"REQUESTS_PER_ADDRESS" envDefault:"0" doc:"Requests that one address may make in a minute. 0: 6,000 in production, no bound in development; -1: no bound."`
	RequestsPerAccount  int           `env:"REQUESTS_PER_ACCOUNT" envDefault:"0" doc:"Requests that one account may make in a minute. 0: 1,200 in production, no bound in development; -1: no bound."`
	TrustedProxies      []string      `env:"TRUSTED_PROXIES" envSeparator:"," doc:"Networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8, separated by commas; in production none wider than /8, or /16 of IPv6. Empty: nobody's is."`
	PersistedOperations []string      `env:"PERSISTED_OPERATIONS" envSeparator:"," doc:"Files with the operations of our own apps (persisted-query-manifest.json of Apollo's generators), separated by commas."`
	PersistedOnly       bool          `env:"PERSISTED_ONLY" envDefault:"false" doc:"Whether nothing but persisted operations is run."`
	Introspection       string        `env:"INTROSPECTION" doc:"Whether the schema tells about itself: on or off. Empty: off in production, on elsewhere."`
	Playground          string        `env:"PLAYGROUND" doc:"Whether the playground is served: on or off. Empty: off in production, on elsewhere. It needs INTROSPECTION to know the schema."`
	SendTimeout         time.Duration `env:"SEND_TIMEOUT" envDefault:"15s" doc:"How long a client may take for a piece (64 KB) of an answer or an event; then its connection is closed."`
	SocketPing          time.Duration `env:"SOCKET_PING_INTERVAL" envDefault:"20s" doc:"How often sockets and event streams are pinged. A socket that has said nothing for twice as long is closed."`
	MaxSockets          int           `env:"MAX_SOCKETS_PER_SESSION" envDefault:"5" doc:"Open websockets and event streams of one session."`
	MaxSubscriptions    int           `env:"MAX_SUBSCRIPTIONS_PER_SESSION" envDefault:"20" doc:"Subscriptions of one session, on all its websockets and event streams."`
	MaxSocketsAddress   int           `env:"MAX_SOCKETS_PER_ADDRESS" envDefault:"100" doc:"Open websockets and event streams of one address, or of one /64 of IPv6."`
}

// alone is an entry of SECOND_OPERATOR_ABOVE.
var alone = regexp.MustCompile(`^[A-Z]:[0-9]{1,12}(\.[0-9]{1,8})?$`)

// Load reads an environment, the process's own for nil; secrets are then removed from that. It reports every mistake it finds, joined, not only the first.
func Load(environment map[string]string) (Config, error) {
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: environment}); err != nil {
		return Config{}, errors.Join(err, errors.Join(c.otherMistakes(err)...))
	}
	return c, errors.Join(c.mistakes()...)
}

// otherMistakes are those of the settings that could be read, when some could not.
func (c Config) otherMistakes(unread error) (found []error) {
	var all env.AggregateError
	fields := map[string]bool{}
	if errors.As(unread, &all) {
		for _, err := range all.Errors {
			var parse env.ParseError
			if errors.As(err, &parse) {
				fields[parse.Name] = true
			}
		}
	}
	unreadable := map[string]bool{}
	for field := range reflect.TypeFor[Config]().Fields() {
		if fields[field.Name] {
			unreadable[field.Tag.Get("env")] = true
		}
	}
	for _, mistake := range c.mistakes() {
		name, _, _ := strings.Cut(mistake.Error(), ":")
		if !unreadable[name] {
			found = append(found, mistake)
		}
	}
	return found
}

// ShowsSchema tells whether introspection is answered.
func (c Config) ShowsSchema() bool { return c.isOn(c.Introspection) }

// ServesPlayground tells whether the playground is served.
func (c Config) ServesPlayground() bool { return c.isOn(c.Playground) }

func (c Config) isOn(setting string) bool {
	return setting == "on" || (setting == "" && !c.IsProduction())
}

// IsProduction tells whether laptop defaults, demo data and development pages are refused.
func (c Config) IsProduction() bool { return c.AppEnv == Production }

// Grace is DRAIN_GRACE for a server that another process has taken over from, or not.
func (c Config) Grace(succeeded bool) time.Duration {
	if c.DrainGrace == 0 && (succeeded || c.IsProduction()) {
		return 5 * time.Second
	}
	return c.DrainGrace
}

// MasterKey is SECRET_KEY in bytes.
func (c Config) MasterKey() []byte {
	text := c.SecretKey
	if text == "" {
		text = laptopKey
	}
	key, _ := hex.DecodeString(text) // Load has checked it
	return key
}

// Ring are the keys for personal data.
func (c Config) Ring() (*secret.Ring, error) {
	box, err := secret.NewBox(c.MasterKey())
	if err != nil {
		return nil, err
	}
	named, err := c.namedKeys()
	if err != nil {
		return nil, err
	}
	return secret.NewRing(box, named...)
}

// namedKeys reads DATA_KEYS.
func (c Config) namedKeys() ([]secret.DataKey, error) {
	named := make([]secret.DataKey, len(c.DataKeys))
	for i, text := range c.DataKeys {
		id, digits, _ := strings.Cut(strings.TrimSpace(text), ":")
		key, err := hex.DecodeString(digits)
		if err != nil { // the cause would quote the key
			return nil, fmt.Errorf("the key %q is not hexadecimal", id)
		}
		named[i] = secret.DataKey{ID: id, Key: key}
	}
	return named, nil
}

// productionAlone is what one operator moves alone in production, unless it is set: 10,000 dollars, or what is about as much.
var productionAlone = map[string]string{"Z": "10000.00", "E": "10000.00", "P": "800000.00", "K": "4500000.00", "B": "30000.00", "G": "300.00"}

// SecondOperator is SECOND_OPERATOR_ABOVE: amounts by currency, "0" for no limit.
func (c Config) SecondOperator() map[string]string {
	amounts := map[string]string{}
	if c.IsProduction() {
		maps.Copy(amounts, productionAlone)
	}
	for _, entry := range c.SecondOperatorAbove {
		letter, amount, _ := strings.Cut(strings.TrimSpace(entry), ":")
		amounts[letter] = amount
	}
	return amounts
}

// Level is LOG_LEVEL.
func (c Config) Level() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // Load has checked it
	return level
}

// Redacted is the configuration as it may stand in a log.
func (c Config) Redacted() slog.Value {
	database := "private Postgres in " + c.DataDir
	if c.DatabaseURL != "" {
		database = "DATABASE_URL"
	}
	return slog.GroupValue(slog.String("env", c.AppEnv), slog.String("listen", c.ListenAddr),
		slog.String("database", database), slog.String("sms", redacted(c.SMSGateways())), slog.String("mail", redacted(c.MailServer())), slog.Int("max_conns", int(c.DatabaseMaxConns)), slog.String("log_level", c.LogLevel))
}

func (c Config) mistakes() (found []error) {
	wrong := func(name, format string, args ...any) {
		found = append(found, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}

	if c.AppEnv != Development && c.AppEnv != Production {
		wrong("APP_ENV", "%q is neither %s nor %s", c.AppEnv, Development, Production)
	}
	if err := new(slog.Level).UnmarshalText([]byte(c.LogLevel)); err != nil {
		wrong("LOG_LEVEL", "%q is not a level", c.LogLevel)
	}
	if key, err := hex.DecodeString(c.SecretKey); c.SecretKey != "" && (err != nil || len(key) < shortestKey) {
		wrong("SECRET_KEY", "needs 64 or more hexadecimal digits")
	} else if _, err := c.Ring(); err != nil {
		wrong("DATA_KEYS", "%v", err)
	}
	if c.DrainGrace < 0 {
		wrong("DRAIN_GRACE", "%s is below zero", c.DrainGrace)
	}
	if c.DatabaseMaxConns < 2 {
		wrong("DATABASE_MAX_CONNS", "%d is fewer than 2", c.DatabaseMaxConns)
	}
	if c.AccessTokenTTL > 15*time.Minute {
		wrong("ACCESS_TOKEN_TTL", "%s is longer than 15m", c.AccessTokenTTL)
	}
	if c.RegistrationTTL > 7*24*time.Hour {
		wrong("REGISTRATION_TTL", "%s is longer than 7 days, after which its codes are deleted", c.RegistrationTTL)
	}
	if c.RecoveryTTL > 24*time.Hour {
		wrong("RECOVERY_TTL", "%s is longer than 24 hours", c.RecoveryTTL)
	}
	for name, setting := range map[string]string{"INTROSPECTION": c.Introspection, "PLAYGROUND": c.Playground} {
		if setting != "" && setting != "on" && setting != "off" {
			wrong(name, "%q is neither on nor off", setting)
		}
	}
	for _, path := range c.PersistedOperations {
		if _, err := manifest.ReadFile(path); err != nil {
			wrong("PERSISTED_OPERATIONS", "%v", err)
		}
	}
	if c.PersistedOnly && len(c.PersistedOperations) == 0 {
		wrong("PERSISTED_ONLY", "there are no PERSISTED_OPERATIONS")
	}
	for _, entry := range c.SecondOperatorAbove {
		if !alone.MatchString(strings.TrimSpace(entry)) {
			wrong("SECOND_OPERATOR_ABOVE", "%q is not a currency's letter, a colon and an amount", entry)
		}
	}
	c.addressMistakes(wrong)
	c.gatewayMistakes(wrong)
	c.passkeyMistakes(wrong)
	c.pushMistakes(wrong)
	for name, d := range c.durations() {
		if d <= 0 {
			wrong(name, "%s is not a positive duration", d)
		}
	}
	for name, n := range map[string]int{"CODES_PER_PHONE_PER_DAY": c.CodesPerDay, "GRAPHQL_COMPLEXITY_LIMIT": c.ComplexityLimit,
		"MAX_SOCKETS_PER_SESSION": c.MaxSockets, "MAX_SUBSCRIPTIONS_PER_SESSION": c.MaxSubscriptions, "MAX_SOCKETS_PER_ADDRESS": c.MaxSocketsAddress} {
		if n <= 0 {
			wrong(name, "%d is not positive", n)
		}
	}
	if c.IsProduction() {
		found = append(found, c.laptopDefaults()...)
	}
	return found
}

func (c Config) durations() map[string]time.Duration {
	return map[string]time.Duration{
		"CODE_TTL": c.CodeTTL, "CODE_RESEND_AFTER": c.CodeResendAfter, "REGISTRATION_TTL": c.RegistrationTTL,
		"ACCESS_TOKEN_TTL": c.AccessTokenTTL, "REFRESH_TOKEN_TTL": c.RefreshTokenTTL, "DEVICE_TRUST_TTL": c.DeviceTrustTTL,
		"TRANSFER_CONFIRMATION_TTL": c.ConfirmationTTL, "EMAIL_LINK_TTL": c.EmailLinkTTL,
		"RECOVERY_TTL": c.RecoveryTTL, "RECOVERY_TRANSFER_HOLD": c.RecoveryHold, "LOST_PHONE_DELAY": c.LostPhoneDelay, "DRAIN_TIMEOUT": c.DrainTimeout, "SOCKET_PING_INTERVAL": c.SocketPing,
		"SEND_TIMEOUT": c.SendTimeout,
	}
}
