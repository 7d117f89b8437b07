package sessions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/models"
)

var errNotTrusted = errors.New("sessions: not a trusted device of this account")

// knownAccount is an account as it was read, when, and which version of its row that was: the transaction that wrote it, never 0.
type knownAccount struct {
	models.Account
	Version int64     `gorm:"column:version"`
	ReadAt  time.Time `gorm:"-"`
}

const ofLiveSession = `FROM sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND a.status <> 'CLOSED'`

// accountOfLiveSession leaves it to its caller to say when that was.
func accountOfLiveSession(ctx context.Context, db *postgres.DB, id uuid.UUID) (known knownAccount, err error) {
	result := db.GORM(ctx).Raw(`SELECT a.*, a.xmin::text::bigint AS version `+ofLiveSession, id, db.Now()).Scan(&known)
	if result.Error == nil && result.RowsAffected == 0 {
		return known, fault.New(fault.Unauthenticated)
	}
	return known, wrap("authenticate", result.Error)
}

// versionOfLiveSession is which version of its account's row there is now.
func versionOfLiveSession(ctx context.Context, db *postgres.DB, id uuid.UUID) (version int64, err error) {
	err = db.Pool.QueryRow(ctx, `SELECT a.xmin::text::bigint `+ofLiveSession, id, db.Now()).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.New(fault.Unauthenticated)
	}
	return version, wrap("authenticate", err)
}

// liveSessions finds those of some sessions that stand, each with the time its newest access token ends.
func liveSessions(ctx context.Context, db *postgres.DB, ids []uuid.UUID) (map[uuid.UUID]time.Time, error) {
	rows, err := db.Pool.Query(ctx, `SELECT s.id, s.access_expires_at FROM sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.id = ANY($1) AND s.revoked_at IS NULL AND s.expires_at > $2 AND a.status <> 'CLOSED'`, postgres.UUIDs(ids), db.Now())
	if err != nil {
		return nil, wrap("live sessions", err)
	}
	live := make(map[uuid.UUID]time.Time, len(ids))
	var id uuid.UUID
	var until time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &until}, func() error { live[id] = until; return nil })
	return live, wrap("live sessions", err)
}

func sessionsWithDevices(ctx context.Context, db *postgres.DB, account uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]SessionOf, error) {
	var sessions []models.Session
	if err := db.GORM(ctx).Where("id IN ? AND account_id = ?", ids, account).Find(&sessions).Error; err != nil {
		return nil, wrap("sessions", err)
	}
	deviceIDs := make([]uuid.UUID, len(sessions))
	for i, session := range sessions {
		deviceIDs[i] = session.DeviceID
	}
	var devices []models.Device
	if err := db.GORM(ctx).Where("id IN ?", deviceIDs).Find(&devices).Error; err != nil {
		return nil, wrap("devices", err)
	}
	byID := make(map[uuid.UUID]models.Device, len(devices))
	for _, device := range devices {
		byID[device.ID] = device
	}
	found := make(map[uuid.UUID]SessionOf, len(sessions))
	for _, session := range sessions {
		found[session.ID] = SessionOf{Session: session, Device: byID[session.DeviceID]}
	}
	return found, nil
}

func insertDevice(tx *postgres.Tx, d models.Device) error {
	return wrap("device", tx.GORM().Create(&d).Error)
}

func trustedDevice(tx *postgres.Tx, account uuid.UUID, mac []byte) (models.Device, error) {
	var device models.Device
	err := tx.GORM().Take(&device, "trust_mac = ? AND account_id = ? AND trusted_until > ?", mac, account, tx.Now).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return device, errNotTrusted
	}
	return device, wrap("trusted device", err)
}

func insertSession(tx *postgres.Tx, s models.Session) error {
	return wrap("session", tx.GORM().Create(&s).Error)
}

func prolongSession(tx *postgres.Tx, s models.Session) error {
	return wrap("session", tx.GORM().Model(&s).Select("last_seen_at", "expires_at", "access_expires_at").Updates(s).Error)
}

// revokeSession ends a live session of an account, and tells whether there was one.
func revokeSession(tx *postgres.Tx, account, id uuid.UUID) (ended bool, err error) {
	result := tx.GORM().Model(&models.Session{}).
		Where("id = ? AND account_id = ? AND revoked_at IS NULL AND expires_at > ?", id, account, tx.Now).Update("revoked_at", tx.Now)
	return result.RowsAffected > 0, wrap("revoke", result.Error)
}

func accountOf(tx *postgres.Tx, id uuid.UUID) (models.Account, error) {
	var account models.Account
	err := tx.GORM().Take(&account, "id = ?", id).Error
	return account, wrap("account", err)
}

// lockAccount keeps the account, and which sessions it has, from changing until the commit.
func lockAccount(tx *postgres.Tx, id uuid.UUID) (models.Account, error) {
	var account models.Account
	err := tx.GORM().Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&account, "id = ?", id).Error
	return account, wrap("account", err)
}

func ownerOf(tx *postgres.Tx, s models.Session) (account models.Account, device models.Device, err error) {
	if account, err = accountOf(tx, s.AccountID); err == nil {
		err = wrap("device", tx.GORM().Take(&device, "id = ?", s.DeviceID).Error)
	}
	return account, device, err
}

// lockRefreshToken locks a token, then its session; ok is false for a token that never was.
func lockRefreshToken(tx *postgres.Tx, mac []byte) (row models.RefreshToken, session models.Session, ok bool, err error) {
	lock := clause.Locking{Strength: "UPDATE"}
	err = tx.GORM().Clauses(lock).Take(&row, "token_mac = ?", mac).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, session, false, nil
	}
	if err == nil {
		err = tx.GORM().Clauses(lock).Take(&session, "id = ?", row.SessionID).Error
	}
	return row, session, err == nil, wrap("refresh token", err)
}

// isUnused tells whether a token was given out and not used yet. It takes no lock: the caller holds the session's, without
// which no token of the session changes.
func isUnused(tx *postgres.Tx, mac []byte) (unused bool, err error) {
	err = tx.GORM().Raw(`SELECT EXISTS (SELECT 1 FROM refresh_tokens WHERE token_mac = ? AND used_at IS NULL)`, mac).Row().Scan(&unused)
	return unused, wrap("successor", err)
}

func useRefreshToken(tx *postgres.Tx, mac []byte) error {
	return wrap("refresh token", tx.GORM().Model(&models.RefreshToken{}).Where("token_mac = ?", mac).Update("used_at", tx.Now).Error)
}

func insertRefreshToken(tx *postgres.Tx, row models.RefreshToken) error {
	return wrap("refresh token", tx.GORM().Create(&row).Error)
}

func insertPendingLogIn(tx *postgres.Tx, p models.PendingLogIn) error {
	return wrap("pending log-in", tx.GORM().Create(&p).Error)
}

// lockAwaited locks the account whose log-in waits for a challenge. It is nobody's when none does: then taking what waits is refused.
func lockAwaited(tx *postgres.Tx, challengeID uuid.UUID) (account models.Account, err error) {
	err = tx.GORM().Raw(`SELECT a.* FROM pending_log_ins p JOIN accounts a ON a.id = p.account_id
WHERE p.challenge_id = ? FOR NO KEY UPDATE OF a`, challengeID).Scan(&account).Error
	return account, wrap("account", err)
}

// takePendingLogIn deletes and returns what a code was awaited for.
func takePendingLogIn(tx *postgres.Tx, challengeID uuid.UUID) (models.PendingLogIn, error) {
	var pending models.PendingLogIn
	result := tx.GORM().Raw(`DELETE FROM pending_log_ins WHERE challenge_id = ? RETURNING *`, challengeID).Scan(&pending)
	if result.Error == nil && result.RowsAffected == 0 {
		return pending, fault.New(fault.CodeExpired, "code")
	}
	return pending, wrap("pending log-in", result.Error)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("sessions: %s: %w", what, err)
	}
	return nil
}
