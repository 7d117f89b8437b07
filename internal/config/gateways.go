package config

import (
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The longest sender of an SMS: a number, or letters.
const (
	longestNumber = 15
	longestName   = 11
)

// SMSGateways are the addresses of SMS_GATEWAY and SMS_GATEWAY_2, as many as are set.
func (c Config) SMSGateways() []*url.URL { return addresses(c.SMSGateway, c.SMSGateway2) }

// MailServer is the address of SMTP_URL, if it is set.
func (c Config) MailServer() []*url.URL { return addresses(c.SMTPURL) }

func addresses(settings ...string) (all []*url.URL) {
	for _, setting := range settings {
		if address, err := url.Parse(setting); setting != "" && err == nil { // Load has checked it
			all = append(all, address)
		}
	}
	return all
}

// redacted names gateways without what is secret about them.
func redacted(all []*url.URL) string {
	if len(all) == 0 {
		return "the dev inbox"
	}
	names := make([]string, len(all))
	for i, address := range all {
		names[i] = address.Scheme + "://" + address.Host
	}
	return strings.Join(names, ", ")
}

// gatewayMistakes finds what is wrong with the gateways, without ever quoting an address: there is a password in it.
func (c Config) gatewayMistakes(wrong func(name, format string, args ...any)) {
	for name, setting := range map[string]string{"SMS_GATEWAY": c.SMSGateway, "SMS_GATEWAY_2": c.SMSGateway2} {
		address, ok := gatewayAddress(name, setting, wrong, "smpp", "smpps", "http", "https")
		if !ok {
			continue
		}
		query := address.Query()
		if strings.HasPrefix(query.Get("from"), " ") {
			wrong(name, "a + in from= is written as %%2B")
		}
		if address.Scheme == "smpp" || address.Scheme == "smpps" {
			if address.User.Username() == "" {
				wrong(name, "needs a system_id before the @")
			}
			if !smsSender(query.Get("from")) {
				wrong(name, "needs ?from= with a number, or with up to %d letters and digits", longestName)
			}
			continue
		}
		if query.Get("from") == "" {
			wrong(name, "needs ?from=")
		}
		if names := strings.Split(query.Get("fields"), ","); query.Has("fields") && (len(names) != 3 || slices.Contains(names, "")) {
			wrong(name, "fields= needs three names: of the recipient, the sender and the text")
		}
		if format := query.Get("format"); format != "" && format != "form" && format != "json" {
			wrong(name, "format= is form or json")
		}
		if c.IsProduction() && address.Scheme == "http" {
			wrong(name, "production sends codes over https:// or smpp only")
		}
	}
	if c.SMSGateway2 != "" && c.SMSGateway == "" {
		wrong("SMS_GATEWAY_2", "is the second: set SMS_GATEWAY first")
	}
	if address, ok := gatewayAddress("SMTP_URL", c.SMTPURL, wrong, "smtp"); ok {
		if _, err := mail.ParseAddress(address.Query().Get("from")); err != nil {
			wrong("SMTP_URL", "needs ?from= with an e-mail address")
		}
	}
}

// gatewayAddress reads an address; ok is false when there is none, or none that is good.
func gatewayAddress(name, setting string, wrong func(name, format string, args ...any), schemes ...string) (address *url.URL, ok bool) {
	if setting == "" {
		return nil, false
	}
	address, err := url.Parse(setting)
	switch {
	case err != nil:
		wrong(name, "is not a URL; special characters of a password are written as %%XX")
	case !slices.Contains(schemes, address.Scheme) || address.Hostname() == "":
		wrong(name, "needs %s:// and a host", strings.Join(schemes, ":// or "))
	case address.Port() != "" && !isPort(address.Port()):
		wrong(name, "the port is none")
	default:
		return address, true
	}
	return nil, false
}

func isPort(port string) bool {
	n, err := strconv.Atoi(port)
	return err == nil && n > 0 && n < 1<<16
}

// smsSender tells whether an SMS can come from this: a number, or a short name of ASCII.
func smsSender(from string) bool {
	if digits := strings.TrimPrefix(from, "+"); from != "" && strings.Trim(digits, "0123456789") == "" {
		return len(digits) > 0 && len(digits) <= longestNumber
	}
	printable := !strings.ContainsFunc(from, func(r rune) bool { return r < ' ' || r > '~' })
	return from != "" && len(from) <= longestName && printable
}
