package config

import (
	"net/mail"
	"net/url"
	"strings"

	"purser/internal/delivery/gateway"
)

// WebPushRules say which addresses of browsers' push services are taken. Production connects to the internet alone.
func (c Config) WebPushRules() gateway.EndpointRules {
	return gateway.EndpointRules{Hosts: c.WebPushHosts, PublicOnly: c.IsProduction()}
}

// pushMistakes finds what is wrong with the push services, without ever quoting a key.
func (c Config) pushMistakes(wrong func(name, format string, args ...any)) {
	if c.WebPushKey != "" {
		if _, err := gateway.PublicKey(c.WebPushKey); err != nil {
			wrong("WEB_PUSH_KEY", "is no private key of P-256, 32 bytes in base64url")
		}
		if !isContact(c.WebPushContact) {
			wrong("WEB_PUSH_CONTACT", "needs an e-mail address or an https:// address")
		}
	}
	for _, host := range c.WebPushHosts {
		if host == "" || host != strings.ToLower(host) || strings.ContainsAny(host, ":/ @*") {
			wrong("WEB_PUSH_HOSTS", "%q is no host name in small letters", host)
		}
	}
	if c.APNsKey != "" {
		if _, err := gateway.NewAPNs(gateway.APNsConfig{Key: []byte(c.APNsKey)}, gateway.Options{}); err != nil {
			wrong("APNS_KEY", "is no key of APNs in PEM")
		}
		for name, value := range map[string]string{"APNS_KEY_ID": c.APNsKeyID, "APNS_TEAM_ID": c.APNsTeamID, "APNS_TOPIC": c.APNsTopic} {
			if value == "" {
				wrong(name, "is needed with APNS_KEY")
			}
		}
	}
	if c.FCMCredentials != "" {
		if _, err := gateway.NewFCM(gateway.FCMConfig{Credentials: []byte(c.FCMCredentials)}, gateway.Options{}); err != nil {
			wrong("FCM_CREDENTIALS", "are none of a service account, in JSON")
		}
	}
	for name, value := range map[string]string{"APNS_URL": c.APNsURL, "FCM_URL": c.FCMURL} {
		if u, err := url.Parse(value); err != nil || u.Scheme != "https" || u.Host == "" {
			wrong(name, "needs https:// and a host")
		}
	}
}

func isContact(text string) bool {
	if strings.HasPrefix(text, "https://") {
		u, err := url.Parse(text)
		return err == nil && u.Host != ""
	}
	address := strings.TrimPrefix(text, "mailto:")
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Address == address
}
