package models

import (
	"time"

	"github.com/google/uuid"
)

// Challenge is a code that was sent, kept as a keyed hash. Message is what the code's letter says besides the code.
type Challenge struct {
	ID           uuid.UUID  `gorm:"column:id;primaryKey"`
	Purpose      string     `gorm:"column:purpose"`
	Method       string     `gorm:"column:method"`
	Target       string     `gorm:"column:target"`
	Locale       string     `gorm:"column:locale"`
	Message      []byte     `gorm:"column:message;type:jsonb"`
	CodeMAC      []byte     `gorm:"column:code_mac"`
	AttemptsLeft int        `gorm:"column:attempts_left"`
	Sends        int        `gorm:"column:sends"`
	CreatedAt    time.Time  `gorm:"column:created_at"`
	ExpiresAt    time.Time  `gorm:"column:expires_at"`
	ResendAt     time.Time  `gorm:"column:resend_at"`
	UsedAt       *time.Time `gorm:"column:used_at"`
}

// TableName is the table's.
func (Challenge) TableName() string { return "challenges" }

// Message is a message to a person; the text is sealed.
type Message struct {
	ID        uuid.UUID `gorm:"column:id;primaryKey"`
	Channel   string    `gorm:"column:channel"`
	Recipient string    `gorm:"column:recipient"`
	Sealed    []byte    `gorm:"column:sealed"`
	CreatedAt time.Time `gorm:"column:created_at"`
}

// TableName is the table's.
func (Message) TableName() string { return "messages" }
