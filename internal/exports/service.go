// Package exports owns the copies of their own data that people ask for: a ZIP of JSON, which a job makes from what the other rooms
// know, keeps sealed in pieces, and announces by letter. Whoever has the letter's link fetches it, for two days; then it is deleted.
package exports

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/jobs"
	"purser/internal/journal"
	"purser/internal/notifications"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

const (
	// TTL is how long an archive can be fetched.
	TTL = 48 * time.Hour

	buildWithin = 24 * time.Hour   // or it has failed
	oneEvery    = 24 * time.Hour   // archives of one account
	triesPerDay = 3                // with those that failed
	lease       = time.Minute      // of an attempt; longer than a job may run
	attempts    = 5                // to make an archive
	atOnce      = 2                // archives that one server makes
	lookWindow  = 15 * time.Minute // of those who come with tokens
	looks       = 30               // from one address
	fetches     = 20               // of one archive, in a day
	sweepBatch  = 10               // archives that one transaction deletes: each has many pieces
)

const emailFirst = "export_email" // why nothing is made for an address that is not confirmed

// Rooms are those that the service works with.
type Rooms struct {
	Accounts      *accounts.Service
	Sessions      *sessions.Service
	Wallets       *wallets.Service
	Transfers     *transfers.Service
	Notifications *notifications.Service
	Verification  *verification.Service
	Delivery      *delivery.Service
	Hub           *events.Hub
}

// Service is the room.
type Service struct {
	db        *postgres.DB
	box       *secret.Box
	log       *slog.Logger
	rooms     Rooms
	publicURL string
}

// New makes the room. publicURL is where the links of its letters begin.
func New(db *postgres.DB, box *secret.Box, log *slog.Logger, r Rooms, publicURL string) *Service {
	return &Service{db: db, box: box, log: log, rooms: r, publicURL: strings.TrimSuffix(publicURL, "/")}
}

// job makes one archive.
type job struct {
	Export uuid.UUID `json:"export"`
}

// Kind is part of River's interface.
func (job) Kind() string { return "data_export" }

// Handle has a runner make archives.
func (s *Service) Handle(r *jobs.Runner) {
	jobs.Handle(r, atOnce, func(ctx context.Context, j job) error { return s.build(ctx, j.Export) })
}

// Request asks for an archive. While one is being made it returns that one. It locks the account's row.
// Faults: StepOutOfOrder while the e-mail address is not confirmed; RateLimited, within a day of the last.
func (s *Service) Request(ctx context.Context, account uuid.UUID) (models.DataExport, error) {
	export, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.DataExport, error) {
		owner, err := s.rooms.Accounts.Lock(tx, account)
		if err != nil {
			return models.DataExport{}, err
		}
		if owner.Email == nil || owner.EmailVerifiedAt == nil {
			return models.DataExport{}, fault.New(fault.StepOutOfOrder).Because(emailFirst)
		}
		last, err := lastExport(tx.GORM(), account)
		if err != nil {
			return models.DataExport{}, err
		}
		if last != nil {
			switch {
			case last.Status == models.ExportQueued || last.Status == models.ExportRunning:
				return *last, nil
			case last.Status != models.ExportFailed && tx.Now.Before(last.RequestedAt.Add(oneEvery)):
				return models.DataExport{}, fault.Limited(last.RequestedAt.Add(oneEvery).Sub(tx.Now))
			}
		}
		limit := verification.Limit{Name: "data exports", Subject: account.String(), Most: triesPerDay, Window: 24 * time.Hour}
		if err := s.rooms.Verification.Take(tx, limit); err != nil {
			return models.DataExport{}, err
		}
		export := models.DataExport{
			ID: uuid.New(), AccountID: account, Status: models.ExportQueued, RequestedAt: tx.Now, ExpiresAt: tx.Now.Add(buildWithin),
		}
		if err := insertExport(tx, export); err != nil {
			return models.DataExport{}, err
		}
		if err := jobs.InsertTx(tx, job{export.ID}); err != nil {
			return models.DataExport{}, err
		}
		if err := journal.Record(tx, journal.Entry{Account: account, Kind: journal.DataExportRequested}); err != nil {
			return models.DataExport{}, err
		}
		return export, events.AppendTx(tx, events.Changed(account))
	})
	if err == nil {
		s.rooms.Hub.Publish(account)
	}
	return export, err
}

// Latest is what an account asked for last, as it stands now; nil when it never has, or long ago.
func (s *Service) Latest(ctx context.Context, account uuid.UUID) (*models.DataExport, error) {
	last, err := lastExport(s.db.GORM(ctx), account)
	if last != nil && last.Status == models.ExportReady && !s.db.Now().Before(last.ExpiresAt) {
		last.Status = models.ExportExpired // which the next sweep writes down
	}
	return last, err
}

// Find finds the archive that a token is for, and writes in its owner's log that it is fetched. It uses nothing up: a download that broke
// off may be tried again. Faults: CodeExpired for a token that never was, or whose archive is not there any more; RateLimited.
func (s *Service) Find(ctx context.Context, token string) (models.DataExport, error) {
	limit := verification.Limit{Name: "data exports from", Subject: request.Of(ctx).IP, Most: looks, Window: lookWindow}
	if err := s.rooms.Verification.Spend(ctx, limit); err != nil {
		return models.DataExport{}, err
	}
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.DataExport, error) {
		export, err := exportByMAC(tx, s.mac(token))
		if err != nil {
			return export, err
		}
		if export.Status != models.ExportReady || !tx.Now.Before(export.ExpiresAt) {
			return export, errSpent()
		}
		limit := verification.Limit{Name: "fetches of an export", Subject: export.ID.String(), Most: fetches, Window: 24 * time.Hour}
		if err := s.rooms.Verification.Take(tx, limit); err != nil {
			return export, err
		}
		// No session did it: the link needs none. The log says from which network it came.
		return export, journal.Record(tx, journal.Entry{Account: export.AccountID, Kind: journal.DataExportFetched})
	})
}

func errSpent() error { return fault.New(fault.CodeExpired, "token") }

// Sweep deletes archives whose time is over, and gives up those that were not made within a day. Servers may do it side by side.
func (s *Service) Sweep(ctx context.Context) (ended int, err error) {
	for {
		batch, err := s.sweep(ctx)
		ended += batch
		if err != nil || batch < sweepBatch {
			return ended, err
		}
	}
}

func (s *Service) sweep(ctx context.Context) (ended int, err error) {
	rows, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) ([]models.DataExport, error) {
		rows, err := endExports(tx, sweepBatch)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		ids := make([]uuid.UUID, len(rows))
		for i, row := range rows {
			ids[i] = row.ID
		}
		return rows, dropChunks(tx, ids)
	})
	return len(rows), err
}

func (s *Service) mac(token string) []byte { return s.box.MAC(secret.Tokens, "data export", token) }

var errLost = errors.New("exports: another attempt has it")
