package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"purser/internal/secret"
)

// shortestKey is how many bytes SECRET_KEY has at least.
const shortestKey = 32

// laptopDefaults are the defaults that production must not run with.
func (c Config) laptopDefaults() (found []error) {
	if key := c.MasterKey(); isLaptopKey(key) {
		found = append(found, errors.New("SECRET_KEY: production needs a key of its own (openssl rand -hex 32)"))
	} else if len(key) >= shortestKey && !isVaried(key) { // a shorter one is a mistake anywhere
		found = append(found, errors.New("SECRET_KEY: production needs random bytes, of which more differ (openssl rand -hex 32)"))
	}
	named, _ := c.namedKeys() // what cannot be read is a mistake anywhere
	for _, key := range named {
		if len(key.Key) == shortestKey && !isVaried(key.Key) {
			found = append(found, fmt.Errorf("DATA_KEYS: the key %q needs random bytes, of which more differ (openssl rand -hex 32)", key.ID))
		}
	}
	if c.DatabaseURL == "" {
		found = append(found, errors.New("DATABASE_URL: production needs a database of its own"))
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Scheme != "https" {
		found = append(found, errors.New("PUBLIC_URL: production needs an https:// address"))
	}
	if c.SMSGateway == "" {
		found = append(found, errors.New("SMS_GATEWAY: production needs someone who sends SMS"))
	}
	if c.SMTPURL == "" {
		found = append(found, errors.New("SMTP_URL: production needs someone who sends letters"))
	}
	return append(found, c.openDoors()...)
}

// openDoors are settings that are handy on a laptop and let anybody in elsewhere.
func (c Config) openDoors() (found []error) {
	for _, origin := range c.CORSOrigins {
		if !isSecureOrigin(origin) {
			found = append(found, fmt.Errorf("CORS_ALLOWED_ORIGINS: %q is not the origin of one site, https://host or https://host:port", origin))
		}
	}
	for _, network := range c.TrustedProxies {
		if p, err := netip.ParsePrefix(network); err == nil && isWide(p) {
			found = append(found, fmt.Errorf("TRUSTED_PROXIES: %s is more than proxies of ours can be: at most a /%d, or a /%d of IPv6", network, widest4, widest6))
		}
	}
	if host, _, err := net.SplitHostPort(c.ProfileAddr); c.ProfileAddr != "" && (err != nil || !isLoopback(host)) {
		found = append(found, errors.New("PROFILE_ADDR: production shows profiles on the loopback alone"))
	}
	return found
}

// isSecureOrigin tells whether this is how browsers write the origin of one site with TLS.
func isSecureOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || origin != "https://"+u.Host || strings.ContainsAny(origin, "* ") {
		return false
	}
	return !strings.HasSuffix(u.Host, ":") && (u.Port() == "" || isPort(u.Port()))
}

// The widest networks of proxies: whoever is in one says where its requests come from.
const (
	widest4 = 8
	widest6 = 16
)

func isWide(network netip.Prefix) bool {
	const mapped = 96 // bits before an address of IPv4 that is written as one of IPv6
	switch bits := network.Bits(); {
	case network.Addr().Is4():
		return bits < widest4
	case network.Addr().Is4In6():
		return bits < mapped+widest4
	default:
		return bits < widest6
	}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// isLaptopKey tells whether a key is the public one, or begins as it does, whatever follows.
func isLaptopKey(key []byte) bool {
	const alike = shortestKey / 2
	public, _ := hex.DecodeString(laptopKey) // a constant
	return len(key) >= alike && secret.Equal(key[:alike], public[:alike])
}

// isVaried tells whether a key may have been made at random: of 32 random bytes about 30 differ, and fewer than 16 never do.
func isVaried(key []byte) bool {
	different := map[byte]bool{}
	for _, b := range key {
		different[b] = true
	}
	return len(different) >= 16
}
