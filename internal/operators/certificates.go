package operators

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/certificates"
	"purser/internal/postgres"
	"purser/internal/request"
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
	if err := insertAction(ctx, s.db, s.action(ctx, operator, actionQueue, "", "")); err != nil {
		return nil, err
	}
	return s.papers.Waiting(ctx, after, limit)
}

// Review decides a request for a certificate; the decision and its line in the log are one transaction. A repeat of the same
// verdict does nothing. Faults: Forbidden, also for one's own request; InvalidInput, StepOutOfOrder.
func (s *Service) Review(ctx context.Context, operator models.Account, v certificates.Verdict) (models.CertificateRequest, error) {
	if err := require(operator); err != nil {
		return models.CertificateRequest{}, err
	}
	v.Operator = operator.ID
	r, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.CertificateRequest, error) {
		r, err := s.papers.Decide(tx, v)
		if err != nil {
			return r, err
		}
		return r, insertActionTx(tx, s.action(tx.Context(), operator, actionReview, r.ID.String()+" "+r.Status, r.Reason))
	})
	if err == nil {
		s.papers.Told(r)
	}
	return r, err
}

func (s *Service) action(ctx context.Context, operator models.Account, action, subject, reference string) models.OperatorAction {
	return models.OperatorAction{ID: uuid.New(), OperatorID: operator.ID, Action: action, Subject: subject, Reference: reference,
		RequestID: request.Of(ctx).ID, CreatedAt: s.db.Now()}
}
