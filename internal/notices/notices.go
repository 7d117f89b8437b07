// Package notices writes down what people are to be told of, in the transaction of its cause: it exists exactly when the cause does. Package
// notifications makes messages of it. Nothing here decides whether or how anybody is told.
package notices

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
)

// Draft is something to be told: an event of the models, and what it is about. Session is the one it came from, or the zero UUID.
type Draft struct {
	Account uuid.UUID
	Event   string
	Subject string
	Session uuid.UUID
}

const insertSQL = `
INSERT INTO notices (id, account_id, event, subject, session_id, created_at, due_at)
SELECT gen_random_uuid(), account, event, subject, nullif(session, '00000000-0000-0000-0000-000000000000'), $5, $5
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) AS d (account, event, subject, session)`

// Queue writes drafts in the transaction of a batch, all with one statement; none without any.
func Queue(batch *pgx.Batch, now time.Time, drafts ...Draft) {
	if len(drafts) > 0 {
		batch.Queue(insertSQL, args(now, drafts)...)
	}
}

// AppendTx is Queue in a GORM transaction, for those accounts that want to be told anything.
func AppendTx(tx *postgres.Tx, drafts ...Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	return tx.PGX(func(q postgres.Querier) error {
		batch := &pgx.Batch{}
		batch.Queue(insertSQL+` WHERE is_notified(account)`, args(tx.Now, drafts)...)
		if err := q.SendBatch(tx.Context(), batch).Close(); err != nil {
			return fmt.Errorf("notices: append: %w", err)
		}
		return nil
	})
}

func args(now time.Time, drafts []Draft) []any {
	accounts, sessions := make([]uuid.UUID, len(drafts)), make([]uuid.UUID, len(drafts))
	kinds, subjects := make([]string, len(drafts)), make([]string, len(drafts))
	for i, d := range drafts {
		accounts[i], kinds[i], subjects[i], sessions[i] = d.Account, d.Event, d.Subject, d.Session
	}
	return []any{postgres.UUIDs(accounts), kinds, subjects, postgres.UUIDs(sessions), now}
}
