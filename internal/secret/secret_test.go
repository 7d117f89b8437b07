package secret_test

import (
	"bytes"
	"testing"

	"purser/internal/secret"
)

func TestSealedValuesOpenOnlyWhereTheyWereMade(t *testing.T) {
	t.Parallel()
	box := newBox(t, 'a')
	sealed := box.Seal(secret.Messages, []byte("your code is 123456"), "message-1")
	if bytes.Contains(sealed, []byte("123456")) {
		t.Fatal("the sealed value shows its content")
	}
	opened, err := box.Open(secret.Messages, sealed, "message-1")
	if err != nil || string(opened) != "your code is 123456" {
		t.Fatalf("Open = %q, %v", opened, err)
	}

	if _, err := box.Open(secret.Messages, sealed, "message-2"); err == nil {
		t.Error("opened in another context")
	}
	if _, err := box.Open(secret.SigningKeys, sealed, "message-1"); err == nil {
		t.Error("opened for another purpose")
	}
	if _, err := newBox(t, 'b').Open(secret.Messages, sealed, "message-1"); err == nil {
		t.Error("opened with another master key")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := box.Open(secret.Messages, sealed, "message-1"); err == nil {
		t.Error("opened after a change")
	}
}

func TestMACsDependOnPurposeAndOnTheBordersOfTheirParts(t *testing.T) {
	t.Parallel()
	box := newBox(t, 'a')
	base := box.MAC(secret.Codes, "ab", "c")
	if secret.Equal(base, box.MAC(secret.Codes, "a", "bc")) || secret.Equal(base, box.MAC(secret.Tokens, "ab", "c")) {
		t.Error("two different values have one MAC")
	}
	if !secret.Equal(base, box.MAC(secret.Codes, "ab", "c")) {
		t.Error("the same value has two MACs")
	}
}

func TestShortMasterKeysAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := secret.NewBox(make([]byte, 31)); err == nil {
		t.Error("31 bytes were accepted")
	}
}

func newBox(t *testing.T, fill byte) *secret.Box {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return box
}
