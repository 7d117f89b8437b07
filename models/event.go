package models

import (
	"time"

	"github.com/google/uuid"
)

// Values of Event.Kind.
const (
	EventTransferReceived = "TRANSFER_RECEIVED"
	EventTransferSent     = "TRANSFER_SENT"
	EventTransferUpdated  = "TRANSFER_UPDATED"
	EventWalletOpened     = "WALLET_OPENED"
	EventSessionOpened    = "SESSION_OPENED"
	EventAccountChanged   = "ACCOUNT_CHANGED"
)

// Event is one thing an account's devices must learn. Subject is the id of what it is about.
type Event struct {
	AccountID  uuid.UUID `gorm:"column:account_id;primaryKey"`
	Seq        int64     `gorm:"column:seq;primaryKey"`
	Kind       string    `gorm:"column:kind"`
	Subject    string    `gorm:"column:subject"`
	OccurredAt time.Time `gorm:"column:occurred_at"`
}

// TableName is the table's.
func (Event) TableName() string { return "events" }
