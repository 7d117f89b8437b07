// Package statements tells what has happened: turnovers by month, statements of wallets and receipts of transfers, as documents. It reads what the
// ledger has written, and never writes money.
package statements

import (
	"purser/internal/postgres"
	"purser/internal/wallets"
)

// Service is the room.
type Service struct {
	db      *postgres.DB
	wallets *wallets.Service
}

// New makes the room.
func New(db *postgres.DB, w *wallets.Service) *Service { return &Service{db: db, wallets: w} }
