package sessions

import (
	"context"
	"errors"
	"time"

	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// signsAfter is how long a new key is shown before it signs. Servers look every two seconds, so all know it by then.
const signsAfter = 10 * time.Second

// What Rotate and RemoveKey refuse.
var (
	ErrRotating   = errors.New("a rotation is under way: try again in some seconds")
	ErrKeyInUse   = errors.New("there is no such key, or it still signs: rotate first")
	errNoKeyInUse = errors.New("sessions: no key is in use: start a server first")
)

// Rotate adds a key that all servers sign with from signs on, some seconds from now. The one before verifies until its last token has
// ended. A second rotation before that is ErrRotating. It locks the key in use.
func Rotate(ctx context.Context, db *postgres.DB, box *secret.Box) (kid string, signs time.Time, err error) {
	row, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (models.SigningKey, error) {
		old, err := lockKeyInUse(tx)
		if err != nil {
			return models.SigningKey{}, err
		}
		if old.SignsFrom != nil && tx.Now.Before(*old.SignsFrom) {
			return models.SigningKey{}, ErrRotating
		}
		from := tx.Now.Add(signsAfter)
		if err := retireKey(tx, old.KID, from); err != nil {
			return models.SigningKey{}, err
		}
		row, err := newSigningKey(box, tx.Now)
		if err != nil {
			return models.SigningKey{}, err
		}
		row.SignsFrom = &from
		return row, insertKey(tx, row)
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return row.KID, *row.SignsFrom, nil
}

// RemoveKey ends a key that signs no longer: within seconds no server takes its tokens. For a key that leaked. ErrKeyInUse is for the one
// that still signs, or that never was.
func RemoveKey(ctx context.Context, db *postgres.DB, kid string) error {
	_, err := postgres.InTx(ctx, db, func(tx *postgres.Tx) (struct{}, error) { return struct{}{}, deleteRetiredKey(tx, kid) })
	return err
}

// Keys are all keys there are, oldest first.
func Keys(ctx context.Context, db *postgres.DB) ([]models.SigningKey, error) {
	return signingKeys(ctx, db)
}
