package ledger

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/postgres"
	"purser/models"
)

// pair is who sends to whom.
type pair struct{ from, to uuid.UUID }

// isScreened tells whether the recipient may refuse a transfer for its sender's sake. What an operator moves and what goes back is not refused.
func isScreened(t models.Transfer) bool {
	return t.Kind == models.TransferPayment && t.RefundOf == nil && t.FromAccountID != t.ToAccountID
}

// screen reads which senders of a group their recipients take nothing from: they are blocked, or they are no contacts and only contacts may
// send. Only wallets that are marked for it are asked about, so most groups ask nothing. It reads behind the locks of the wallets: whoever
// blocks, sets the policy or takes a contact away locks them first, too.
func (b *book) screen(ctx context.Context, conn querier, group []Posting) error {
	var from, to []uuid.UUID
	for _, p := range group {
		if w := b.wallets[p.Transfer.ToWalletID]; p.Action == Pay && w != nil && w.Screened && isScreened(p.Transfer) {
			from, to = append(from, p.Transfer.FromAccountID), append(to, p.Transfer.ToAccountID)
		}
	}
	if len(from) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT sender, recipient FROM unnest($1::uuid[], $2::uuid[]) AS asked (sender, recipient)
WHERE EXISTS (SELECT 1 FROM blocks WHERE account_id = recipient AND blocked_id = sender)
   OR (EXISTS (SELECT 1 FROM accounts WHERE id = recipient AND incoming_policy = 'CONTACTS')
       AND NOT EXISTS (SELECT 1 FROM contacts WHERE account_id = recipient AND contact_id = sender))`,
		postgres.UUIDs(from), postgres.UUIDs(to)).Query(func(rows pgx.Rows) error {
		var p pair
		_, err := pgx.ForEachRow(rows, []any{&p.from, &p.to}, func() error { b.blocked[p] = true; return nil })
		return err
	})
	return conn.SendBatch(ctx, batch).Close()
}
