package notifications

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"purser/internal/postgres"
	"purser/models"
)

// targetLocks is the class of the advisory locks on targets, by the beginning of their MACs.
const targetLocks = 7_067_003

// dead are devices whose session has ended.
const dead = `NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = push_devices.session_id AND s.revoked_at IS NULL AND s.expires_at > ?)`

// liveDevices are an account's whose sessions stand, newest first.
func liveDevices(orm *gorm.DB, account uuid.UUID, now time.Time) (rows []models.PushDevice, err error) {
	err = orm.Where("account_id = ? AND NOT "+dead, account, now).Order("created_at DESC, id").Limit(mostDevices).Find(&rows).Error
	return rows, wrap("devices", err)
}

func liveDevice(ctx context.Context, db *postgres.DB, id uuid.UUID) (row models.PushDevice, found bool, err error) {
	var rows []models.PushDevice
	err = db.GORM(ctx).Where("id = ? AND NOT "+dead, id, db.Now()).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return row, false, wrap("device", err)
	}
	return rows[0], true, nil
}

func ownerOf(ctx context.Context, db *postgres.DB, id uuid.UUID) (owner uuid.UUID, found bool, err error) {
	var owners []uuid.UUID
	err = db.GORM(ctx).Raw(`SELECT account_id FROM push_devices WHERE id = ?`, id).Scan(&owners).Error
	if err != nil || len(owners) == 0 {
		return owner, false, wrap("owner", err)
	}
	return owners[0], true, nil
}

// lockTarget lets one registration of a target after the other go on. It comes before all other locks.
func lockTarget(tx *postgres.Tx, mac []byte) error {
	return wrap("lock target", tx.GORM().Exec(`SELECT pg_advisory_xact_lock(?, ?)`, targetLocks, int32(binary.BigEndian.Uint32(mac))).Error)
}

// ownerOfTarget says whose a target is.
func ownerOfTarget(tx *postgres.Tx, mac []byte) (owner uuid.UUID, found bool, err error) {
	var owners []uuid.UUID
	err = tx.GORM().Raw(`SELECT account_id FROM push_devices WHERE target_mac = ?`, mac).Scan(&owners).Error
	if err != nil || len(owners) == 0 {
		return owner, false, wrap("owner of target", err)
	}
	return owners[0], true, nil
}

func deviceByTarget(tx *postgres.Tx, mac []byte) (row models.PushDevice, found bool, err error) {
	var rows []models.PushDevice
	err = tx.GORM().Where("target_mac = ?", mac).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return row, false, wrap("target", err)
	}
	return rows[0], true, nil
}

func countDevices(tx *postgres.Tx, account uuid.UUID) (count int, err error) {
	err = tx.GORM().Raw(`SELECT count(*) FROM push_devices WHERE account_id = ?`, account).Row().Scan(&count)
	return count, wrap("count", err)
}

func saveDevice(tx *postgres.Tx, row models.PushDevice) error {
	return wrap("save", tx.GORM().Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"session_id", "target_sealed", "name"}),
	}).Create(&row).Error)
}

func dropDevice(tx *postgres.Tx, account, id uuid.UUID) error {
	return wrap("remove", tx.GORM().Delete(&models.PushDevice{}, "account_id = ? AND id = ?", account, id).Error)
}

func dropDead(tx *postgres.Tx, account uuid.UUID) error {
	return wrap("dead", tx.GORM().Delete(&models.PushDevice{}, "account_id = ? AND "+dead, account, tx.Now).Error)
}

// seen is a device that was looked at.
type seen struct {
	ID        uuid.UUID `gorm:"column:id"`
	AccountID uuid.UUID `gorm:"column:account_id"`
	Dead      bool      `gorm:"column:dead"`
}

// devicesAfter are a part of all devices, in the order of their ids.
func devicesAfter(ctx context.Context, db *postgres.DB, after uuid.UUID, limit int) (rows []seen, err error) {
	err = db.GORM(ctx).Raw(`SELECT id, account_id, `+dead+` AS dead FROM (SELECT * FROM push_devices WHERE id > ? ORDER BY id LIMIT ?) AS push_devices ORDER BY id`,
		db.Now(), after, limit).Scan(&rows).Error
	return rows, wrap("dead", err)
}
