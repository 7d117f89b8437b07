package accounts

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

const (
	passwordShortest = 8
	passwordLongest  = 128
	hashWait         = 5 * time.Second
)

// hashing is argon2id with OWASP's second choice: 46 MiB, one pass. Each hash takes all that memory, so only a few run at
// a time; the others wait in line, and are told that the server is busy if that takes too long.
var (
	hashing = &argon2id.Params{Memory: 46 * 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	hashers = semaphore.NewWeighted(int64(2 * runtime.NumCPU()))
)

// HashPassword hashes a password or an answer as a PHC string, in the form NFC: devices write one letter in several ways.
// Faults: Overloaded.
func HashPassword(ctx context.Context, password string) (hash string, err error) {
	err = inTurn(ctx, func() error {
		hash, err = argon2id.CreateHash(norm.NFC.String(password), hashing)
		return err
	})
	return hash, err
}

// MatchesPassword compares in constant time. An over-long password is refused before it is hashed. Faults: Overloaded.
func MatchesPassword(ctx context.Context, password, hash string) (match bool, err error) {
	if len(password) > passwordLongest*utf8.UTFMax {
		password = ""
	}
	return matches(ctx, password, hash)
}

func matches(ctx context.Context, text, hash string) (match bool, err error) {
	err = inTurn(ctx, func() error {
		match, err = argon2id.ComparePasswordAndHash(norm.NFC.String(text), hash)
		return err
	})
	return match, err
}

// outdated tells whether a hash was made with less work than is done today.
func outdated(hash string) bool {
	p, _, _, err := argon2id.DecodeHash(hash)
	return err == nil && (p.Memory < hashing.Memory || p.Iterations < hashing.Iterations || p.KeyLength < hashing.KeyLength)
}

// Renew hashes a password that has just been right anew, if its hash was made with less work than is done today. A busy server leaves it
// to the next log-in.
func (s *Service) Renew(ctx context.Context, account models.Account, password string) error {
	if !outdated(account.PasswordHash) {
		return nil
	}
	hash, err := HashPassword(ctx, password)
	if fault.Is(err, fault.Overloaded) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		return struct{}{}, replaceHash(tx, account.ID, account.PasswordHash, hash)
	})
	return err
}

func inTurn(ctx context.Context, work func() error) error {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	if err := hashers.Acquire(ctx, 1); err != nil {
		return fault.New(fault.Overloaded).Knowing(fault.RetryFacts{After: time.Second})
	}
	defer hashers.Release(1)
	if err := work(); err != nil {
		return fmt.Errorf("accounts: password: %w", err)
	}
	return nil
}

// CheckPassword judges a new password: 8 to 128 characters, any of them, no common one and not the person's own data.
// Faults: PasswordMismatch at passwordConfirmation, PasswordTooWeak at password.
func CheckPassword(password, confirmation string, own ...string) error {
	if password != confirmation {
		return fault.New(fault.PasswordMismatch, "passwordConfirmation")
	}
	if !utf8.ValidString(password) {
		return fault.New(fault.PasswordTooWeak, "password").Because(fault.Guessable)
	}
	length := utf8.RuneCountInString(password)
	if length < passwordShortest {
		return fault.New(fault.PasswordTooWeak, "password").Because(fault.TooShort).With("Count", passwordShortest)
	}
	if length > passwordLongest {
		return fault.New(fault.PasswordTooWeak, "password").Because(fault.TooLong).With("Count", passwordLongest)
	}
	if guessable(password, own) {
		return fault.New(fault.PasswordTooWeak, "password").Because(fault.Guessable)
	}
	return nil
}

// easy are what the most common passwords are made of, and the words of this product.
var easy = []string{"password", "qwerty", "letmein", "iloveyou", "admin", "welcome", "football", "abc123", "abcd1234", "test1234", "purser", "webmoney"}

func guessable(password string, own []string) bool {
	lower := strings.ToLower(norm.NFC.String(password))
	first, _ := utf8.DecodeRuneInString(lower)
	if isCommon(lower) || strings.Trim(lower, string(first)) == "" || strings.Contains("01234567890123456789", lower) {
		return true
	}
	for _, word := range easy {
		// Such a word may be a part of a password, but not most of it.
		if rest := strings.ReplaceAll(lower, word, ""); rest != lower && utf8.RuneCountInString(rest) < 6 {
			return true
		}
	}
	for _, data := range own {
		if data != "" && bare(lower) == bare(data) {
			return true
		}
	}
	return false
}

// bare is what is left of a password or of a person's data when blanks and signs are taken away.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
