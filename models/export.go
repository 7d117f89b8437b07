package models

import (
	"time"

	"github.com/google/uuid"
)

// Values of DataExport.Status.
const (
	ExportQueued  = "QUEUED"
	ExportRunning = "RUNNING"
	ExportReady   = "READY"
	ExportFailed  = "FAILED"
	ExportExpired = "EXPIRED"
)

// DataExport is a copy of a person's data that was asked for. The token itself stands in the letter only.
type DataExport struct {
	ID           uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID    uuid.UUID  `gorm:"column:account_id"`
	Status       string     `gorm:"column:status"`
	Attempt      int        `gorm:"column:attempt"`
	ClaimedUntil *time.Time `gorm:"column:claimed_until"`
	TokenMAC     []byte     `gorm:"column:token_mac"`
	Chunks       int        `gorm:"column:chunks"`
	Bytes        int64      `gorm:"column:bytes"`
	RequestedAt  time.Time  `gorm:"column:requested_at"`
	ExpiresAt    time.Time  `gorm:"column:expires_at"`
}

// TableName is the table's.
func (DataExport) TableName() string { return "data_exports" }

// DataExportChunk is a piece of an archive, sealed.
type DataExportChunk struct {
	ExportID uuid.UUID `gorm:"column:export_id;primaryKey"`
	Attempt  int       `gorm:"column:attempt;primaryKey"`
	N        int       `gorm:"column:n;primaryKey"`
	Sealed   []byte    `gorm:"column:sealed"`
}

// TableName is the table's.
func (DataExportChunk) TableName() string { return "data_export_chunks" }
