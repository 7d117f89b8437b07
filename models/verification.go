package models

import (
	"time"

	"github.com/google/uuid"
)

// Methods of a challenge that no message carries; its target is the account. A passkey answers both, and so does a backup code.
const (
	ChallengeTOTP    = "TOTP"    // an authenticator app has the code
	ChallengePasskey = "PASSKEY" // there is no app, and passkeys
)

// Challenge is a code that was sent, kept as a keyed hash. Message is what the code's letter says besides the code.
type Challenge struct {
	ID           uuid.UUID  `gorm:"column:id;primaryKey"`
	Purpose      string     `gorm:"column:purpose"`
	Method       string     `gorm:"column:method"`
	Target       string     `gorm:"column:target_sealed;serializer:sealed"`
	Locale       string     `gorm:"column:locale"`
	Message      []byte     `gorm:"column:message_sealed;serializer:sealed"`
	CodeMAC      []byte     `gorm:"column:code_mac"`
	AttemptsLeft int        `gorm:"column:attempts_left"`
	Sends        int        `gorm:"column:sends"`
	CreatedAt    time.Time  `gorm:"column:created_at"`
	ExpiresAt    time.Time  `gorm:"column:expires_at"`
	ResendAt     time.Time  `gorm:"column:resend_at"`
	UsedAt       *time.Time `gorm:"column:used_at"`
	MessageID    *uuid.UUID `gorm:"column:message_id"` // the newest message that carries a code of it
}

// IsSent tells whether the code comes by a message; else the target is the account, whose factors answer.
func (c Challenge) IsSent() bool { return c.Method != ChallengeTOTP && c.Method != ChallengePasskey }

// TableName is the table's.
func (Challenge) TableName() string { return "challenges" }

// States of a message.
const (
	MessageQueued    = "QUEUED"    // no gateway has taken it yet
	MessageSent      = "SENT"      // a gateway has taken it
	MessageAbandoned = "ABANDONED" // none did, and nobody tries any more
)

// Message is a message to a person; the text and the recipient are sealed.
type Message struct {
	ID           uuid.UUID  `gorm:"column:id;primaryKey"`
	Channel      string     `gorm:"column:channel"`
	Recipient    string     `gorm:"column:recipient_sealed;serializer:sealed"`
	RecipientMAC []byte     `gorm:"column:recipient_mac"`
	Sealed       []byte     `gorm:"column:sealed"`
	CreatedAt    time.Time  `gorm:"column:created_at"`
	State        string     `gorm:"column:state"`
	Attempts     int        `gorm:"column:attempts"`
	ClaimedUntil *time.Time `gorm:"column:claimed_until"` // until then one server is trying, and no other does
	ExpiresAt    time.Time  `gorm:"column:expires_at"`    // from then on it is worth nothing
	Gateway      string     `gorm:"column:gateway"`       // that took it
	LastError    string     `gorm:"column:last_error"`    // why it was not taken, in a word
	SentAt       *time.Time `gorm:"column:sent_at"`
}

// TableName is the table's.
func (Message) TableName() string { return "messages" }
