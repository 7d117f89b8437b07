package models

import (
	"time"

	"github.com/google/uuid"
)

// Passkey is a key that a person's device holds; PublicKey (COSE) is our half. SignCount is the authenticator's counter as it was last
// seen; AAGUID names its model. BackupEligible never changes, BackedUp does. Transports are separated by commas.
type Passkey struct {
	ID             uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID      uuid.UUID  `gorm:"column:account_id"`
	CredentialID   []byte     `gorm:"column:credential_id"`
	PublicKey      []byte     `gorm:"column:public_key"`
	AAGUID         uuid.UUID  `gorm:"column:aaguid"`
	Transports     string     `gorm:"column:transports"`
	SignCount      int64      `gorm:"column:sign_count"`
	BackupEligible bool       `gorm:"column:backup_eligible"`
	BackedUp       bool       `gorm:"column:backed_up"`
	Name           string     `gorm:"column:name"`
	CreatedAt      time.Time  `gorm:"column:created_at"`
	LastUsedAt     *time.Time `gorm:"column:last_used_at"`
}

// TableName is the table's.
func (Passkey) TableName() string { return "passkeys" }

// Kinds of ceremonies.
const (
	CeremonyRegistration = "REGISTRATION"
	CeremonyLogIn        = "LOG_IN"
	CeremonyAssertion    = "ASSERTION"
)

// PasskeyCeremony is something that a device was asked to sign. It is used once, whatever comes of it. It has no account for a log-in.
// Subject is what an assertion is for.
type PasskeyCeremony struct {
	ID        uuid.UUID  `gorm:"column:id;primaryKey"`
	Kind      string     `gorm:"column:kind"`
	AccountID *uuid.UUID `gorm:"column:account_id"`
	Subject   string     `gorm:"column:subject"`
	Challenge []byte     `gorm:"column:challenge"`
	CreatedAt time.Time  `gorm:"column:created_at"`
	ExpiresAt time.Time  `gorm:"column:expires_at"`
	UsedAt    *time.Time `gorm:"column:used_at"`
}

// TableName is the table's.
func (PasskeyCeremony) TableName() string { return "passkey_ceremonies" }
