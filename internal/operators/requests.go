package operators

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/money"
	"purser/internal/postgres"
	"purser/internal/text"
	"purser/models"
)

const (
	aloneFor       = 24 * time.Hour // what an operator moves alone is summed up over so long
	requestsLast   = 24 * time.Hour
	expireAtATime  = 500
	requestDecided = "request_decided"
	requestExpired = "request_expired"
	requesterGone  = "requester_gone"
)

// Limits is how much one operator moves alone in 24 hours, by currency in minor units. A currency that is not there has no limit; Guarded
// turns that round: nothing of it moves without a second operator.
type Limits struct {
	Alone   map[string]int64
	Free    map[string]bool // without a limit, although Guarded
	Guarded bool
}

// of is the limit of a currency, or ok is false when there is none.
func (l Limits) of(letter string) (minor int64, ok bool) {
	minor, ok = l.Alone[letter]
	return minor, ok || (l.Guarded && !l.Free[letter])
}

// ReadLimits makes limits of amounts as a person writes them, by currency; zero is no limit. guarded as in Limits.
func ReadLimits(amounts map[string]string, guarded bool, currency func(letter string) (money.Currency, bool)) (Limits, error) {
	l := Limits{Alone: map[string]int64{}, Free: map[string]bool{}, Guarded: guarded}
	for letter, amount := range amounts {
		c, known := currency(letter)
		if !known {
			return Limits{}, fmt.Errorf("SECOND_OPERATOR_ABOVE: there is no currency %q", letter)
		}
		minor, err := money.Parse(amount, c.Exponent)
		if err != nil {
			return Limits{}, fmt.Errorf("SECOND_OPERATOR_ABOVE: %q is no amount of %s", amount, letter)
		}
		if minor == 0 {
			l.Free[letter] = true
		} else {
			l.Alone[letter] = minor
		}
	}
	return l, nil
}

// Request is money that one operator asks to move, as operators see it.
type Request struct {
	models.OperatorRequest
	WMID        string `gorm:"column:wmid"` // of the wallet's owner
	AskedBy     string `gorm:"column:asked_by"`
	DecidedWMID string `gorm:"column:decided_wmid"`
}

// askAnother says how a posting that another operator must agree to stands, or nothing when it may go at once. What one operator moves is
// judged one after the other, on any number of servers: it locks the operator's account. Faults: IdempotencyKeyReused.
func (s *Service) askAnother(ctx context.Context, operator models.Account, p ledger.Posting, walletNumber string) (*Request, error) {
	t := p.Transfer
	alone, limited := s.limits.of(t.Currency)
	if !limited {
		return s.standing(ctx, t)
	}
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (asks bool, err error) {
		if _, err := s.rooms.Accounts.Lock(tx, operator.ID); err != nil {
			return false, err
		}
		dealtWith, sum, err := movedAlone(tx, t, tx.Now.Add(-aloneFor))
		if err != nil || dealtWith { // it is a repeat
			return false, err
		}
		if t.Amount <= alone-sum {
			return false, noteMove(tx, t)
		}
		id, err := uuid.NewV7()
		if err != nil {
			return false, err
		}
		request := models.OperatorRequest{
			ID: id, Kind: t.Kind, Status: models.OperatorRequestPending, OperatorID: operator.ID, IdempotencyKey: t.IdempotencyKey,
			Fingerprint: t.Fingerprint, WalletNumber: walletNumber, Currency: t.Currency, Amount: t.Amount, Reference: t.Memo,
			CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(requestsLast),
		}
		if err := insertRequest(tx, request); err != nil {
			return false, err
		}
		return true, s.recordTx(tx, operator, act{actionQueued, id.String(), t.Kind + " " + walletNumber, t.Memo})
	})
	if err != nil {
		return nil, err
	}
	return s.standing(ctx, t)
}

// standing finds the request that a posting repeats. Faults: IdempotencyKeyReused.
func (s *Service) standing(ctx context.Context, t models.Transfer) (*Request, error) {
	found, err := requestByKey(ctx, s.db, t.AccountID, t.IdempotencyKey)
	if err != nil || found == nil {
		return nil, err
	}
	if !bytes.Equal(found.Fingerprint, t.Fingerprint) {
		return nil, fault.New(fault.IdempotencyKeyReused, "idempotencyKey")
	}
	return found, nil
}

// Requests reads a page of the requests of a status, oldest first. That an operator has looked is logged before. Faults: Forbidden.
func (s *Service) Requests(ctx context.Context, operator models.Account, status string, after *uuid.UUID, limit int) ([]Request, error) {
	if err := require(operator); err != nil {
		return nil, err
	}
	if err := s.record(ctx, operator, act{action: actionRequests, subject: status}); err != nil {
		return nil, err
	}
	if _, err := s.ExpireDue(ctx); err != nil { // so that a list says what is
		return nil, err
	}
	return requestsOf(ctx, s.db, status, after, limit)
}

// Approve moves the money of another operator's request, as it would move now: wallets and balances are judged again. It locks the
// request while the ledger posts under the key of the request, so it moves once, however many approve; what the ledger refuses leaves the
// request as it was. A repeat by the same operator does nothing.
// Faults: Forbidden for one's own, for one's own wallet, and for who became an operator after it; InvalidInput for one that is not there;
// StepOutOfOrder when it is decided, has run out, or its maker is an operator no longer; and all of Redeem.
func (s *Service) Approve(ctx context.Context, operator models.Account, id uuid.UUID) (Request, error) {
	return s.decide(ctx, operator, id, act{action: actionApprove, subject: id.String()}, func(tx *postgres.Tx, r *models.OperatorRequest) error {
		if err := s.mayApprove(tx, operator.ID, *r); err != nil {
			return err
		}
		wallet, err := s.rooms.Wallets.Find(tx.Context(), r.WalletNumber)
		if err != nil {
			return err
		}
		if wallet.AccountID == operator.ID {
			return fault.New(fault.Forbidden).Because(own)
		}
		p, err := s.posting(tx.Context(), r.Kind, wallet, r.Amount)
		if err != nil {
			return err
		}
		p.Transfer.AccountID, p.Transfer.IdempotencyKey, p.Transfer.Memo, p.Transfer.Fingerprint = r.OperatorID, r.IdempotencyKey, r.Reference, r.Fingerprint
		if _, err := s.rooms.Ledger.Post(tx.Context(), p); err != nil {
			return fault.Elsewhere(err, nil)
		}
		r.Status = models.OperatorRequestApproved
		return nil
	})
}

// Reject refuses a request, with a reason; whoever made it may take it back so. A repeat by the same operator does nothing. It locks the request.
// Faults: Forbidden, InvalidInput, StepOutOfOrder.
func (s *Service) Reject(ctx context.Context, operator models.Account, id uuid.UUID, reason string) (Request, error) {
	if err := require(operator); err != nil {
		return Request{}, err
	}
	reason, refusal := text.Required(reason, reasonLongest, "reason")
	if refusal != nil {
		return Request{}, refusal
	}
	return s.decide(ctx, operator, id, act{action: actionReject, subject: id.String(), reason: reason}, func(_ *postgres.Tx, r *models.OperatorRequest) error {
		r.Status, r.Reason = models.OperatorRequestRejected, reason
		return nil
	})
}

// decide logs the attempt, locks a request that waits, and writes down what do makes of it.
func (s *Service) decide(ctx context.Context, operator models.Account, id uuid.UUID, a act, do func(*postgres.Tx, *models.OperatorRequest) error) (Request, error) {
	if err := require(operator); err != nil {
		return Request{}, err
	}
	if err := s.record(ctx, operator, a); err != nil {
		return Request{}, err
	}
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		r, found, err := lockRequest(tx, id)
		switch {
		case err != nil:
			return struct{}{}, err
		case !found:
			return struct{}{}, fault.Invalid(fault.Malformed, "requestId")
		case r.Status == models.OperatorRequestPending && !tx.Now.Before(r.ExpiresAt), r.Status == models.OperatorRequestExpired:
			return struct{}{}, fault.New(fault.StepOutOfOrder).Because(requestExpired)
		case r.Status != models.OperatorRequestPending && *r.DecidedBy == operator.ID && (r.Status == models.OperatorRequestApproved) == (a.action == actionApprove):
			return struct{}{}, nil // a repeat
		case r.Status != models.OperatorRequestPending:
			return struct{}{}, fault.New(fault.StepOutOfOrder).Because(requestDecided)
		}
		if err := do(tx, &r); err != nil {
			return struct{}{}, err
		}
		r.DecidedBy, r.DecidedAt = &operator.ID, &tx.Now
		return struct{}{}, saveRequest(tx, r)
	})
	if err != nil {
		return Request{}, err
	}
	return requestByID(ctx, s.db, id)
}

// mayApprove judges both operators as they are now, whatever their sessions remember.
func (s *Service) mayApprove(tx *postgres.Tx, operator uuid.UUID, r models.OperatorRequest) error {
	if r.OperatorID == operator {
		return fault.New(fault.Forbidden).Because(own)
	}
	both, err := s.rooms.Accounts.FindMany(tx.Context(), []uuid.UUID{operator, r.OperatorID})
	switch {
	case err != nil:
		return err
	case require(both[operator]) != nil:
		return fault.New(fault.Forbidden)
	case !both[operator].WasOperatorAt(r.CreatedAt):
		return fault.New(fault.Forbidden).Because(tooNew)
	case require(both[r.OperatorID]) != nil:
		return fault.New(fault.StepOutOfOrder).Because(requesterGone)
	}
	return nil
}

// ExpireDue ends a batch of the requests that nobody decided in time, and says how many.
func (s *Service) ExpireDue(ctx context.Context) (int, error) {
	return expireRequests(ctx, s.db, expireAtATime)
}
