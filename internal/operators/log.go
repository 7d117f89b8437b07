package operators

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/text"
	"purser/models"
)

// What the log calls what is looked at, and money that two operators move.
const (
	actionLog      = "LOG_READ"
	actionQueued   = "REQUEST_MADE"
	actionRequests = "REQUESTS_READ"
	actionApprove  = "REQUEST_APPROVAL"
	actionReject   = "REQUEST_REJECTED"
)

// act is something an operator does: what, to whom or what, what else there is to say about it, and why.
type act struct{ action, subject, details, reason string }

func (s *Service) record(ctx context.Context, operator models.Account, a act) error {
	return insertAction(ctx, s.db, s.line(ctx, operator, a))
}

func (s *Service) recordTx(tx *postgres.Tx, operator models.Account, a act) error {
	return insertActionTx(tx, s.line(tx.Context(), operator, a))
}

func (s *Service) line(ctx context.Context, operator models.Account, a act) models.OperatorAction {
	return models.OperatorAction{ID: uuid.New(), OperatorID: operator.ID, Action: a.action, Subject: a.subject, Details: a.details, Reference: a.reason,
		RequestID: request.Of(ctx).ID, CreatedAt: s.db.Now()}
}

// LogPage is a part of the log, newest first: what is older than a line, by an operator (a WMID), about a subject, and of a kind. What
// is empty is any.
type LogPage struct {
	Operator, Subject, Action string
	Before                    *LogPlace
	Limit                     int
}

// LogPlace is where a line stands in the log.
type LogPlace struct {
	At time.Time
	ID uuid.UUID
}

// LogLine is a line of the log, with its operator's WMID.
type LogLine struct {
	models.OperatorAction
	OperatorWMID string `gorm:"column:operator_wmid"`
}

const subjectLongest = 100

// Log reads a page of the operators' log. That it was read is logged before, with what was asked for. Faults: Forbidden, InvalidWMID, InvalidInput.
func (s *Service) Log(ctx context.Context, operator models.Account, p LogPage) ([]LogLine, error) {
	if err := require(operator); err != nil {
		return nil, err
	}
	if p.Operator != "" && !number.ValidWMID(p.Operator) {
		return nil, fault.New(fault.InvalidWMID, "operator")
	}
	subject, refusal := text.Clean(p.Subject, subjectLongest, "subject")
	if refusal != nil {
		return nil, refusal
	}
	p.Subject = subject
	if err := s.record(ctx, operator, act{actionLog, p.Subject, strings.TrimSpace(p.Operator + " " + p.Action), ""}); err != nil {
		return nil, err
	}
	return readLog(ctx, s.db, p)
}
