package exports

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/jobs"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// build makes an archive. Of many that try, on any servers, one has it in hand at a time; after one that died the next begins anew, under
// a number of its own, so that pieces never mix.
func (s *Service) build(ctx context.Context, id uuid.UUID) error {
	export, wait, err := s.claim(ctx, id)
	switch {
	case err != nil:
		return err
	case wait > 0:
		return jobs.Later(wait)
	case export == nil:
		return nil // made, or given up
	}
	owner, err := s.rooms.Accounts.Find(ctx, export.AccountID)
	if err == nil {
		if owner.Email == nil || owner.EmailVerifiedAt == nil { // it was closed, or has another address, meanwhile
			return s.giveUp(ctx, *export)
		}
		pieces := &pieces{ctx: ctx, s: s, export: *export}
		if err = s.writeArchive(ctx, pieces, owner); err == nil {
			err = s.finish(ctx, *export, owner, pieces)
		}
	}
	if err == nil || errors.Is(err, errLost) {
		return nil
	}
	if err := s.release(ctx, *export); err != nil {
		s.log.WarnContext(ctx, "an archive waits for its lease to end", "export", export.ID, "error", err)
	}
	return err
}

// claim takes an archive in hand, or says how long another has it; neither when there is nothing to do.
func (s *Service) claim(ctx context.Context, id uuid.UUID) (export *models.DataExport, wait time.Duration, err error) {
	export, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (*models.DataExport, error) {
		wait = 0 // of an attempt that Postgres undid
		row, err := lockExport(tx, id)
		if err != nil || row == nil || (row.Status != models.ExportQueued && row.Status != models.ExportRunning) {
			return nil, err
		}
		if row.ClaimedUntil != nil && tx.Now.Before(*row.ClaimedUntil) {
			wait = row.ClaimedUntil.Sub(tx.Now)
			return nil, nil //nolint:nilnil // it is not ours
		}
		if err := dropChunks(tx, []uuid.UUID{id}); err != nil {
			return nil, err
		}
		if row.Attempt >= attempts {
			row.Status, row.ClaimedUntil = models.ExportFailed, nil
			return nil, saveExport(tx, *row)
		}
		until := tx.Now.Add(lease)
		row.Status, row.ClaimedUntil = models.ExportRunning, &until
		row.Attempt++
		return row, saveExport(tx, *row)
	})
	return export, wait, err
}

// mine locks an archive that this attempt has in hand, and errLost says that it has not any more.
func mine(tx *postgres.Tx, export models.DataExport) (models.DataExport, error) {
	row, err := lockExport(tx, export.ID)
	switch {
	case err != nil:
		return export, err
	case row == nil || row.Status != models.ExportRunning || row.Attempt != export.Attempt:
		return export, errLost
	}
	return *row, nil
}

// release lets the next attempt begin at once.
func (s *Service) release(ctx context.Context, export models.DataExport) error {
	return s.settle(ctx, export, func(row *models.DataExport) { row.ClaimedUntil = nil })
}

func (s *Service) giveUp(ctx context.Context, export models.DataExport) error {
	return s.settle(ctx, export, func(row *models.DataExport) { row.Status, row.ClaimedUntil = models.ExportFailed, nil })
}

func (s *Service) settle(ctx context.Context, export models.DataExport, change func(*models.DataExport)) error {
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (bool, error) {
		row, err := mine(tx, export)
		if errors.Is(err, errLost) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		change(&row)
		return true, saveExport(tx, row)
	})
	return err
}

// finish makes an archive ready and sends its link, in one transaction.
func (s *Service) finish(ctx context.Context, export models.DataExport, owner models.Account, p *pieces) error {
	token := secret.NewToken()
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (bool, error) {
		row, err := mine(tx, export)
		if err != nil {
			return false, err
		}
		row.Status, row.ClaimedUntil, row.TokenMAC = models.ExportReady, nil, s.mac(token)
		row.Chunks, row.Bytes, row.ExpiresAt = p.n, p.bytes, tx.Now.Add(TTL)
		if err := saveExport(tx, row); err != nil {
			return false, err
		}
		_, err = s.rooms.Delivery.Enqueue(tx, delivery.Letter{
			Channel: delivery.Email, To: *owner.Email, Locale: locale.Locale(owner.Locale), Template: "data_export", ExpiresAt: row.ExpiresAt,
			Link: s.publicURL + "/data-export#token=" + token, Values: map[string]any{"Name": owner.FirstName, "Hours": int(TTL.Hours())},
		})
		if err != nil {
			return false, err
		}
		return true, events.AppendTx(tx, events.Changed(owner.ID))
	})
	if err == nil {
		s.rooms.Hub.Publish(owner.ID)
	}
	return err
}
