// Package delivery takes messages to people: SMS, letters and pushes to their devices, queued in the transaction of whatever they speak of, so
// that a message exists exactly when its cause does. Texts are written in the person's language and kept sealed. Service queues
// them, Sender hands them to gateways, as jobs that any server may run. In development the queue itself is shown as the inbox,
// and without gateways no message leaves the machine.
package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"purser/internal/jobs"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// Channels there are.
const (
	SMS   = "SMS"
	Email = "EMAIL"
	Push  = "PUSH" // to a device, which is named by its id
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
	// Data is what a push tells the app beside its text: ids and words, no more than a lock screen may show.
	Data map[string]string
	// ExpiresAt is when what it carries can be used no longer: from then on it is not delivered.
	ExpiresAt time.Time
	// Nowhere makes a message that looks sent and goes to nobody, with the work of one that does, so that the time of an answer does not
	// tell whether there was somebody to write to. Its text cannot be read, not by the inbox either.
	Nowhere bool
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

type content struct {
	Subject, Text, Code, Link string
	Data                      map[string]string `json:",omitempty"`
}

// Enqueue writes the message in the caller's transaction, and the job that delivers it. The id is what States is asked with.
func (s *Service) Enqueue(tx *postgres.Tx, l Letter) (uuid.UUID, error) {
	values := map[string]any{"Code": l.Code, "Link": l.Link}
	for name, value := range l.Values {
		values[name] = value
	}
	written := content{Text: l.Locale.Text("message."+l.Template, values), Code: l.Code, Link: l.Link, Data: l.Data}
	if l.Channel != SMS {
		written.Subject = l.Locale.Text("message."+l.Template+".subject", values)
	}
	plain, err := json.Marshal(written)
	if err != nil {
		return uuid.Nil, fmt.Errorf("delivery: %w", err)
	}

	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("delivery: %w", err)
	}
	message := models.Message{
		ID: id, Channel: l.Channel, Recipient: l.To, RecipientMAC: s.db.Lookup(recipientLookup, l.To), CreatedAt: tx.Now, State: models.MessageQueued, ExpiresAt: l.ExpiresAt,
		Sealed: s.box.Seal(secret.Messages, plain, id.String()),
	}
	if l.Nowhere {
		message.Recipient, message.RecipientMAC, message.State = "", nil, models.MessageSent
		message.Sealed = s.box.Seal(secret.Messages, plain, "nowhere")
	}
	if err := insertMessage(tx, message); err != nil {
		return uuid.Nil, err
	}
	return id, jobs.InsertTx(tx, jobOf(l.Channel, id))
}

// Withdraw ends a message that is worth nothing any more, unless a gateway has taken it.
func (s *Service) Withdraw(tx *postgres.Tx, id uuid.UUID) error { return withdrawMessage(tx, id) }

// States says what became of messages. One that is not there any more has no state.
func (s *Service) States(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	return readStates(ctx, s.db, ids)
}

// Inbox shows the newest messages, newest first; to narrows them to one phone or address. Development only.
func (s *Service) Inbox(ctx context.Context, to string) ([]Sent, error) {
	rows, err := newestMessages(ctx, s.db, to, InboxLimit)
	if err != nil {
		return nil, err
	}
	inbox := make([]Sent, 0, len(rows))
	for _, row := range rows {
		c, err := open(s.box, row)
		if err != nil {
			continue // sealed under another SECRET_KEY: nothing to show
		}
		inbox = append(inbox, Sent{Channel: row.Channel, To: row.Recipient, Subject: c.Subject, Text: c.Text,
			Code: c.Code, Link: c.Link, SentAt: row.CreatedAt.UTC()})
	}
	return inbox, nil
}

// open unseals a message.
func open(box *secret.Box, m models.Message) (c content, err error) {
	plain, err := box.Open(secret.Messages, m.Sealed, m.ID.String())
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil {
		return content{}, fmt.Errorf("delivery: %w", err)
	}
	return c, nil
}

// Masked is a recipient as a stranger may see it: of a phone its country and the last two digits, spaced as that country writes it, "+7 *** ***-**-67"; of
// an address the first two characters and the last two. It is told in SMS too, whose alphabet has the asterisk.
func Masked(recipient string) string {
	if len(recipient) < 6 {
		return strings.Repeat("*", len(recipient))
	}
	if phone, err := phonenumbers.Parse(recipient, "ZZ"); strings.HasPrefix(recipient, "+") && err == nil {
		return maskedDigits(phonenumbers.Format(phone, phonenumbers.INTERNATIONAL), len(strconv.Itoa(int(phone.GetCountryCode()))))
	}
	return recipient[:2] + strings.Repeat("*", len(recipient)-4) + recipient[len(recipient)-2:]
}

// maskedDigits covers the digits of a written number, all but the first ones and the last two.
func maskedDigits(written string, first int) string {
	masked, last := []byte(written), 2
	for at := len(masked) - 1; at > first; at-- { // the plus stands before the first ones
		if masked[at] < '0' || masked[at] > '9' {
			continue
		}
		if last--; last < 0 {
			masked[at] = '*'
		}
	}
	return string(masked)
}
