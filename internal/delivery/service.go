// Package delivery takes messages to people: SMS and letters, queued in the transaction of whatever they speak of, so
// that a message exists exactly when its cause does. Texts are written in the person's language and kept sealed. In
// development the queue itself is shown as the inbox; no message leaves the machine.
package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// Channels there are.
const (
	SMS   = "SMS"
	Email = "EMAIL"
)

// InboxLimit is how many messages Inbox shows at most.
const InboxLimit = 500

// Letter is a message to write: the template is a sentence of package locale, "message." before it.
type Letter struct {
	Channel  string
	To       string
	Locale   locale.Locale
	Template string
	Values   map[string]any
	Code     string // the code it carries, if it does
	Link     string // the link it carries, if it does
}

// Sent is a message as the inbox shows it.
type Sent struct {
	Channel string    `json:"channel"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Code    string    `json:"code"`
	Link    string    `json:"link"`
	SentAt  time.Time `json:"sentAt"`
}

// Service queues messages.
type Service struct {
	db  *postgres.DB
	box *secret.Box
}

// New makes the service.
func New(db *postgres.DB, box *secret.Box) *Service { return &Service{db: db, box: box} }

type content struct{ Subject, Text, Code, Link string }

// Enqueue writes the message in the caller's transaction.
func (s *Service) Enqueue(tx *postgres.Tx, l Letter) error {
	values := map[string]any{"Code": l.Code, "Link": l.Link}
	for name, value := range l.Values {
		values[name] = value
	}
	written := content{Text: l.Locale.Text("message."+l.Template, values), Code: l.Code, Link: l.Link}
	if l.Channel == Email {
		written.Subject = l.Locale.Text("message."+l.Template+".subject", values)
	}
	plain, err := json.Marshal(written)
	if err != nil {
		return fmt.Errorf("delivery: %w", err)
	}

	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	return insertMessage(tx, models.Message{
		ID: id, Channel: l.Channel, Recipient: l.To, CreatedAt: tx.Now,
		Sealed: s.box.Seal(secret.Messages, plain, id.String()),
	})
}

// Inbox shows the newest messages, newest first; to narrows them to one phone or address. Development only.
func (s *Service) Inbox(ctx context.Context, to string) ([]Sent, error) {
	rows, err := newestMessages(ctx, s.db, to, InboxLimit)
	if err != nil {
		return nil, err
	}
	inbox := make([]Sent, 0, len(rows))
	for _, row := range rows {
		plain, err := s.box.Open(secret.Messages, row.Sealed, row.ID.String())
		if err != nil {
			continue // sealed under another SECRET_KEY: nothing to show
		}
		var c content
		if err := json.Unmarshal(plain, &c); err != nil {
			return nil, fmt.Errorf("delivery: %w", err)
		}
		inbox = append(inbox, Sent{Channel: row.Channel, To: row.Recipient, Subject: c.Subject, Text: c.Text,
			Code: c.Code, Link: c.Link, SentAt: row.CreatedAt.UTC()})
	}
	return inbox, nil
}
