package config

import (
	"encoding/base64"
	"net"
	"net/url"
	"slices"
	"strings"
)

// androidApp begins the origin of an Android app: the rest is the SHA-256 of its signing certificate in base64url.
const androidApp = "android:apk-key-hash:"

const certificateHashBytes = 32

// Passkeys says which domain passkeys belong to, and which web origins and Android apps may use them. publicURL is the address that people
// get. No passkey belongs to a number: on a laptop it is localhost, whatever number it listens at.
func (c Config) Passkeys(publicURL string) (domain string, origins, apps []string) {
	own, err := url.Parse(publicURL)
	if err == nil && own.Host != "" {
		host := own.Hostname()
		if net.ParseIP(host) != nil {
			host = "localhost"
			if port := own.Port(); port != "" {
				own.Host = net.JoinHostPort(host, port)
			} else {
				own.Host = host
			}
		}
		domain, origins = strings.ToLower(host), []string{strings.ToLower(own.Scheme + "://" + own.Host)}
	}
	if c.PasskeyDomain != "" {
		domain = c.PasskeyDomain
	}
	for _, origin := range c.PasskeyOrigins {
		if strings.HasPrefix(origin, androidApp) {
			apps = append(apps, origin)
		} else if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return domain, origins, apps
}

// passkeyMistakes finds what no device would take.
func (c Config) passkeyMistakes(wrong func(name, format string, args ...any)) {
	domain, origins, apps := c.Passkeys(c.PublicURL)
	for _, app := range apps {
		hash, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(app, androidApp))
		if err != nil || len(hash) != certificateHashBytes {
			wrong("PASSKEY_ORIGINS", "%q does not end in the SHA-256 of a certificate in base64url", app)
		}
	}
	at := "PASSKEY_DOMAIN"
	if c.PasskeyDomain == "" {
		at = "PUBLIC_URL"
		if u, err := url.Parse(c.PublicURL); err == nil && c.IsProduction() && net.ParseIP(u.Hostname()) != nil {
			domain = u.Hostname()
		}
	}
	if (c.IsProduction() || c.PasskeyDomain != "") && !isDomain(domain) {
		wrong(at, "%q is no domain that passkeys can belong to", domain)
		return
	}
	for i, origin := range origins {
		if own := i == 0 && c.PublicURL != ""; own && !c.IsProduction() { // a laptop may have any address
			continue
		}
		if domain != "" && !isOriginOf(domain, origin) {
			wrong("PASSKEY_ORIGINS", "%q is neither https:// and %s, or a name below it, nor %s…", origin, domain, androidApp)
		}
	}
}

// isDomain tells whether a name has the form of one: in small letters, with a dot, and no number.
func isDomain(name string) bool {
	if name == "localhost" {
		return true
	}
	return net.ParseIP(name) == nil && name == strings.ToLower(name) && !strings.ContainsAny(name, ":/ @?#") && strings.Contains(strings.Trim(name, "."), ".")
}

// isOriginOf tells whether pages of an origin may use the passkeys of a domain: secure ones, of the domain or below it.
func isOriginOf(domain, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || origin != u.Scheme+"://"+u.Host {
		return false
	}
	host := u.Hostname()
	return (u.Scheme == "https" || (u.Scheme == "http" && host == "localhost")) && (host == domain || strings.HasSuffix(host, "."+domain))
}
