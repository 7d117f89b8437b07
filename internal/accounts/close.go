package accounts

import (
	"purser/internal/postgres"
	"purser/models"
)

// Erase closes an account that the caller has locked, and forgets what it can: how its owner is reached and how they prove who they are.
// The phone and the address can be registered anew; the WMID is never given again. Names and birth date stay when money has moved: others
// have them in their history, and the law wants to know who moved it. Links and recoveries that wait lead nowhere from now on, and whom it
// knew, and how it was told of things, is forgotten.
func (s *Service) Erase(tx *postgres.Tx, account models.Account, moved bool) (models.Account, error) {
	account.Status, account.ClosesAt = models.AccountClosed, nil
	account.Phone, account.PhoneMAC, account.Email, account.EmailMAC, account.EmailVerifiedAt = nil, nil, nil, nil, nil
	account.PasswordHash, account.SecurityQuestion, account.SecurityAnswerHash = "", "", ""
	if !moved {
		account.FirstName, account.MiddleName, account.LastName, account.BirthDate = "", "", "", nil
	}
	if err := saveErased(tx, account); err != nil {
		return models.Account{}, err
	}
	if err := forgetHabits(tx, account.ID); err != nil {
		return models.Account{}, err
	}
	return account, forgetLinks(tx, account.ID)
}
