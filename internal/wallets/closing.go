package wallets

import (
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/money"
	"purser/internal/postgres"
	"purser/models"
)

// Emptied locks an account's wallets in id order, as the ledger does, and returns those that are open. The caller has locked the account,
// so no other is opened meanwhile; until the commit no money comes in. Faults: WalletNotEmpty, for the first that holds money.
func (s *Service) Emptied(tx *postgres.Tx, account uuid.UUID) (open []models.Wallet, err error) {
	mine, _, err := lockWalletsOf(tx, account)
	if err != nil {
		return nil, err
	}
	for _, w := range mine {
		if w.Balance != 0 {
			currency, _ := s.Currency(w.Currency)
			return nil, fault.New(fault.WalletNotEmpty).With("Balance", money.Amount{Minor: w.Balance, Currency: currency})
		}
		if w.IsOpen() {
			open = append(open, w)
		}
	}
	return open, nil
}

// Shut keeps money from coming into an account's wallets, or lets it in again. It locks them in id order; the caller has locked the account.
func (s *Service) Shut(tx *postgres.Tx, account uuid.UUID, shut bool) error {
	if _, _, err := lockWalletsOf(tx, account); err != nil {
		return err
	}
	return shutWallets(tx, account, shut)
}

// CloseAll closes for good what Emptied has returned in the same transaction.
func (s *Service) CloseAll(tx *postgres.Tx, open []models.Wallet) error {
	ids := make([]int64, len(open))
	for i, w := range open {
		ids[i] = w.ID
	}
	return closeWallets(tx, ids)
}

// HaveMoved tells whether money has ever moved in an account's wallets, which Emptied has locked.
func (s *Service) HaveMoved(tx *postgres.Tx, account uuid.UUID) (bool, error) {
	return haveMoved(tx, account)
}
