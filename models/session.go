package models

import (
	"time"

	"github.com/google/uuid"
)

// SigningKey is an Ed25519 key that access tokens are signed with, from SignsFrom until RetiredAt. The seed is sealed.
type SigningKey struct {
	KID        string     `gorm:"column:kid;primaryKey"`
	PublicKey  []byte     `gorm:"column:public_key"`
	SealedSeed []byte     `gorm:"column:sealed_seed"`
	CreatedAt  time.Time  `gorm:"column:created_at"`
	RetiredAt  *time.Time `gorm:"column:retired_at"`
	SignsFrom  *time.Time `gorm:"column:signs_from"`
}

// TableName is the table's.
func (SigningKey) TableName() string { return "signing_keys" }

// Device is an app on a phone, a tablet or a computer. A trusted one needs no code to log in.
type Device struct {
	ID           uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID    uuid.UUID  `gorm:"column:account_id"`
	Name         string     `gorm:"column:name"`
	Platform     string     `gorm:"column:platform"`
	TrustMAC     []byte     `gorm:"column:trust_mac"`
	TrustedUntil *time.Time `gorm:"column:trusted_until"`
	CreatedAt    time.Time  `gorm:"column:created_at"`
}

// TableName is the table's.
func (Device) TableName() string { return "devices" }

// Session is one signed-in app. It ends at ExpiresAt, or when it is revoked. AccessExpiresAt is when its newest access token ends.
type Session struct {
	ID              uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID       uuid.UUID  `gorm:"column:account_id"`
	DeviceID        uuid.UUID  `gorm:"column:device_id"`
	CreatedAt       time.Time  `gorm:"column:created_at"`
	LastSeenAt      time.Time  `gorm:"column:last_seen_at"`
	ExpiresAt       time.Time  `gorm:"column:expires_at"`
	AccessExpiresAt time.Time  `gorm:"column:access_expires_at"`
	RevokedAt       *time.Time `gorm:"column:revoked_at"`
}

// TableName is the table's.
func (Session) TableName() string { return "sessions" }

// IsLive tells whether the session still stands at a time.
func (s Session) IsLive(now time.Time) bool { return s.RevokedAt == nil && now.Before(s.ExpiresAt) }

// RefreshToken is one link in a session's chain of refresh tokens. UsedAt is set when its successor was given out.
type RefreshToken struct {
	TokenMAC  []byte     `gorm:"column:token_mac;primaryKey"`
	SessionID uuid.UUID  `gorm:"column:session_id"`
	CreatedAt time.Time  `gorm:"column:created_at"`
	ExpiresAt time.Time  `gorm:"column:expires_at"`
	UsedAt    *time.Time `gorm:"column:used_at"`
}

// TableName is the table's.
func (RefreshToken) TableName() string { return "refresh_tokens" }

// PendingLogIn is a right password from a device that is not trusted: what to open when the code comes.
type PendingLogIn struct {
	ChallengeID uuid.UUID `gorm:"column:challenge_id;primaryKey"`
	AccountID   uuid.UUID `gorm:"column:account_id"`
	DeviceName  string    `gorm:"column:device_name"`
	Platform    string    `gorm:"column:platform"`
	CreatedAt   time.Time `gorm:"column:created_at"`
}

// TableName is the table's.
func (PendingLogIn) TableName() string { return "pending_log_ins" }
