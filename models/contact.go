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
