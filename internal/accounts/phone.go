package accounts

import (
	"net/mail"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/number"
)

// phoneLongest is in bytes: digits of other scripts take two to four.
const phoneLongest = 80

// Phone reads a phone number in any common spelling and returns it as E.164: "+7 (900) 123-45-67", "0079001234567",
// "79001234567", and for people who read Russian also "8 900 123-45-67". Letters are no digits here: an extension cannot
// get an SMS, and a slip of the finger must not become another number.
// Faults: InvalidPhone at the field.
func Phone(text string, l locale.Locale, field ...string) (string, error) {
	if len(text) <= phoneLongest && !strings.ContainsFunc(text, unicode.IsLetter) {
		for _, try := range phoneSpellings(strings.TrimSpace(text), l) {
			parsed, err := phonenumbers.Parse(try.text, try.region)
			if err == nil && phonenumbers.IsValidNumber(parsed) && parsed.GetExtension() == "" {
				return phonenumbers.Format(parsed, phonenumbers.E164), nil
			}
		}
	}
	return "", fault.New(fault.InvalidPhone, field...)
}

type spelling struct{ text, region string }

func phoneSpellings(text string, l locale.Locale) []spelling {
	const abroad = "ZZ" // no country: only international spellings are read
	switch {
	case strings.HasPrefix(text, "+"):
		return []spelling{{text, abroad}}
	case strings.HasPrefix(text, "00"):
		return []spelling{{"+" + text[2:], abroad}}
	case l == locale.RU:
		return []spelling{{text, "RU"}, {"+" + text, abroad}}
	default:
		return []spelling{{"+" + text, abroad}}
	}
}

// emailLongest is what SMTP carries (RFC 5321, 4.5.3.1.3), in bytes.
const emailLongest = 254

// EmailKey is the form of an address that decides whether two are the same.
func EmailKey(address string) string { return strings.ToLower(address) }

// Email reads an address. Faults: InvalidInput at the field.
func Email(text string, field ...string) (string, error) {
	if len(text) > 2*emailLongest { // before any work on it
		return "", fault.Invalid(fault.Malformed, field...)
	}
	text = norm.NFC.String(strings.TrimSpace(text))
	if text == "" {
		return "", fault.Invalid(fault.Required, field...)
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || len(text) > emailLongest || strings.ContainsFunc(text, notInEmail) {
		return "", fault.Invalid(fault.Malformed, field...)
	}
	_, domain, _ := strings.Cut(text, "@")
	if !strings.Contains(strings.Trim(domain, "."), ".") || strings.HasSuffix(domain, ".") {
		return "", fault.Invalid(fault.Malformed, field...)
	}
	return text, nil
}

// notInEmail are blanks, what cannot be seen, and the signs of spellings that nobody's address needs: quotes, comments,
// addresses of machines.
func notInEmail(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("\"([\ufffd", r)
}

// login is what a person typed to log in, read as what it may be. A number of twelve digits can be a WMID and a phone.
type login struct{ wmid, phone, email string }

func readLogin(text string, l locale.Locale) login {
	text = strings.TrimSpace(text)
	var read login
	if strings.Contains(text, "@") {
		if address, err := Email(text); err == nil {
			read.email = EmailKey(address)
		}
		return read
	}
	if digits := strings.ReplaceAll(text, " ", ""); number.ValidWMID(digits) {
		read.wmid = digits
	}
	if phone, err := Phone(text, l); err == nil {
		read.phone = phone
	}
	return read
}
