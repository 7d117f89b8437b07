package accounts

import (
	"context"
	"time"
	"unicode/utf8"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

// blanks is how many bytes around an answer are read and do not count.
const blanks = 64

// MatchesAnswer compares the answer to an account's security question, as a person may have typed it. An account without an answer has
// none that matches. Faults: Overloaded.
func MatchesAnswer(ctx context.Context, account models.Account, answer string) (bool, error) {
	if account.SecurityAnswerHash == "" {
		return false, nil
	}
	if len(answer) > answerLongest*utf8.UTFMax+blanks {
		answer = ""
	}
	return matches(ctx, plainAnswer(answer), account.SecurityAnswerHash)
}

// CheckNewPassword judges a new password of an account, typed twice, in the fields newPassword and newPasswordConfirmation.
// Faults: PasswordMismatch, PasswordTooWeak.
func CheckNewPassword(account models.Account, password, confirmation string) error {
	own := []string{account.FirstName + account.LastName}
	for _, contact := range []*string{account.Phone, account.Email} {
		if contact != nil {
			own = append(own, *contact)
		}
	}
	err := CheckPassword(password, confirmation, own...)
	if err == nil {
		return nil
	}
	return fault.Elsewhere(err, map[string]string{"password": "newPassword", "passwordConfirmation": "newPasswordConfirmation"})
}

// Regained is what a recovery sets. Phone is empty when it stays.
type Regained struct {
	PasswordHash string
	Phone        string
	HeldUntil    time.Time // until then, transfers to others that need a code wait
}

// Regain gives an account that the caller has locked its new password, and its new phone. A hold that lasts longer stays.
// Faults: PhoneTaken.
func (s *Service) Regain(tx *postgres.Tx, account models.Account, r Regained) (models.Account, error) {
	account.PasswordHash = r.PasswordHash
	if r.Phone != "" {
		s.TakePhone(&account, r.Phone)
	}
	if account.TransfersHeldUntil == nil || account.TransfersHeldUntil.Before(r.HeldUntil) {
		account.TransfersHeldUntil = &r.HeldUntil
	}
	return account, saveRegained(tx, account)
}
