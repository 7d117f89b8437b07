// Package contacts owns whom people know: those whom they pay, under names of their own, and those from whom they take no money. The ledger judges
// who may send, behind its locks; this room keeps the lists, and marks the wallets of those who are choosy. It moves no money.
package contacts

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// Most is how many one account blocks.
const Most = 200

// blocksPerHour bound how many accounts one looks for by blocking them: an answer tells whether a WMID is somebody's.
const blocksPerHour = 60

const tooMany = "too_many_blocked"

// Service is the room.
type Service struct {
	db           *postgres.DB
	accounts     *accounts.Service
	wallets      *wallets.Service
	verification *verification.Service
	hub          *events.Hub
}

// New makes the room.
func New(db *postgres.DB, a *accounts.Service, w *wallets.Service, v *verification.Service, hub *events.Hub) *Service {
	return &Service{db: db, accounts: a, wallets: w, verification: v, hub: hub}
}

// Blocked is somebody whose transfers are refused, and since when.
type Blocked struct {
	Account models.Account
	Since   time.Time
}

// Block has all transfers from an account refused from now on, with RecipientRefuses; also one that waits for its code. What is protected and on
// its way already arrives or goes back as before, and what is sent back for a payment comes in. Who is blocked is not told. It locks
// the account and its wallets: a transfer that the ledger has in hand comes before it. A repeat does nothing.
// Faults: InvalidWMID, RecipientNotFound, InvalidInput for oneself and beyond the most, RateLimited.
func (s *Service) Block(ctx context.Context, viewer uuid.UUID, wmid string) (Blocked, error) {
	limit := verification.Limit{Name: "blocks", Subject: viewer.String(), Most: blocksPerHour, Window: time.Hour}
	if err := s.verification.Spend(ctx, limit); err != nil {
		return Blocked{}, err
	}
	other, err := s.accounts.FindByWMID(ctx, wmid, "wmid")
	if err != nil {
		return Blocked{}, err
	}
	if other.ID == viewer {
		return Blocked{}, fault.Invalid(fault.Malformed, "wmid")
	}
	since, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (time.Time, error) {
		list, err := lockList(tx, viewer)
		if err != nil {
			return time.Time{}, err
		}
		if since, repeated := list[other.ID]; repeated {
			return since, nil
		}
		if len(list) >= Most {
			return time.Time{}, fault.Invalid(tooMany, "wmid").With("Count", Most)
		}
		if err := insertBlock(tx, models.Block{AccountID: viewer, BlockedID: other.ID, CreatedAt: tx.Now}); err != nil {
			return time.Time{}, err
		}
		if err := screenWallets(tx, viewer); err != nil {
			return time.Time{}, err
		}
		return tx.Now, events.AppendTx(tx, events.Changed(viewer))
	})
	if err != nil {
		return Blocked{}, err
	}
	s.hub.Publish(viewer)
	return Blocked{Account: other, Since: since}, nil
}

// Unblock takes transfers from an account again, a closed one's, too. A repeat does nothing. It locks as Block does. Faults: InvalidWMID.
func (s *Service) Unblock(ctx context.Context, viewer uuid.UUID, wmid string) error {
	other, err := blockedBy(ctx, s.db, viewer, wmid)
	if err != nil || other == uuid.Nil {
		return err
	}
	_, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		list, err := lockList(tx, viewer)
		if err != nil {
			return struct{}{}, err
		}
		if _, there := list[other]; !there {
			return struct{}{}, nil
		}
		if err := deleteBlock(tx, viewer, other); err != nil {
			return struct{}{}, err
		}
		if len(list) == 1 {
			if err := screenWallets(tx, viewer); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, events.AppendTx(tx, events.Changed(viewer))
	})
	if err == nil {
		s.hub.Publish(viewer)
	}
	return err
}

// List are those whom an account blocks, newest first: Most of them at most. Two queries.
func (s *Service) List(ctx context.Context, viewer uuid.UUID) ([]Blocked, error) {
	rows, err := blocksOf(ctx, s.db, viewer)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	people, err := peopleBlockedBy(ctx, s.db, viewer)
	if err != nil {
		return nil, err
	}
	list := make([]Blocked, len(rows))
	for i, row := range rows {
		list[i] = Blocked{Account: people[row.BlockedID], Since: row.CreatedAt}
	}
	return list, nil
}
