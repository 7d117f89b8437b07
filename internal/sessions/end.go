package sessions

import (
	"github.com/google/uuid"

	"purser/internal/postgres"
)

// EndAll ends every session of an account in the caller's transaction: log-ins that wait for a code open nothing any more, and no device
// is trusted. Their tokens stop working, and their sockets are closed, within seconds.
func (s *Service) EndAll(tx *postgres.Tx, account uuid.UUID) error {
	return endAll(tx, account)
}
