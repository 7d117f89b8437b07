package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// addressMistakes finds addresses that are none, of ours and of what we use. DATABASE_URL is never quoted: there is a password in it.
func (c Config) addressMistakes(wrong func(name, format string, args ...any)) {
	if _, port, err := net.SplitHostPort(c.ListenAddr); err != nil {
		wrong("LISTEN_ADDR", "%q is not an address and a port such as 127.0.0.1:8080", c.ListenAddr)
	} else if _, err := net.LookupPort("tcp", port); err != nil {
		wrong("LISTEN_ADDR", "the port of %q is none", c.ListenAddr)
	}
	if c.DatabaseURL != "" {
		if _, err := pgxpool.ParseConfig(c.DatabaseURL); err != nil { // which may quote a part of it
			wrong("DATABASE_URL", "is not an address of Postgres such as postgres://user:password@host:5432/database; special characters of a password are written as %%XX")
		}
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			wrong("PUBLIC_URL", "needs http:// or https:// and a host")
		}
	}
	if s := c.SupportURL; s != "" && (!isContact(s) || !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "mailto:")) {
		wrong("SUPPORT_URL", "needs https:// and a host, or mailto: and an e-mail address")
	}
	if u, err := url.Parse(c.OTLPEndpoint); c.OTLPEndpoint != "" && (err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https")) {
		wrong("OTEL_EXPORTER_OTLP_ENDPOINT", "needs http:// or https:// and a host, and no password")
	}
	for _, network := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(network); err != nil {
			wrong("TRUSTED_PROXIES", "%q is not a network such as 10.0.0.0/8", network)
		}
	}
}
