package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"purser/internal/postgres"
	"purser/models"
)

var errDone = errors.New("delivery: nothing is left to do for this message")

// recipientLookup is what the inbox looks messages up by.
const recipientLookup = "recipient"

func insertMessage(tx *postgres.Tx, m models.Message) error {
	if err := tx.GORM().Create(&m).Error; err != nil {
		return fmt.Errorf("delivery: enqueue: %w", err)
	}
	return nil
}

func newestMessages(ctx context.Context, db *postgres.DB, to string, limit int) ([]models.Message, error) {
	query := db.GORM(ctx).Order("id DESC").Limit(limit)
	if to != "" {
		query = query.Where("recipient_mac = ?", db.Lookup(recipientLookup, to))
	}
	var rows []models.Message
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("delivery: inbox: %w", err)
	}
	return rows, nil
}

func readStates(ctx context.Context, db *postgres.DB, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	var rows []models.Message
	if err := db.GORM(ctx).Select("id", "state").Find(&rows, "id IN ?", ids).Error; err != nil {
		return nil, fmt.Errorf("delivery: states: %w", err)
	}
	states := make(map[uuid.UUID]string, len(rows))
	for _, row := range rows {
		states[row.ID] = row.State
	}
	return states, nil
}

func withdrawMessage(tx *postgres.Tx, id uuid.UUID) error {
	err := tx.GORM().Model(&models.Message{}).Where("id = ? AND state = ?", id, models.MessageQueued).
		Updates(map[string]any{"state": models.MessageAbandoned, "last_error": withdrawn, "claimed_until": nil}).Error
	if err != nil {
		return fmt.Errorf("delivery: withdraw: %w", err)
	}
	return nil
}

// claim takes a queued message for one attempt, which it counts. Until the lease ends no other server takes it: wait is how long
// that is, when another has it. errDone when it was sent, given up, or is gone.
func claim(ctx context.Context, db *postgres.DB, id uuid.UUID, lease time.Duration) (m models.Message, wait time.Duration, err error) {
	type claimed struct {
		message models.Message
		wait    time.Duration
	}
	c, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (c claimed, err error) {
		const locked = `SELECT * FROM messages WHERE id = ? AND state = 'QUEUED' FOR UPDATE`
		found := tx.GORM().Raw(locked, id).Scan(&c.message)
		switch {
		case found.Error != nil:
			return c, found.Error
		case found.RowsAffected == 0:
			return c, errDone
		case c.message.ClaimedUntil != nil && tx.Now.Before(*c.message.ClaimedUntil):
			c.wait = c.message.ClaimedUntil.Sub(tx.Now)
			return c, nil
		}
		until := tx.Now.Add(lease)
		c.message.Attempts, c.message.ClaimedUntil = c.message.Attempts+1, &until
		return c, tx.GORM().Model(&c.message).Select("attempts", "claimed_until").Updates(c.message).Error
	})
	if err != nil && !errors.Is(err, errDone) {
		err = fmt.Errorf("delivery: claim: %w", err)
	}
	return c.message, c.wait, err
}

// settle writes down how an attempt ended, unless the message was settled or withdrawn meanwhile. That a gateway took it counts also
// from an attempt whose lease had run out: it ends the newer one's rounds. Any other outcome is the newest attempt's to tell. counted
// tells whether it was written.
func settle(ctx context.Context, db *postgres.DB, m models.Message) (counted bool, err error) {
	m.ClaimedUntil = nil
	counted, err = postgres.InTx(ctx, db, func(tx *postgres.Tx) (bool, error) {
		result := tx.GORM().Model(&models.Message{}).Where("id = ? AND state = ?", m.ID, models.MessageQueued).
			Where("attempts = ? OR ?", m.Attempts, m.State == models.MessageSent).
			Select("state", "gateway", "last_error", "sent_at", "claimed_until").Updates(m)
		return result.RowsAffected == 1, result.Error
	})
	if err != nil {
		return false, fmt.Errorf("delivery: settle: %w", err)
	}
	return counted, nil
}

// abandonExpired gives up what is queued and worth nothing any more, and which no server has in hand.
func abandonExpired(ctx context.Context, db *postgres.DB, most int) (rows []models.Message, err error) {
	return postgres.InTx(ctx, db, func(tx *postgres.Tx) (rows []models.Message, err error) {
		err = tx.GORM().Raw(`
UPDATE messages SET state = 'ABANDONED', last_error = CASE WHEN last_error = '' THEN ? ELSE last_error END
WHERE id IN (SELECT id FROM messages WHERE state = 'QUEUED' AND expires_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)
    ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED)
RETURNING *`, expired, tx.Now, tx.Now, most).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("delivery: sweep: %w", err)
		}
		return rows, nil
	})
}

// countUnsent counts messages in the states that are few, up to a bound.
func countUnsent(ctx context.Context, db *postgres.DB, most int) (counts map[string]int, err error) {
	var rows []struct {
		State string
		Count int
	}
	err = db.GORM(ctx).Raw(`SELECT state, count(*) AS count FROM (SELECT state FROM messages WHERE state <> 'SENT' LIMIT ?) m GROUP BY state`, most).
		Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("delivery: count: %w", err)
	}
	counts = map[string]int{models.MessageQueued: 0, models.MessageAbandoned: 0}
	for _, row := range rows {
		counts[row.State] = row.Count
	}
	return counts, nil
}
