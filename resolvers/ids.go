package resolvers

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"purser/internal/fault"
)

// Kinds of things with a global id. The id is the kind and the thing's own key, wrapped so that nobody takes it apart.
const (
	kindAccount   = "Account"
	kindWallet    = "Wallet"
	kindEntry     = "Entry"
	kindTransfer  = "Transfer"
	kindSession   = "Session"
	kindChallenge = "Challenge"
	kindAgreement = "Agreement"
	kindEvent     = "Event"
	kindCursor    = "Cursor"
)

func globalID(kind string, key ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + strings.Join(key, ":")))
}

// localKey takes an id of ours apart; ok is false for any other string.
func localKey(id, kind string) (key string, ok bool) {
	plain, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(id) > 200 {
		return "", false
	}
	return strings.CutPrefix(string(plain), kind+":")
}

// localUUID is localKey for what is known by a UUID. An id of another kind, or no id at all, reads as the zero UUID, which
// nothing has: it is not found, like everything that is not the viewer's.
func localUUID(id, kind string) uuid.UUID {
	key, _ := localKey(id, kind)
	parsed, err := uuid.Parse(key)
	if err != nil {
		return uuid.Nil
	}
	return parsed
}

func uuidCursor(id uuid.UUID) string   { return globalID(kindCursor, id.String()) }
func numberCursor(number int64) string { return globalID(kindCursor, strconv.FormatInt(number, 10)) }

// readUUIDCursor reads a cursor that uuidCursor wrote; nil stays nil.
func readUUIDCursor(cursor *string) (*uuid.UUID, error) {
	if cursor == nil {
		return nil, nil //nolint:nilnil // no cursor is no mistake
	}
	if id := localUUID(*cursor, kindCursor); id != uuid.Nil {
		return &id, nil
	}
	return nil, fault.New(fault.BadUserInput)
}

// readNumberCursor reads a cursor that numberCursor wrote; nil reads as 0.
func readNumberCursor(cursor *string) (int64, error) {
	if cursor == nil {
		return 0, nil
	}
	key, _ := localKey(*cursor, kindCursor)
	number, err := strconv.ParseInt(key, 10, 64)
	if err != nil || number < 0 {
		return 0, fault.New(fault.BadUserInput)
	}
	return number, nil
}
