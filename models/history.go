package models

import (
	"time"

	"github.com/google/uuid"
)

// Turnover is what the entries of a wallet in one month come to, in minor units. Incoming less Outgoing less Fees is their sum.
type Turnover struct {
	WalletID  int64     `gorm:"column:wallet_id;primaryKey"`
	Month     time.Time `gorm:"column:month;primaryKey"`
	Incoming  int64     `gorm:"column:incoming"`
	Outgoing  int64     `gorm:"column:outgoing"`
	Fees      int64     `gorm:"column:fees"`
	Movements int64     `gorm:"column:movements"`
}

// TableName is the table's.
func (Turnover) TableName() string { return "turnovers" }

// RefusedTransfer is an attempt to send that was refused. Recipient is what was typed, Amount is in minor units.
type RefusedTransfer struct {
	ID         uuid.UUID `gorm:"column:id;primaryKey"`
	AccountID  uuid.UUID `gorm:"column:account_id"`
	FromNumber string    `gorm:"column:from_number"`
	Recipient  string    `gorm:"column:recipient"`
	Amount     int64     `gorm:"column:amount"`
	Code       string    `gorm:"column:code"`
	RefusedAt  time.Time `gorm:"column:refused_at"`
}

// TableName is the table's.
func (RefusedTransfer) TableName() string { return "refused_transfers" }
