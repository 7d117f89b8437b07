package models

import (
	"time"

	"github.com/google/uuid"
)

// TOTPFactor is a person's authenticator app; the secret it shares with us is sealed. It counts from ConfirmedAt on. LastStep is the
// newest 30 seconds, counted from 1970, whose code was used. Without a secret the row belongs to someone who has passkeys only: wrong
// codes are counted here in any case.
type TOTPFactor struct {
	AccountID    uuid.UUID  `gorm:"column:account_id;primaryKey"`
	SealedSecret []byte     `gorm:"column:sealed_secret"`
	CreatedAt    time.Time  `gorm:"column:created_at"`
	ConfirmedAt  *time.Time `gorm:"column:confirmed_at"`
	LastStep     int64      `gorm:"column:last_step"`
	WrongInARow  int        `gorm:"column:wrong_in_a_row"`
	LockedUntil  *time.Time `gorm:"column:locked_until"`
}

// HasSecret tells whether there is an app, or one that is being set up.
func (f TOTPFactor) HasSecret() bool { return len(f.SealedSecret) > 0 }

// TableName is the table's.
func (TOTPFactor) TableName() string { return "totp_factors" }

// BackupCode is a code for the day the app is lost, kept as a keyed hash. It works once.
type BackupCode struct {
	CodeMAC   []byte     `gorm:"column:code_mac;primaryKey"`
	AccountID uuid.UUID  `gorm:"column:account_id"`
	CreatedAt time.Time  `gorm:"column:created_at"`
	UsedAt    *time.Time `gorm:"column:used_at"`
}

// TableName is the table's.
func (BackupCode) TableName() string { return "backup_codes" }
