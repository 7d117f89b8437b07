package models

import (
	"time"

	"github.com/google/uuid"
)

// SecurityEvent is a line of an account's security log. Append-only. Network is where the request came from, without its last part.
type SecurityEvent struct {
	ID             uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID      uuid.UUID  `gorm:"column:account_id"`
	Kind           string     `gorm:"column:kind"`
	SessionID      *uuid.UUID `gorm:"column:session_id"`
	DeviceName     string     `gorm:"column:device_name"`
	DevicePlatform string     `gorm:"column:device_platform"`
	Network        string     `gorm:"column:network"`
	RequestID      string     `gorm:"column:request_id"`
	OccurredAt     time.Time  `gorm:"column:occurred_at"`
}

// TableName is the table's.
func (SecurityEvent) TableName() string { return "security_events" }
