// Package money holds amounts of money as whole minor units of a currency, and the rules for reading, writing and
// charging them. It knows no wallets, no people and no database, and there is no floating point in it.
package money

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// Letter names a currency by the capital letter its wallets begin with: Z is WMZ (US dollars), E is WME (euros).
type Letter string

// MaxMinor is the largest amount one request may name, in minor units. It leaves room to add a fee, and to add ten
// thousand such amounts to a balance, without leaving an int64.
const MaxMinor int64 = 900_000_000_000_000

// Errors that Parse returns; callers turn them into INVALID_AMOUNT with the field they read.
var (
	ErrMalformed = errors.New("money: not a decimal number such as 12.50")
	ErrTooFine   = errors.New("money: more digits after the point than the currency has")
	ErrTooLarge  = errors.New("money: amount too large")
)

// Amount is a sum of money: minor units (cents) of one currency. It is signed, since a statement shows debits.
type Amount struct {
	Minor    int64
	Currency Currency
}

// Currency is one row of the currency table: how its amounts are written and what a transfer in it costs.
type Currency struct {
	Letter   Letter
	Code     string
	Exponent int
	Fee      FeeSchedule
}

// FeeSchedule is what a transfer costs: a rate in basis points (hundredths of a percent), with a floor and a ceiling
// in minor units.
type FeeSchedule struct {
	RateBasisPoints int64
	MinMinor        int64
	MaxMinor        int64
}

// Of is the fee for moving amountMinor (0 < amountMinor <= MaxMinor), in minor units: the rate rounded up to the minor
// unit, then held between the floor and the ceiling.
func (s FeeSchedule) Of(amountMinor int64) int64 {
	hi, lo := bits.Mul64(uint64(amountMinor), uint64(s.RateBasisPoints))
	quotient, remainder := bits.Div64(hi, lo, 10_000)
	if remainder > 0 {
		quotient++
	}
	return min(max(int64(quotient), s.MinMinor), s.MaxMinor)
}

// Parse reads a decimal string as minor units with at most exponent digits after the point. "12", "12.5" and "12.50"
// are welcome; a sign, an exponent, spaces, a bare point, or digits of another script are not. Zero parses.
func Parse(text string, exponent int) (int64, error) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if len(text) > 40 || whole == "" || (pointed && fraction == "") {
		return 0, ErrMalformed
	}
	if !digitsOnly(whole) || !digitsOnly(fraction) {
		return 0, ErrMalformed
	}
	if len(fraction) > exponent {
		return 0, ErrTooFine
	}

	var minor int64
	for _, digit := range whole + fraction + strings.Repeat("0", exponent-len(fraction)) {
		minor = minor*10 + int64(digit-'0')
		if minor > MaxMinor {
			return 0, ErrTooLarge
		}
	}
	return minor, nil
}

// Format writes minor units as a decimal string with exactly exponent digits after the point: "-12.50".
func Format(minor int64, exponent int) string {
	sign, magnitude := "", uint64(minor)
	if minor < 0 {
		sign, magnitude = "-", -magnitude
	}
	digits := fmt.Sprintf("%0*d", exponent+1, magnitude)
	if exponent == 0 {
		return sign + digits
	}
	point := len(digits) - exponent
	return sign + digits[:point] + "." + digits[point:]
}

// String is the amount as people read it: "12.50 WMZ".
func (a Amount) String() string {
	return Format(a.Minor, a.Currency.Exponent) + " " + a.Currency.Code
}

// Written is the amount as a language writes it: "1,234.50 WMZ" with a comma between thousands and a point before the fraction.
func (a Amount) Written(thousands, point string) string {
	sign, digits := "", a.Decimal()
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	first := (len(whole)-1)%3 + 1
	text := sign + whole[:first]
	for at := first; at < len(whole); at += 3 {
		text += thousands + whole[at:at+3]
	}
	if fraction != "" {
		text += point + fraction
	}
	return text + " " + a.Currency.Code
}

// Decimal is the amount as the API writes it: "12.50".
func (a Amount) Decimal() string { return Format(a.Minor, a.Currency.Exponent) }

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
