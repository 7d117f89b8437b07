// Package number makes and checks the two numbers people copy by hand: the WMID (12 digits) and the wallet number (a
// currency letter and 12 digits). Both are random and end in an ISO 7064 MOD 11,10 check digit, which catches every
// single mistyped digit and nearly all swapped ones, so that a typing error is refused before anything is looked up.
package number

import (
	"crypto/rand"
	"math/big"

	"purser/internal/money"
)

const payloadDigits = 11

// NewWMID returns a random WMID. Uniqueness is the database's to decide: a caller draws again on a collision.
func NewWMID() string { return newDigits() }

// NewWallet returns a random wallet number of the currency.
func NewWallet(letter money.Letter) string { return string(letter) + newDigits() }

// ValidWMID tells whether text is twelve digits with a right check digit.
func ValidWMID(text string) bool {
	return len(text) == payloadDigits+1 && digitsOnly(text) && text[payloadDigits] == CheckDigit(text[:payloadDigits])
}

// ValidWallet tells whether text is a capital letter and twelve digits with a right check digit.
func ValidWallet(text string) bool {
	return len(text) == payloadDigits+2 && text[0] >= 'A' && text[0] <= 'Z' && ValidWMID(text[1:])
}

// CheckDigit is the ISO 7064 MOD 11,10 check digit of a string of ASCII digits (ISO/IEC 7064:2003, section 10, hybrid
// systems).
func CheckDigit(digits string) byte {
	product := 10
	for i := range len(digits) {
		sum := (product + int(digits[i]-'0')) % 10
		if sum == 0 {
			sum = 10
		}
		product = (sum * 2) % 11
	}
	return byte('0' + (11-product)%10)
}

func newDigits() string {
	digits := make([]byte, payloadDigits, payloadDigits+1)
	for i := range digits {
		n, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil {
			panic("number: the system has no randomness: " + err.Error()) // crypto/rand never fails on a working system
		}
		digits[i] = byte('0' + n.Int64())
	}
	return string(append(digits, CheckDigit(string(digits))))
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
