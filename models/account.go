// Package models holds the rows of the database as GORM reads and writes them: plain structs, one file per family of
// tables, and predicates that need nothing but the row. There are no hooks, no associations and no queries here.
package models

import (
	"time"

	"github.com/google/uuid"
)

// SystemAccountID owns the wallets that issue money, collect fees and hold protected transfers.
var SystemAccountID = uuid.MustParse("00000000-0000-7000-8000-000000000001")

// Values of Account.Role, Account.Status and Account.CertificateLevel.
const (
	RolePerson   = "PERSON"
	RoleOperator = "OPERATOR"
	RoleSystem   = "SYSTEM"

	AccountActive = "ACTIVE"
	AccountFrozen = "FROZEN"
	AccountClosed = "CLOSED"

	CertificateAlias    = "ALIAS"
	CertificateFormal   = "FORMAL"
	CertificateInitial  = "INITIAL"
	CertificatePersonal = "PERSONAL"
)

// Account is a person's account. How its owner is reached, and who that is, is sealed in the database. Phone and Email are null for the system's own account and for closed ones, and so may BirthDate be.
type Account struct {
	ID                 uuid.UUID  `gorm:"column:id;primaryKey"`
	WMID               string     `gorm:"column:wmid"`
	Role               string     `gorm:"column:role"`
	Status             string     `gorm:"column:status"`
	CertificateLevel   string     `gorm:"column:certificate_level"`
	Locale             string     `gorm:"column:locale"`
	Phone              *string    `gorm:"column:phone_sealed;serializer:sealed"`
	Email              *string    `gorm:"column:email_sealed;serializer:sealed"`
	PhoneMAC           []byte     `gorm:"column:phone_mac"` // what it is found by
	EmailMAC           []byte     `gorm:"column:email_mac"`
	EmailVerifiedAt    *time.Time `gorm:"column:email_verified_at"`
	FirstName          string     `gorm:"column:first_name_sealed;serializer:sealed"`
	MiddleName         string     `gorm:"column:middle_name_sealed;serializer:sealed"`
	LastName           string     `gorm:"column:last_name_sealed;serializer:sealed"`
	BirthDate          *time.Time `gorm:"column:birth_date_sealed;serializer:sealed"`
	PasswordHash       string     `gorm:"column:password_hash"`
	SecurityQuestion   string     `gorm:"column:security_question_sealed;serializer:sealed"`
	SecurityAnswerHash string     `gorm:"column:security_answer_hash"`
	CreatedAt          time.Time  `gorm:"column:created_at"`
	PasswordChangedAt  *time.Time `gorm:"column:password_changed_at"`  // null until the first change
	TransfersHeldUntil *time.Time `gorm:"column:transfers_held_until"` // after a recovery
	AcceptedTerms      int        `gorm:"column:accepted_terms"`       // newest version of TermsOfTransfer
	AcceptedData       int        `gorm:"column:accepted_data"`        // newest version of PersonalData
	ClosesAt           *time.Time `gorm:"column:closes_at"`            // while it is being closed
	OperatorFreeze     *string    `gorm:"column:operator_freeze"`      // FreezeAlone or FreezeBeside, while an operator keeps it frozen
	OperatorSince      *time.Time `gorm:"column:operator_since"`       // null for who was made an operator's
	IncomingPolicy     string     `gorm:"column:incoming_policy"`
}

// Values of Account.IncomingPolicy: from whom transfers are taken.
const (
	FromEveryone = "EVERYONE"
	FromContacts = "CONTACTS"
)

// Values of Account.OperatorFreeze: whether the owner, too, wants the account frozen, and so it stays when the operator's freeze ends.
const (
	FreezeAlone  = "ALONE"
	FreezeBeside = "BESIDE"
)

// IsFrozenByOperator tells whether the owner cannot unfreeze the account.
func (a Account) IsFrozenByOperator() bool { return a.OperatorFreeze != nil }

// WasOperatorAt tells whether an operator's account was one already at a time.
func (a Account) WasOperatorAt(at time.Time) bool {
	since := a.CreatedAt
	if a.OperatorSince != nil {
		since = *a.OperatorSince
	}
	return a.IsOperator() && !since.After(at)
}

// TableName is the table's.
func (Account) TableName() string { return "accounts" }

// IsOperator tells whether the account may use the operators' mutations.
func (a Account) IsOperator() bool { return a.Role == RoleOperator }

// TakesNothing tells whether nothing may come in any more: the account is closed, or is being closed.
func (a Account) TakesNothing() bool { return a.Status == AccountClosed || a.ClosesAt != nil }

// EmailVerification is a mail link that was sent. The token itself stands in the letter only.
type EmailVerification struct {
	TokenMAC  []byte     `gorm:"column:token_mac;primaryKey"`
	AccountID uuid.UUID  `gorm:"column:account_id"`
	EmailMAC  []byte     `gorm:"column:email_mac"`
	NewEmail  *string    `gorm:"column:new_email_sealed;serializer:sealed"` // the address that it brings; none for the account's own
	CreatedAt time.Time  `gorm:"column:created_at"`
	ExpiresAt time.Time  `gorm:"column:expires_at"`
	UsedAt    *time.Time `gorm:"column:used_at"`
}

// TableName is the table's.
func (EmailVerification) TableName() string { return "email_verifications" }

// Kinds of agreements.
const (
	TermsOfTransfer = "TERMS_OF_TRANSFER"
	PersonalData    = "PERSONAL_DATA"
)

// PhoneChange is a new phone that waits for two codes.
type PhoneChange struct {
	AccountID      uuid.UUID `gorm:"column:account_id;primaryKey"`
	NewPhone       string    `gorm:"column:new_phone_sealed;serializer:sealed"`
	OldChallengeID uuid.UUID `gorm:"column:old_challenge_id"`
	NewChallengeID uuid.UUID `gorm:"column:new_challenge_id"`
	CreatedAt      time.Time `gorm:"column:created_at"`
}

// TableName is the table's.
func (PhoneChange) TableName() string { return "phone_changes" }

// Thaw is a frozen account that waits for the code that unfreezes it.
type Thaw struct {
	AccountID   uuid.UUID `gorm:"column:account_id;primaryKey"`
	ChallengeID uuid.UUID `gorm:"column:challenge_id"`
}

// TableName is the table's.
func (Thaw) TableName() string { return "thaws" }

// Closing is an account whose closing waits for its code.
type Closing struct {
	AccountID   uuid.UUID `gorm:"column:account_id;primaryKey"`
	ChallengeID uuid.UUID `gorm:"column:challenge_id"`
}

// TableName is the table's.
func (Closing) TableName() string { return "closings" }

// Agreement is one version of a text that people accept.
type Agreement struct {
	Kind        string    `gorm:"column:kind;primaryKey"`
	Version     int       `gorm:"column:version;primaryKey"`
	TitleEN     string    `gorm:"column:title_en"`
	TitleRU     string    `gorm:"column:title_ru"`
	TextEN      string    `gorm:"column:text_en"`
	TextRU      string    `gorm:"column:text_ru"`
	PublishedAt time.Time `gorm:"column:published_at"`
}

// TableName is the table's.
func (Agreement) TableName() string { return "agreements" }

// AgreementAcceptance records who accepted what, when, and on which device; there is no session yet when one registers.
type AgreementAcceptance struct {
	AccountID  uuid.UUID `gorm:"column:account_id;primaryKey"`
	Kind       string    `gorm:"column:kind;primaryKey"`
	Version    int       `gorm:"column:version;primaryKey"`
	AcceptedAt time.Time `gorm:"column:accepted_at"`

	SessionID      *uuid.UUID `gorm:"column:session_id"`
	DeviceName     string     `gorm:"column:device_name"`
	DevicePlatform string     `gorm:"column:device_platform"`
}

// TableName is the table's.
func (AgreementAcceptance) TableName() string { return "agreement_acceptances" }

// Registration is a person on the way to an account. What is not known yet is empty.
type Registration struct {
	ID                 uuid.UUID  `gorm:"column:id;primaryKey"`
	TokenMAC           []byte     `gorm:"column:token_mac"`
	Phone              string     `gorm:"column:phone_sealed;serializer:sealed"`
	Locale             string     `gorm:"column:locale"`
	Email              string     `gorm:"column:email_sealed;serializer:sealed"`
	FirstName          string     `gorm:"column:first_name_sealed;serializer:sealed"`
	MiddleName         string     `gorm:"column:middle_name_sealed;serializer:sealed"`
	LastName           string     `gorm:"column:last_name_sealed;serializer:sealed"`
	BirthDate          *time.Time `gorm:"column:birth_date_sealed;serializer:sealed"`
	SecurityQuestion   string     `gorm:"column:security_question_sealed;serializer:sealed"`
	SecurityAnswerHash string     `gorm:"column:security_answer_hash"`
	ProfileSubmittedAt *time.Time `gorm:"column:profile_submitted_at"`
	ChallengeID        *uuid.UUID `gorm:"column:challenge_id"`
	PhoneVerifiedAt    *time.Time `gorm:"column:phone_verified_at"`
	AccountID          *uuid.UUID `gorm:"column:account_id"`
	CreatedAt          time.Time  `gorm:"column:created_at"`
	ExpiresAt          time.Time  `gorm:"column:expires_at"`
}

// TableName is the table's.
func (Registration) TableName() string { return "registrations" }
