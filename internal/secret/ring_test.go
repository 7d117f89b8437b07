package secret_test

import (
	"bytes"
	"strings"
	"testing"

	"purser/internal/secret"
)

func ring(t *testing.T, master byte, named ...secret.DataKey) *secret.Ring {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{master}, 32))
	if err != nil {
		t.Fatal(err)
	}
	r, err := secret.NewRing(box, named...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func dataKey(id string, b byte) secret.DataKey {
	return secret.DataKey{ID: id, Key: bytes.Repeat([]byte{b}, 32)}
}

func TestASealedValueOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	r := ring(t, 1)
	sealed := r.Seal("accounts", "phone", "1", []byte("+79001234567"))
	if plain, err := r.Open("accounts", "phone", "1", sealed); err != nil || string(plain) != "+79001234567" {
		t.Fatalf("%s, %v", plain, err)
	}
	for what, place := range map[string][3]string{"table": {"x", "phone", "1"}, "column": {"accounts", "email", "1"}, "row": {"accounts", "phone", "2"}} {
		if _, err := r.Open(place[0], place[1], place[2], sealed); err == nil {
			t.Errorf("it opens in another %s", what)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := r.Open("accounts", "phone", "1", changed); err == nil {
			t.Errorf("it opens with byte %d changed", i)
		}
	}
	for _, bad := range [][]byte{nil, {}, {0}, {200, 1}, sealed[:len(sealed)-1], sealed[:9]} {
		if _, err := r.Open("accounts", "phone", "1", bad); err == nil {
			t.Errorf("%x opens", bad)
		}
	}
	if bytes.Equal(sealed, r.Seal("accounts", "phone", "1", []byte("+79001234567"))) {
		t.Error("equal values are sealed alike")
	}
}

func TestTheNewestKeySealsAndAllOpen(t *testing.T) {
	t.Parallel()
	old := ring(t, 1)
	before := old.Seal("t", "c", "1", []byte("x"))
	both := ring(t, 1, dataKey("a", 2), dataKey("b", 3))
	after := both.Seal("t", "c", "1", []byte("x"))
	if both.Newest() != "b" || !bytes.HasPrefix(after, both.Prefix()) || bytes.HasPrefix(before, both.Prefix()) {
		t.Errorf("sealed under %q", after[:3])
	}
	if plain, err := both.Open("t", "c", "1", before); err != nil || string(plain) != "x" {
		t.Errorf("the old key: %v", err)
	}
	if _, err := old.Open("t", "c", "1", after); err == nil || !strings.Contains(err.Error(), `"b" is missing`) {
		t.Errorf("without the key: %v", err)
	}
	if _, err := ring(t, 1, dataKey("b", 4)).Open("t", "c", "1", after); err == nil {
		t.Error("another key of that name opens it")
	}
	if !bytes.Equal(old.Lookup("phone", "x"), both.Lookup("phone", "x")) || bytes.Equal(both.Lookup("phone", "x"), both.Lookup("email", "x")) {
		t.Error("what is looked up hangs on the data key, or not on its kind")
	}
	if bytes.Equal(both.Lookup("phone", "x"), ring(t, 9).Lookup("phone", "x")) {
		t.Error("what is looked up needs no key")
	}
}

func TestKeysThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]secret.DataKey{
		{{ID: "", Key: make([]byte, 32)}}, {{ID: "a", Key: make([]byte, 31)}}, {{ID: "a"}}, {dataKey("a", 1), dataKey("a", 2)},
		{dataKey(secret.DerivedKey, 1)}, {dataKey(strings.Repeat("x", 33), 1)},
	} {
		if _, err := secret.NewRing(box, bad...); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
