// Package journal is the security log of an account: what happened to its sessions, its factors and its contacts, when, from which
// device and network. It is written in the transaction of what it tells of, is append-only, and holds no secret: neither codes nor
// tokens nor the values that changed.
package journal

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/internal/request"
	"purser/models"
)

// Kind says what happened. The API's SecurityEventKind has the same names.
type Kind string

// What can happen.
const (
	SignedIn                Kind = "SIGNED_IN"
	SignInFailed            Kind = "SIGN_IN_FAILED"
	SignedOut               Kind = "SIGNED_OUT"
	SessionEnded            Kind = "SESSION_ENDED"
	OtherSessionsEnded      Kind = "OTHER_SESSIONS_ENDED"
	TokenReused             Kind = "TOKEN_REUSED"
	PasswordChanged         Kind = "PASSWORD_CHANGED"
	PhoneChanged            Kind = "PHONE_CHANGED"
	EmailChanged            Kind = "EMAIL_CHANGED"
	EmailVerified           Kind = "EMAIL_VERIFIED"
	SecurityQuestionChanged Kind = "SECURITY_QUESTION_CHANGED"
	ProfileChanged          Kind = "PROFILE_CHANGED"
	PolicyChanged           Kind = "CONFIRMATION_POLICY_CHANGED"
	Frozen                  Kind = "FROZEN"
	Unfrozen                Kind = "UNFROZEN"
	ClosingBegun            Kind = "CLOSING_BEGUN"
	ClosingCancelled        Kind = "CLOSING_CANCELLED"
	Closed                  Kind = "CLOSED"
	TOTPEnabled             Kind = "TOTP_ENABLED"
	TOTPDisabled            Kind = "TOTP_DISABLED"
	BackupCodesRenewed      Kind = "BACKUP_CODES_RENEWED"
	BackupCodeUsed          Kind = "BACKUP_CODE_USED"
	PasskeyAdded            Kind = "PASSKEY_ADDED"
	PasskeyRemoved          Kind = "PASSKEY_REMOVED"
	PasskeyRefused          Kind = "PASSKEY_REFUSED"
	RecoveryStarted         Kind = "RECOVERY_STARTED"
	RecoveryCancelled       Kind = "RECOVERY_CANCELLED"
	Recovered               Kind = "RECOVERED"
	AgreementsAccepted      Kind = "AGREEMENTS_ACCEPTED"
	CertificateIssued       Kind = "CERTIFICATE_ISSUED"
	CertificateRefused      Kind = "CERTIFICATE_REFUSED"
	DataExportRequested     Kind = "DATA_EXPORT_REQUESTED"
	DataExportFetched       Kind = "DATA_EXPORT_FETCHED"
	FrozenByOperator        Kind = "FROZEN_BY_OPERATOR"
	UnfrozenByOperator      Kind = "UNFROZEN_BY_OPERATOR"
	EndedByOperator         Kind = "SESSIONS_ENDED_BY_OPERATOR"
)

// Entry is something that happened to an account. The session is the one that asks unless another is named. What an operator or the
// system itself did is unattended: it came from no device and no network of the account's.
type Entry struct {
	Account    uuid.UUID
	Kind       Kind
	Session    uuid.UUID
	Unattended bool
}

// Record writes an entry in the caller's transaction. For an account that does not exist it does the same work and writes nothing: an
// attempt on nobody takes as long as one on somebody.
func Record(tx *postgres.Tx, e Entry) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	info := request.Of(tx.Context())
	if e.Unattended {
		info = request.Info{ID: info.ID}
	}
	if e.Session == uuid.Nil {
		e.Session = info.Session
	}
	row := models.SecurityEvent{ID: id, AccountID: e.Account, Kind: string(e.Kind), Network: Network(info.IP), RequestID: info.ID, OccurredAt: tx.Now}
	if e.Session != uuid.Nil {
		row.SessionID = &e.Session
	}
	return insert(tx, row)
}

// Page is a part of an account's log, told by ids: what is older than Before and newer than After. It comes newest first; Oldest
// takes the Limit oldest ones of the span instead of the newest.
type Page struct {
	After, Before *uuid.UUID
	Limit         int
	Oldest        bool
}

// FindMany reads those of some entries that are an account's own, with one query.
func FindMany(ctx context.Context, db *postgres.DB, account uuid.UUID, ids []uuid.UUID) ([]models.SecurityEvent, error) {
	return byID(ctx, db, account, ids)
}

// List reads a part of an account's log.
func List(ctx context.Context, db *postgres.DB, account uuid.UUID, p Page) ([]models.SecurityEvent, error) {
	return list(ctx, db, account, p)
}

// Network is an address without what tells one household from its neighbours: the last byte of IPv4, all behind /48 of IPv6.
func Network(ip string) string {
	const v4Bits, v6Bits = 24, 48
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	address = address.Unmap().WithZone("")
	bits := v6Bits
	if address.Is4() {
		bits = v4Bits
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
