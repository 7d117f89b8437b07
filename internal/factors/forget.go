package factors

import (
	"github.com/google/uuid"

	"purser/internal/postgres"
)

// Forget deletes what an account that is closed had besides its password. A repeat does nothing.
func (s *Service) Forget(tx *postgres.Tx, account uuid.UUID) error {
	if err := forgetFactors(tx, account); err != nil {
		return err
	}
	return s.passkeys.Forget(tx, account)
}
