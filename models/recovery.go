package models

import (
	"time"

	"github.com/google/uuid"
)

// Kinds of recoveries.
const (
	RecoveryByPhone   = "PHONE"
	RecoveryLostPhone = "LOST_PHONE"
)

// Recovery is a way back in that was asked for. It has no account when nobody has the login. NewPhone, CancelMAC and ReadyAt belong to a
// lost phone: it can be completed from ReadyAt on, and taken back until then.
type Recovery struct {
	ID              uuid.UUID  `gorm:"column:id;primaryKey"`
	TokenMAC        []byte     `gorm:"column:token_mac"`
	Kind            string     `gorm:"column:kind"`
	AccountID       *uuid.UUID `gorm:"column:account_id"`
	ChallengeID     *uuid.UUID `gorm:"column:challenge_id"`
	PhoneVerifiedAt *time.Time `gorm:"column:phone_verified_at"`
	AnswersLeft     int        `gorm:"column:answers_left"`
	NewPhone        string     `gorm:"column:new_phone_sealed;serializer:sealed"`
	CancelMAC       []byte     `gorm:"column:cancel_mac"`
	ReadyAt         *time.Time `gorm:"column:ready_at"`
	CreatedAt       time.Time  `gorm:"column:created_at"`
	ExpiresAt       time.Time  `gorm:"column:expires_at"`
	EndedAt         *time.Time `gorm:"column:ended_at"`
}

// TableName is the table's.
func (Recovery) TableName() string { return "recoveries" }
