// Package text judges what people type as free text: names, memos, answers. It trims, composes (NFC) and measures in
// characters, and refuses what cannot be shown or stored: control characters and broken UTF-8.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"purser/internal/fault"
)

// Clean returns the text as it is kept, or an InvalidInput at the field: too long (most characters), or malformed.
func Clean(value string, most int, field ...string) (string, *fault.Fault) {
	if len(value) > most*utf8.UTFMax*2 { // before any work on it
		return "", tooLong(most, field)
	}
	if !utf8.ValidString(value) {
		return "", fault.Invalid(fault.Malformed, field...)
	}
	value = norm.NFC.String(strings.TrimSpace(value))
	if strings.ContainsFunc(value, unprintable) {
		return "", fault.Invalid(fault.Malformed, field...)
	}
	if utf8.RuneCountInString(value) > most {
		return "", tooLong(most, field)
	}
	return value, nil
}

// Required is Clean for a text that must not be empty.
func Required(value string, most int, field ...string) (string, *fault.Fault) {
	clean, refusal := Clean(value, most, field...)
	if refusal == nil && !strings.ContainsFunc(clean, visible) {
		return "", fault.Invalid(fault.Required, field...)
	}
	return clean, refusal
}

// visible is what a person would call a character: a letter, a digit, a sign.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.M, r)
}

func tooLong(most int, field []string) *fault.Fault {
	return fault.Invalid(fault.TooLong, field...).With("Count", most)
}

// unprintable are controls, characters that are there and not seen, and the marks that turn the direction of the text around
// them: a name or a memo must not be blank to the eye, nor rewrite what stands next to it. The two joiners stay: scripts and
// emoji need them.
func unprintable(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case utf8.RuneError, '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return true
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) // the last two break the line
}
