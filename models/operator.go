package models

import (
	"time"

	"github.com/google/uuid"
)

// OperatorAction is a line of the operators' audit log. Subject is who or what it was done to: a WMID, a wallet's number, or an id.
type OperatorAction struct {
	ID         uuid.UUID `gorm:"column:id;primaryKey"`
	OperatorID uuid.UUID `gorm:"column:operator_id"`
	Action     string    `gorm:"column:action"`
	Subject    string    `gorm:"column:subject"`
	Details    string    `gorm:"column:details"`
	Reference  string    `gorm:"column:reference"` // why, in the operator's words
	RequestID  string    `gorm:"column:request_id"`
	CreatedAt  time.Time `gorm:"column:created_at"`
}

// TableName is the table's.
func (OperatorAction) TableName() string { return "operator_actions" }

// Values of OperatorRequest.Status.
const (
	OperatorRequestPending  = "PENDING"
	OperatorRequestApproved = "APPROVED"
	OperatorRequestRejected = "REJECTED"
	OperatorRequestExpired  = "EXPIRED"
)

// OperatorRequest is money that one operator asks to move and another must agree to. Kind is TransferIssue or TransferRedemption; the
// amount is in minor units.
type OperatorRequest struct {
	ID             uuid.UUID  `gorm:"column:id;primaryKey"`
	Kind           string     `gorm:"column:kind"`
	Status         string     `gorm:"column:status"`
	OperatorID     uuid.UUID  `gorm:"column:operator_id"`
	IdempotencyKey uuid.UUID  `gorm:"column:idempotency_key"`
	Fingerprint    []byte     `gorm:"column:fingerprint"`
	WalletNumber   string     `gorm:"column:wallet_number"`
	Currency       string     `gorm:"column:currency"`
	Amount         int64      `gorm:"column:amount"`
	Reference      string     `gorm:"column:reference"`
	CreatedAt      time.Time  `gorm:"column:created_at"`
	ExpiresAt      time.Time  `gorm:"column:expires_at"`
	DecidedBy      *uuid.UUID `gorm:"column:decided_by"`
	DecidedAt      *time.Time `gorm:"column:decided_at"`
	Reason         string     `gorm:"column:reason"`
}

// TableName is the table's.
func (OperatorRequest) TableName() string { return "operator_requests" }

// OperatorMove is money that an operator moved, or tried to move, alone. The amount is in minor units.
type OperatorMove struct {
	OperatorID     uuid.UUID `gorm:"column:operator_id;primaryKey"`
	IdempotencyKey uuid.UUID `gorm:"column:idempotency_key;primaryKey"`
	Currency       string    `gorm:"column:currency"`
	Amount         int64     `gorm:"column:amount"`
	MovedAt        time.Time `gorm:"column:moved_at"`
}

// TableName is the table's.
func (OperatorMove) TableName() string { return "operator_moves" }
