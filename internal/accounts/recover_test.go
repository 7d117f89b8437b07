package accounts_test

import (
	"strings"
	"testing"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/models"
)

func TestAnAnswerOfAnyLengthThatIsTakenIsFoundAgain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\u6d77", 200) // three bytes each, more than any password has
	hash, err := accounts.HashPassword(t.Context(), long)
	if err != nil {
		t.Fatal(err)
	}
	account := models.Account{SecurityAnswerHash: hash}
	for typed, want := range map[string]bool{
		long: true, "  " + long + " ": true, long[3:]: false, "": false, strings.Repeat("x", 1<<20): false, long + "\x00": false,
	} {
		if match, err := accounts.MatchesAnswer(t.Context(), account, typed); err != nil || match != want {
			t.Errorf("%.20q…: %t, %v", typed, match, err)
		}
	}
	if match, err := accounts.MatchesAnswer(t.Context(), models.Account{}, ""); err != nil || match {
		t.Errorf("no answer: %t, %v", match, err)
	}
}

func TestANewPasswordIsJudgedInItsOwnFields(t *testing.T) {
	t.Parallel()
	phone, email := "+79001234567", "anna@example.com"
	account := models.Account{Phone: &phone, Email: &email, FirstName: "Anna", LastName: "Petrova"}
	for typed, want := range map[[2]string]struct {
		code  fault.Code
		field string
	}{
		{"low clouds", "low cloud"}:              {fault.PasswordMismatch, "newPasswordConfirmation"},
		{"short", "short"}:                       {fault.PasswordTooWeak, "newPassword"},
		{"Anna Petrova", "Anna Petrova"}:         {fault.PasswordTooWeak, "newPassword"},
		{"7900 1234567", "7900 1234567"}:         {fault.PasswordTooWeak, "newPassword"},
		{"ANNA@example.com", "ANNA@example.com"}: {fault.PasswordTooWeak, "newPassword"},
	} {
		faults, _ := fault.All(accounts.CheckNewPassword(account, typed[0], typed[1]))
		if len(faults) != 1 || faults[0].Code != want.code || len(faults[0].Field) != 1 || faults[0].Field[0] != want.field {
			t.Errorf("%q: %v", typed[0], faults)
		}
	}
	if err := accounts.CheckNewPassword(account, "low clouds over the bay", "low clouds over the bay"); err != nil {
		t.Error(err)
	}
}
