package operators

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/certificates"
	"purser/internal/postgres"
	"purser/models"
)

// What the log calls these actions.
const (
	actionQueue  = "CERTIFICATE_QUEUE"
	actionReview = "CERTIFICATE_REVIEW"
)

// Waiting reads the requests for certificates that wait, oldest first. That an operator has looked is logged.
// Faults: Forbidden.
func (s *Service) Waiting(ctx context.Context, operator models.Account, after *uuid.UUID, limit int) ([]models.CertificateRequest, error) {
	if err := require(operator); err != nil {
		return nil, err
	}
	if err := s.record(ctx, operator, act{action: actionQueue}); err != nil {
		return nil, err
	}
	return s.rooms.Papers.Waiting(ctx, after, limit)
}

// Review decides a request for a certificate; the decision and its line in the log are one transaction. A repeat of the same
// verdict does nothing. Faults: Forbidden, also for one's own request; InvalidInput, StepOutOfOrder.
func (s *Service) Review(ctx context.Context, operator models.Account, v certificates.Verdict) (models.CertificateRequest, error) {
	if err := require(operator); err != nil {
		return models.CertificateRequest{}, err
	}
	v.Operator = operator.ID
	r, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.CertificateRequest, error) {
		r, err := s.rooms.Papers.Decide(tx, v)
		if err != nil {
			return r, err
		}
		return r, s.recordTx(tx, operator, act{actionReview, r.ID.String(), r.Status, r.Reason})
	})
	if err == nil {
		s.rooms.Papers.Told(r)
	}
	return r, err
}
