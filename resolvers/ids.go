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
	kindDocument  = "Document"
	kindPasskey   = "Passkey"
	kindCeremony  = "PasskeyCeremony"
	kindContact   = "Contact"
	kindDevice    = "PushDevice"

	kindCertificateRequest = "CertificateRequest"
	kindSecurity           = "SecurityEvent"

	kindTransferCursor = "TransferCursor"
	kindEntryCursor    = "EntryCursor"
	kindEventCursor    = "EventCursor"
	kindReviewCursor   = "ReviewCursor"
	kindSecurityCursor = "SecurityCursor"
	kindRefusedCursor  = "RefusedCursor"
	kindContactCursor  = "ContactCursor"

	kindOperatorRequest = "OperatorRequest"
	kindRequestCursor   = "OperatorRequestCursor"
	kindLogCursor       = "OperatorLogCursor"
)

func globalID(kind string, key ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + strings.Join(key, ":")))
}

// TransferID is the id of a transfer as the API has it.
func TransferID(id uuid.UUID) string { return globalID(kindTransfer, id.String()) }

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

// A cursor says which list it is of, so that one of another list, or of another account's events, is refused and does not skip
// what it should not.

func transferCursorOf(id uuid.UUID) string { return globalID(kindTransferCursor, id.String()) }

func entryCursorOf(version int64) string {
	return globalID(kindEntryCursor, strconv.FormatInt(version, 10))
}

func eventCursorOf(account uuid.UUID, seq int64) string {
	return globalID(kindEventCursor, account.String(), strconv.FormatInt(seq, 10))
}

// readCursor reads a cursor of a list whose order is that of its ids; nil stays nil.
func readCursor(cursor *string, kind string) (*uuid.UUID, error) {
	if cursor == nil {
		return nil, nil //nolint:nilnil // no cursor is no mistake
	}
	if id := localUUID(*cursor, kind); id != uuid.Nil {
		return &id, nil
	}
	return nil, fault.New(fault.BadUserInput)
}

// readEntryCursor reads a cursor of a statement; nil reads as 0.
func readEntryCursor(cursor *string) (int64, error) {
	if cursor == nil {
		return 0, nil
	}
	key, _ := localKey(*cursor, kindEntryCursor)
	return readNumber(key)
}

// readEventCursor reads a cursor of an account's events; nil reads as 0.
func readEventCursor(account uuid.UUID, cursor *string) (int64, error) {
	if cursor == nil {
		return 0, nil
	}
	key, _ := localKey(*cursor, kindEventCursor)
	number, ok := strings.CutPrefix(key, account.String()+":")
	if !ok {
		return 0, fault.New(fault.BadUserInput)
	}
	return readNumber(number)
}

func readNumber(text string) (int64, error) {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 {
		return 0, fault.New(fault.BadUserInput)
	}
	return number, nil
}
