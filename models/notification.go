package models

import (
	"time"

	"github.com/google/uuid"
)

// Values of Notice.Event and NotificationChoice.Event: what a person can be told of.
const (
	MoneyReceived  = "MONEY_RECEIVED"
	MoneyProtected = "MONEY_PROTECTED"
	MoneySent      = "MONEY_SENT"
	TransferEnded  = "TRANSFER_ENDED"
	NewSignIn      = "NEW_SIGN_IN"
	SecurityChange = "SECURITY_CHANGE"
)

// Values of PushDevice.Kind.
const (
	PushWeb  = "WEB_PUSH"
	PushAPNs = "APNS"
	PushFCM  = "FCM"
)

// Notice is something that a person is to be told of. Session is the one it came from, whose devices know it already.
type Notice struct {
	ID        uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID uuid.UUID  `gorm:"column:account_id"`
	Event     string     `gorm:"column:event"`
	Subject   string     `gorm:"column:subject"`
	SessionID *uuid.UUID `gorm:"column:session_id"`
	Lettered  bool       `gorm:"column:lettered"` // the letter has gone; the rest waits for the end of the quiet hours
	CreatedAt time.Time  `gorm:"column:created_at"`
	DueAt     time.Time  `gorm:"column:due_at"`
}

// TableName is the table's.
func (Notice) TableName() string { return "notices" }

// NotificationChoice is on which channels an account is told of an event: their names, with commas between them.
type NotificationChoice struct {
	AccountID uuid.UUID `gorm:"column:account_id;primaryKey"`
	Event     string    `gorm:"column:event;primaryKey"`
	Channels  string    `gorm:"column:channels"`
}

// TableName is the table's.
func (NotificationChoice) TableName() string { return "notification_choices" }

// QuietHours are the minutes of an account's day in which SMS and pushes about money wait.
type QuietHours struct {
	AccountID  uuid.UUID `gorm:"column:account_id;primaryKey"`
	FromMinute int       `gorm:"column:from_minute"`
	ToMinute   int       `gorm:"column:to_minute"`
	TimeZone   string    `gorm:"column:time_zone"`
}

// TableName is the table's.
func (QuietHours) TableName() string { return "quiet_hours" }

// PushDevice is where pushes go to, while its session stands.
type PushDevice struct {
	ID        uuid.UUID `gorm:"column:id;primaryKey"`
	AccountID uuid.UUID `gorm:"column:account_id"`
	SessionID uuid.UUID `gorm:"column:session_id"`
	Kind      string    `gorm:"column:kind"`
	Target    []byte    `gorm:"column:target_sealed;serializer:sealed"`
	TargetMAC []byte    `gorm:"column:target_mac"`
	Name      string    `gorm:"column:name"`
	CreatedAt time.Time `gorm:"column:created_at"`
}

// TableName is the table's.
func (PushDevice) TableName() string { return "push_devices" }
