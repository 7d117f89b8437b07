package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// DerivedKey is the id of the data key that is made of the master key. It opens what was sealed before there were others.
const DerivedKey = "derived"

// keyIDLongest is in bytes: the id stands before everything that is sealed under it.
const keyIDLongest = 32

// DataKey is a key for personal data, of 32 bytes, with the name it has in the configuration and in the database.
type DataKey struct {
	ID  string
	Key []byte
}

// Ring holds the keys for personal data: all of them open, the newest seals. What is looked up has a key of its own, which stays.
type Ring struct {
	keys   map[string]cipher.AEAD
	checks map[string][]byte
	newest string
	lookup []byte
}

// NewRing makes a ring of a box's derived key and others, of which the last one seals; the derived one does when there are none.
func NewRing(box *Box, named ...DataKey) (*Ring, error) {
	r := &Ring{keys: map[string]cipher.AEAD{}, checks: map[string][]byte{}, lookup: box.key("lookup of personal data")}
	for _, k := range append([]DataKey{{DerivedKey, box.key("personal data at rest")}}, named...) {
		if k.ID == "" || len(k.ID) > keyIDLongest || len(k.Key) != 32 {
			return nil, fmt.Errorf("secret: the data key %q needs a name of 1 to %d bytes, and 32 bytes", k.ID, keyIDLongest)
		}
		if r.keys[k.ID] != nil {
			return nil, fmt.Errorf("secret: there are two data keys %q", k.ID)
		}
		block, err := aes.NewCipher(k.Key)
		if err != nil {
			return nil, fmt.Errorf("secret: data key: %w", err)
		}
		if r.keys[k.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("secret: data key: %w", err)
		}
		mac := hmac.New(sha256.New, k.Key)
		mac.Write([]byte("which key this is"))
		r.checks[k.ID], r.newest = mac.Sum(nil), k.ID
	}
	return r, nil
}

// Newest is the id of the key that seals.
func (r *Ring) Newest() string { return r.newest }

// Check tells two keys of one name apart, and says nothing of the key; nil for a key that is not here.
func (r *Ring) Check(id string) []byte { return r.checks[id] }

// Prefix is what everything begins with that is sealed under the newest key.
func (r *Ring) Prefix() []byte { return append([]byte{byte(len(r.newest))}, r.newest...) }

// Seal encrypts a value of a row. It can be opened only as the same column of the same row.
func (r *Ring) Seal(table, column, id string, plain []byte) []byte {
	prefix := r.Prefix()
	return r.keys[r.newest].Seal(prefix, nil, plain, place(table, column, id))
}

var errNotSealed = errors.New("secret: this was not sealed by us")

// Open is the inverse of Seal, under whichever key it was. It fails without that key, at another place, or for a changed byte.
func (r *Ring) Open(table, column, id string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, errNotSealed
	}
	end := 1 + int(sealed[0])
	key, ok := r.keys[string(sealed[1:end])]
	if !ok {
		return nil, fmt.Errorf("secret: the data key %q is missing", sealed[1:end])
	}
	plain, err := key.Open(nil, nil, sealed[end:], place(table, column, id))
	if err != nil {
		return nil, fmt.Errorf("secret: cannot open %s.%s: %w", table, column, err)
	}
	return plain, nil
}

// Lookup is the keyed hash by which a value is found without being read. It is the same for all rows, and under all data keys.
func (r *Ring) Lookup(kind, value string) []byte {
	mac := hmac.New(sha256.New, r.lookup)
	fmt.Fprintf(mac, "%d:%s%s", len(kind), kind, value)
	return mac.Sum(nil)
}

func place(table, column, id string) []byte {
	return []byte(strings.Join([]string{table, column, id}, "\x00"))
}
