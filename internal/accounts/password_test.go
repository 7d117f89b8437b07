package accounts_test

import (
	"context"
	"strings"
	"testing"

	"purser/internal/accounts"
	"purser/internal/fault"
)

func TestRow11PasswordsAreJudgedByLengthAlone(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"aB3$xyzw", "all lower case words", "  spaces count  ", "пароль-с-буквами", "日本語のパスワード", "🔑🔑🔑🔑🔒🔒🔒🔒", strings.Repeat("ab", 32), strings.Repeat("яб", 64), "tab\tand\nline",
	} {
		if err := accounts.CheckPassword(good, good, phone, "anna@example.com", "AnnaPetrova"); err != nil {
			t.Errorf("%q is refused: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"":                        "PASSWORD_TOO_WEAK too_short password",
		"aB3$xyz":                 "PASSWORD_TOO_WEAK too_short password",
		"ябвгдеж":                 "PASSWORD_TOO_WEAK too_short password",
		strings.Repeat("яб", 65):  "PASSWORD_TOO_WEAK too_long password",
		strings.Repeat("x1", 1e6): "PASSWORD_TOO_WEAK too_long password",
		"broken\xff\xfe!":         "PASSWORD_TOO_WEAK guessable password",
	} {
		wantFaults(t, accounts.CheckPassword(bad, bad), want)
	}
	wantFaults(t, accounts.CheckPassword("tall ships", "tall ship"), "PASSWORD_MISMATCH passwordConfirmation")
}

func TestRow12EasyPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	for _, easy := range []string{
		"password1", "PassWord", "passwordpassword", "qwertyuiop", "12345678", "0123456789", "11111111", "жжжжжжжж", "ЖжЖжЖжЖж", "purser2026", "Purser!!!", "webmoney1",
		"79001234567", "+79001234567", "Anna@Example.com", "annapetrova", "Anna Petrova", "iloveyou", "letmein1", "qwerty123", "abcd1234",
		"baseball1", "Trustno1", "1q2w3e4r5t", "!QAZ2wsx", "michelle", "corvette", "jonathan", "sunshine", "superman", "password123", "computer1",
		"Test1234", "adminadmin", "mypurser1", "abc12345", "football",
	} {
		wantFaults(t, accounts.CheckPassword(easy, easy, phone, "anna@example.com", "AnnaPetrova"), "PASSWORD_TOO_WEAK guessable password")
	}
}

func TestRow13PasswordsAreHashedWithArgon2id(t *testing.T) {
	t.Parallel()
	tail := strings.Repeat("long password ", 6)
	hash := hashed(t, tail+"A")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("hashed as %.40s", hash)
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(parts[4]) != 22 || len(parts[5]) != 43 { // base64 of 16 and 32 bytes
		t.Errorf("salt and key are %v", parts[4:])
	}
	if hashed(t, tail+"A") == hash {
		t.Error("two hashes of one password are the same: there is no salt")
	}
	for given, want := range map[string]bool{tail + "A": true, tail + "B": false, tail: false} { // nothing is cut off at 72 bytes
		if match, err := accounts.MatchesPassword(t.Context(), given, hash); err != nil || match != want {
			t.Errorf("…%q matches: %t, %v", given[len(given)-2:], match, err)
		}
	}
}

func TestRow12TheListOfCommonPasswordsIsWhole(t *testing.T) {
	t.Parallel()
	if n := accounts.CommonPasswords(); n < 10_000 {
		t.Errorf("the list has %d passwords", n)
	}
}

func TestOnePasswordIsWrittenInTwoWays(t *testing.T) {
	t.Parallel()
	composed, apart := "caf\u00e9 au lait", "cafe\u0301 au lait"
	if match, err := accounts.MatchesPassword(t.Context(), apart, hashed(t, composed)); err != nil || !match {
		t.Errorf("matches: %t, %v", match, err)
	}
}

func TestRow14AnOverlongPasswordIsNotHashed(t *testing.T) {
	t.Parallel()
	empty := hashed(t, "")
	// What is too long is compared as if it were empty: that shows, against a hash of nothing.
	for length, want := range map[int]bool{512: false, 513: true, 1 << 24: true} {
		if match, err := accounts.MatchesPassword(t.Context(), strings.Repeat("x", length), empty); err != nil || match != want {
			t.Errorf("%d bytes: taken for nothing: %t, %v", length, match, err)
		}
	}
}

func TestRow14HashingWaitsInLineOnlyForSoLong(t *testing.T) {
	t.Parallel()
	ctx, gone := context.WithCancel(t.Context())
	gone()
	_, err := accounts.HashPassword(ctx, "tall ships")
	wantFaults(t, err, "OVERLOADED")
	_, err = accounts.MatchesPassword(ctx, "tall ships", "$argon2id$")
	wantFault(t, err, fault.Overloaded)
}

func TestABrokenHashIsAnErrorAndNoMatch(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{"", "plain", "$2a$10$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=16,t=2,p=1$AAAA$AAAA"} {
		if match, err := accounts.MatchesPassword(t.Context(), "tall ships", hash); err == nil || match {
			t.Errorf("against %q: %t, %v", hash, match, err)
		}
	}
}

func hashed(t *testing.T, password string) string {
	t.Helper()
	hash, err := accounts.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
