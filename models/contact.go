package models

import (
	"time"

	"github.com/google/uuid"
)

// Block is an account whose transfers another does not take.
type Block struct {
	AccountID uuid.UUID `gorm:"column:account_id;primaryKey"`
	BlockedID uuid.UUID `gorm:"column:blocked_id;primaryKey"`
	CreatedAt time.Time `gorm:"column:created_at"`
}

// TableName is the table's.
func (Block) TableName() string { return "blocks" }

// Contact is somebody whom an account remembers under a name of its own.
type Contact struct {
	ID        uuid.UUID `gorm:"column:id;primaryKey"`
	AccountID uuid.UUID `gorm:"column:account_id"`
	ContactID uuid.UUID `gorm:"column:contact_id"`
	WalletID  *int64    `gorm:"column:wallet_id"` // the one that is remembered of the other's
	Name      string    `gorm:"column:name_sealed;serializer:sealed"`
	CreatedAt time.Time `gorm:"column:created_at"`
}

// TableName is the table's.
func (Contact) TableName() string { return "contacts" }
