package factors

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"image/png"
	"strings"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

const (
	issuer      = "Purser"
	stepSeconds = 30
	skew        = 1 // steps that a phone's clock may be off, either way
	secretBytes = 20
	qrPixels    = 256

	backupCodes  = 10
	backupLength = 10 // of base32: 50 bits
)

// Enrolment is what an app is set up with. QR is a PNG of the address.
type Enrolment struct {
	Secret, URI string
	QR          []byte
}

// newEnrolment draws a secret; key is the secret as the library reads it.
func newEnrolment(wmid string) (e Enrolment, key string, err error) {
	k, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: wmid, SecretSize: secretBytes, Period: stepSeconds})
	if err != nil {
		return Enrolment{}, "", fmt.Errorf("factors: secret: %w", err)
	}
	picture, err := k.Image(qrPixels, qrPixels)
	if err != nil {
		return Enrolment{}, "", fmt.Errorf("factors: picture: %w", err)
	}
	var qr bytes.Buffer
	if err := png.Encode(&qr, picture); err != nil {
		return Enrolment{}, "", fmt.Errorf("factors: picture: %w", err)
	}
	return Enrolment{Secret: k.Secret(), URI: k.URL(), QR: qr.Bytes()}, k.Secret(), nil
}

// accepts says which codes are any.
type accepts struct{ app, backup bool }

// try judges a code and uses it up; the caller holds the factor's row.
func (s *Service) try(tx *postgres.Tx, f *models.TOTPFactor, code string, ok accepts) (refusal *fault.Fault, err error) {
	code = plain(code)
	if !isAppCode(code) && !isBackupCode(code) {
		return fault.Invalid(fault.Malformed, "code"), nil
	}
	if f.LockedUntil != nil && tx.Now.Before(*f.LockedUntil) {
		return fault.Limited(f.LockedUntil.Sub(tx.Now)), nil
	}
	right, err := s.use(tx, f, code, ok)
	if err != nil {
		return nil, err
	}
	if right {
		f.WrongInARow, f.LockedUntil = 0, nil
		return nil, saveFactor(tx, *f)
	}

	f.WrongInARow++
	left := Tries - f.WrongInARow%Tries
	if f.WrongInARow%Tries == 0 {
		until := tx.Now.Add(lockFor)
		if f.WrongInARow >= wrongInARow {
			until = tx.Now.Add(longLock)
		}
		f.LockedUntil, left = &until, 0
	}
	return fault.New(fault.CodeRejected, "code").With("Count", left).Knowing(fault.AttemptsFacts{Left: left}), saveFactor(tx, *f)
}

// use tells whether a code is right, and sees to it that it is not right again.
func (s *Service) use(tx *postgres.Tx, f *models.TOTPFactor, code string, ok accepts) (right bool, err error) {
	if isBackupCode(code) {
		if !ok.backup {
			return false, nil
		}
		used, err := useBackupCode(tx, f.AccountID, s.backupMAC(f.AccountID, code))
		if err != nil || !used {
			return false, err
		}
		return true, journal.Record(tx, journal.Entry{Account: f.AccountID, Kind: journal.BackupCodeUsed})
	}
	if !ok.app {
		return false, nil
	}
	key, err := s.box.Open(secret.Factors, f.SealedSecret, f.AccountID.String())
	if err != nil {
		return false, err
	}
	now := tx.Now.Unix() / stepSeconds
	for step := now - skew; step <= now+skew; step++ {
		want, err := hotp.GenerateCodeCustom(string(key), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix}) //nolint:gosec // after 1970
		if err != nil {
			return false, fmt.Errorf("factors: code: %w", err)
		}
		if secret.Equal([]byte(want), []byte(code)) && step > f.LastStep {
			f.LastStep, right = step, true
		}
	}
	return right, nil
}

// newBackupCodes replaces an account's backup codes, and returns them as they are shown.
func (s *Service) newBackupCodes(tx *postgres.Tx, account uuid.UUID) ([]string, error) {
	shown := make([]string, backupCodes)
	rows := make([]models.BackupCode, backupCodes)
	for i := range backupCodes {
		code := strings.ToLower(rand.Text()[:backupLength])
		shown[i] = code[:backupLength/2] + "-" + code[backupLength/2:]
		rows[i] = models.BackupCode{CodeMAC: s.backupMAC(account, code), AccountID: account, CreatedAt: tx.Now}
	}
	return shown, replaceBackupCodes(tx, account, rows)
}

func (s *Service) seal(account uuid.UUID, key string) []byte {
	return s.box.Seal(secret.Factors, []byte(key), account.String())
}

func (s *Service) backupMAC(account uuid.UUID, code string) []byte {
	return s.box.MAC(secret.Codes, "backup", account.String(), code)
}

// plain is a code without what people put between its parts. What is too long for any code is none.
func plain(code string) string {
	if len(code) > verification.CodeLongest {
		return ""
	}
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

func isAppCode(code string) bool {
	return len(code) == verification.CodeLength && strings.Trim(code, "0123456789") == ""
}

func isBackupCode(code string) bool {
	if len(code) != backupLength {
		return false
	}
	_, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(code))
	return err == nil
}
