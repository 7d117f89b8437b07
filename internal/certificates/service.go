// Package certificates owns how well people are known: their requests for a higher certificate, the documents they send for it, and
// what is decided. FORMAL is given at once to whoever has verified an e-mail address; INITIAL and PERSONAL are decided by an operator
// (package operators says which, and keeps the log).
package certificates

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/models"
)

const (
	reasonLongest   = 500
	lettersWorthFor = 7 * 24 * time.Hour // news of a decision
)

// Levels are all certificates, lowest first.
var Levels = []string{models.CertificateAlias, models.CertificateFormal, models.CertificateInitial, models.CertificatePersonal}

// needed are the kinds of documents that a level asks for.
var needed = map[string][]string{
	models.CertificateInitial:  {models.DocumentPassport},
	models.CertificatePersonal: {models.DocumentPassport, models.DocumentSelfie},
}

// Service is the room.
type Service struct {
	db           *postgres.DB
	box          *secret.Box
	verification *verification.Service
	messages     *delivery.Service
	hub          *events.Hub
	publicURL    string
}

// New makes the room. publicURL is where the signed addresses of documents begin.
func New(db *postgres.DB, box *secret.Box, v *verification.Service, messages *delivery.Service, hub *events.Hub, publicURL string) *Service {
	return &Service{db: db, box: box, verification: v, messages: messages, hub: hub, publicURL: publicURL}
}

// Ask requests a higher certificate with documents that were uploaded. FORMAL needs none and is approved at once. The others are
// for whoever has FORMAL, wait for an operator, and lock the documents to the request. One request waits at a time. It locks the
// account's row.
// Faults: InvalidInput for a level that is not higher, and for documents that are not there or not enough; StepOutOfOrder when
// something else comes first: the e-mail address for FORMAL, FORMAL for the others, the request that waits, or the closing of the account;
// AccountFrozen.
func (s *Service) Ask(ctx context.Context, viewer models.Account, level string, documents []uuid.UUID) (models.CertificateRequest, error) {
	request, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (r models.CertificateRequest, err error) {
		account, err := lockedAccount(tx, viewer.ID)
		if err != nil {
			return r, err
		}
		if refusal := mayAsk(account, level); refusal != nil {
			return r, refusal
		}
		pending, err := hasPending(tx, account.ID)
		if err != nil {
			return r, err
		}
		if pending {
			return r, fault.New(fault.StepOutOfOrder)
		}
		id, err := uuid.NewV7()
		if err != nil {
			return r, err
		}
		r = models.CertificateRequest{ID: id, AccountID: account.ID, Level: level, Status: models.CertificatePending, CreatedAt: tx.Now}
		if level == models.CertificateFormal {
			r.Status, r.DecidedAt = models.CertificateApproved, &tx.Now
			if err := setLevel(tx, account.ID, level); err != nil {
				return r, err
			}
			if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.CertificateIssued}); err != nil {
				return r, err
			}
		}
		if err := insertRequest(tx, r); err != nil {
			return r, err
		}
		if err := s.attach(tx, r, documents); err != nil {
			return r, err
		}
		return r, events.AppendTx(tx, events.Changed(account.ID))
	})
	if err == nil {
		s.hub.Publish(viewer.ID)
	}
	return request, err
}

func mayAsk(account models.Account, level string) *fault.Fault {
	has, wants := slices.Index(Levels, account.CertificateLevel), slices.Index(Levels, level)
	switch {
	case account.Status != models.AccountActive:
		return fault.New(fault.AccountFrozen)
	case account.ClosesAt != nil:
		return fault.New(fault.StepOutOfOrder).Because(fault.Closing)
	case wants <= has:
		return fault.Invalid(fault.OutOfRange, "level")
	case level == models.CertificateFormal && account.EmailVerifiedAt == nil:
		return fault.New(fault.StepOutOfOrder, "level")
	case level != models.CertificateFormal && account.CertificateLevel == models.CertificateAlias:
		return fault.New(fault.StepOutOfOrder, "level")
	}
	return nil
}

// attach gives the documents to the request: all of them must be the account's own and in no other request.
func (s *Service) attach(tx *postgres.Tx, r models.CertificateRequest, documents []uuid.UUID) error {
	slices.SortFunc(documents, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	documents = slices.Compact(documents)
	if len(documents) > looseMost {
		return fault.Invalid(fault.TooLarge, "documentIds")
	}
	kinds, err := attachDocuments(tx, r, documents)
	if err != nil {
		return err
	}
	if len(kinds) != len(documents) {
		return fault.Invalid(fault.Malformed, "documentIds")
	}
	for _, kind := range needed[r.Level] {
		if !slices.Contains(kinds, kind) {
			return fault.Invalid(fault.Required, "documentIds")
		}
	}
	return nil
}

// Latest is an account's newest request, nil when it has made none.
func (s *Service) Latest(ctx context.Context, account uuid.UUID) (*models.CertificateRequest, error) {
	return latestRequest(ctx, s.db, account)
}

// FindMany reads those of an account's own requests that are among some ids.
func (s *Service) FindMany(ctx context.Context, account uuid.UUID, ids []uuid.UUID) ([]models.CertificateRequest, error) {
	return requestsByID(ctx, s.db, account, ids)
}

// Waiting reads the requests that wait for an operator and came after a given one, oldest first.
func (s *Service) Waiting(ctx context.Context, after *uuid.UUID, limit int) ([]models.CertificateRequest, error) {
	return waitingRequests(ctx, s.db, after, limit)
}

// DocumentsOf reads what belongs to some requests, without the pictures, with one query.
func (s *Service) DocumentsOf(ctx context.Context, requests []uuid.UUID) (map[uuid.UUID][]models.Document, error) {
	return documentsOf(ctx, s.db, requests)
}

// Verdict is what an operator decides. Reason is for the person to read; a refusal needs one.
type Verdict struct {
	Request  uuid.UUID
	Operator uuid.UUID
	Approve  bool
	Reason   string
}

// Decide settles a request in the caller's transaction, and tells the person by event, log and letter: call Told after the commit.
// It locks the account's row, then the request's. A repeat of the same verdict does nothing.
// Faults: InvalidInput, StepOutOfOrder for a request that was decided otherwise or is not there, Forbidden for one's own.
func (s *Service) Decide(tx *postgres.Tx, v Verdict) (models.CertificateRequest, error) {
	reason, refusal := text.Clean(v.Reason, reasonLongest, "reason")
	if refusal != nil {
		return models.CertificateRequest{}, refusal
	}
	if v.Reason = reason; !v.Approve && v.Reason == "" {
		return models.CertificateRequest{}, fault.Invalid(fault.Required, "reason")
	}
	r, account, err := lockRequest(tx, v.Request)
	if err != nil {
		return r, err
	}
	status := models.CertificateRejected
	if v.Approve {
		status = models.CertificateApproved
	}
	switch {
	case account.ID == v.Operator:
		return r, fault.New(fault.Forbidden, "requestId")
	case r.Status == status && r.DecidedBy != nil && *r.DecidedBy == v.Operator:
		return r, nil
	case r.Status != models.CertificatePending:
		return r, fault.New(fault.StepOutOfOrder, "requestId")
	}
	r.Status, r.Reason, r.DecidedAt, r.DecidedBy = status, v.Reason, &tx.Now, &v.Operator
	if err := saveRequest(tx, r); err != nil {
		return r, err
	}
	kind := journal.CertificateRefused
	if v.Approve {
		kind = journal.CertificateIssued
		if err := setLevel(tx, account.ID, r.Level); err != nil {
			return r, err
		}
	}
	if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: kind, Unattended: true}); err != nil {
		return r, err
	}
	if err := s.tell(tx, account, r); err != nil {
		return r, err
	}
	return r, events.AppendTx(tx, events.Changed(account.ID))
}

// Told wakes the devices of the person whose request was decided.
func (s *Service) Told(r models.CertificateRequest) { s.hub.Publish(r.AccountID) }

// tell writes a letter to a verified address.
func (s *Service) tell(tx *postgres.Tx, account models.Account, r models.CertificateRequest) error {
	if account.Email == nil || account.EmailVerifiedAt == nil {
		return nil
	}
	template := "certificate_refused"
	if r.Status == models.CertificateApproved {
		template = "certificate_issued"
	}
	_, err := s.messages.Enqueue(tx, delivery.Letter{
		Channel: delivery.Email, To: *account.Email, Locale: locale.Locale(account.Locale), Template: template,
		Values:    map[string]any{"Name": account.FirstName, "Level": r.Level, "Reason": r.Reason},
		ExpiresAt: tx.Now.Add(lettersWorthFor),
	})
	return err
}
