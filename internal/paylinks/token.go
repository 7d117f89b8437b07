package paylinks

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"purser/internal/money"
	"purser/internal/number"
	"purser/internal/secret"
)

// asked is what a token holds.
type asked struct {
	number    string
	minor     int64 // 0: the payer decides
	memo      string
	expiresAt time.Time
}

// A token is bytes: the layout's version, the expiry in seconds since 1970 (4), the wallet's letter (1) and digits as a number (5), the amount as a
// varint, the memo up to the signature, which is the first half of a keyed hash of all that stands before it.
const (
	layout     = 1
	headBytes  = 1 + 4 + 1 + 5
	signBytes  = 16
	tokenBytes = headBytes + binary.MaxVarintLen64 + memoLongest*utf8.UTFMax + signBytes
)

var encoding = base64.RawURLEncoding.Strict() // one token, one spelling

func (s *Service) sign(a asked) string {
	digits, _ := strconv.ParseUint(a.number[1:], 10, 64) // 12 of them: it was judged
	body := []byte{layout}
	body = binary.BigEndian.AppendUint32(body, uint32(a.expiresAt.Unix())) // good until 2106
	body = append(body, a.number[0], byte(digits>>32))
	body = binary.BigEndian.AppendUint32(body, uint32(digits))
	body = binary.AppendUvarint(body, uint64(a.minor))
	body = append(body, a.memo...)
	return encoding.EncodeToString(append(body, s.signature(body)...))
}

func (s *Service) signature(body []byte) []byte {
	return s.box.MAC(secret.PaymentLinks, string(body))[:signBytes]
}

// open takes a token apart; ours is false for whatever this house did not sign.
func (s *Service) open(token string) (a asked, ours bool) {
	if len(token) > encoding.EncodedLen(tokenBytes) {
		return a, false
	}
	all, err := encoding.DecodeString(token)
	if err != nil || len(all) <= headBytes+signBytes {
		return a, false
	}
	body, signature := all[:len(all)-signBytes], all[len(all)-signBytes:]
	if !secret.Equal(signature, s.signature(body)) || body[0] != layout {
		return a, false
	}
	minor, read := binary.Uvarint(body[headBytes:])
	digits := uint64(body[6])<<32 | uint64(binary.BigEndian.Uint32(body[7:]))
	a = asked{
		number: fmt.Sprintf("%c%012d", body[5], digits), memo: string(body[headBytes+max(read, 0):]), minor: int64(minor),
		expiresAt: time.Unix(int64(binary.BigEndian.Uint32(body[1:])), 0).UTC(),
	}
	return a, read > 0 && minor <= uint64(money.MaxMinor) && number.ValidWallet(a.number)
}
