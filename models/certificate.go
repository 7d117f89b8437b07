package models

import (
	"time"

	"github.com/google/uuid"
)

// Values of CertificateRequest.Status and Document.Kind.
const (
	CertificatePending  = "PENDING"
	CertificateApproved = "APPROVED"
	CertificateRejected = "REJECTED"

	DocumentPassport = "PASSPORT"
	DocumentAddress  = "ADDRESS"
	DocumentSelfie   = "SELFIE"
)

// CertificateRequest is a wish for a higher certificate, and what became of it.
type CertificateRequest struct {
	ID        uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID uuid.UUID  `gorm:"column:account_id"`
	Level     string     `gorm:"column:level"`
	Status    string     `gorm:"column:status"`
	Reason    string     `gorm:"column:reason"`
	CreatedAt time.Time  `gorm:"column:created_at"`
	DecidedAt *time.Time `gorm:"column:decided_at"`
	DecidedBy *uuid.UUID `gorm:"column:decided_by"`
}

// TableName is the table's.
func (CertificateRequest) TableName() string { return "certificate_requests" }

// Document is a picture of a document. It belongs to a request once that is made.
type Document struct {
	ID          uuid.UUID  `gorm:"column:id;primaryKey"`
	AccountID   uuid.UUID  `gorm:"column:account_id"`
	RequestID   *uuid.UUID `gorm:"column:request_id"`
	Kind        string     `gorm:"column:kind"`
	ContentType string     `gorm:"column:content_type"`
	Bytes       int        `gorm:"column:bytes"`
	Sealed      []byte     `gorm:"column:sealed"`
	CreatedAt   time.Time  `gorm:"column:created_at"`
}

// TableName is the table's.
func (Document) TableName() string { return "documents" }
