// Package secret turns the server's one master key into a key for each purpose, and does the few things the house does
// with keys: keyed hashes of codes and tokens, sealing of what must be stored and read back, and random tokens.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// TokenBytes is the entropy of a random token: 256 bits.
const TokenBytes = 32

// Purposes of keys. A value made for one purpose says nothing under another.
const (
	Codes         = "verification codes"
	Tokens        = "opaque tokens"
	RefreshTokens = "refresh token succession"
	Messages      = "messages at rest"
	Documents     = "documents at rest"
	Exports       = "data exports at rest"
	SigningKeys   = "signing keys at rest"
	Factors       = "second factors at rest"
	Passkeys      = "challenges for passkeys"
	PaymentLinks  = "addresses that ask for money"
)

// Box holds the master key. Its zero value is unusable; see NewBox.
type Box struct{ master []byte }

// NewBox makes a box of a master key of at least 32 bytes.
func NewBox(master []byte) (*Box, error) {
	if len(master) < 32 {
		return nil, errors.New("secret: the master key needs at least 32 bytes")
	}
	return &Box{master: append([]byte(nil), master...)}, nil
}

// MAC is the keyed SHA-256 of the parts, each with its length, so that ("ab","c") and ("a","bc") differ.
func (b *Box) MAC(purpose string, parts ...string) []byte {
	mac := hmac.New(sha256.New, b.key(purpose))
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return mac.Sum(nil)
}

// Equal compares two MACs in constant time.
func Equal(a, b []byte) bool { return hmac.Equal(a, b) }

// Seal encrypts and authenticates plaintext with AES-256-GCM; context (an id, say) must be given again to open it.
func (b *Box) Seal(purpose string, plaintext []byte, context string) []byte {
	return b.aead(purpose).Seal(nil, nil, plaintext, []byte(context))
}

// Open is the inverse of Seal. It fails for another key, another context or a changed byte.
func (b *Box) Open(purpose string, sealed []byte, context string) ([]byte, error) {
	plaintext, err := b.aead(purpose).Open(nil, nil, sealed, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("secret: cannot open what was sealed for %s: %w", purpose, err)
	}
	return plaintext, nil
}

// NewToken is a random URL-safe token of TokenBytes bytes.
func NewToken() string {
	raw := make([]byte, TokenBytes)
	rand.Read(raw) //nolint:errcheck // crypto/rand.Read never returns an error; it crashes the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Succeed is the token that follows a token: always the same one, so that two simultaneous refreshes of one client get
// one answer, and unguessable without the key.
func (b *Box) Succeed(token string) string {
	return base64.RawURLEncoding.EncodeToString(b.MAC(RefreshTokens, token))
}

func (b *Box) aead(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(b.key(purpose))
	if err != nil {
		panic(err) // a 32-byte key cannot be refused
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (b *Box) key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, b.master, nil, "purser: "+purpose, 32)
	if err != nil {
		panic(err) // 32 bytes cannot be too long for HKDF
	}
	return key
}
