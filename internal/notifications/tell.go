package notifications

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/money"
	"purser/internal/postgres"
	"purser/internal/verification"
	"purser/models"
)

const (
	tellEvery  = time.Second
	tellBatch  = 100
	sweepBatch = 500
	tellAgain  = time.Minute    // after a failure: what cannot be told keeps no other waiting
	tellLife   = 24 * time.Hour // after it was due; nobody wants to know later
	pushLife   = 12 * time.Hour // of a message, at the push service too
)

// perDay bounds the messages about money that one account is told by, for each event and channel apart: strangers decide how much comes in, and must
// not use up what tells of money that goes out. What is about security has no bound here.
var perDay = map[string]map[string]int{
	models.MoneyReceived:  fromOthers,
	models.MoneyProtected: fromOthers,
	models.TransferEnded:  fromOthers,
	models.MoneySent:      {delivery.SMS: 100, delivery.Email: 1000, delivery.Push: 10_000},
}

var fromOthers = map[string]int{delivery.SMS: 30, delivery.Email: 300, delivery.Push: 3000}

// Run makes messages of what is to be told, until ctx ends. Servers may run it side by side: each takes what no other has locked.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for {
				told, err := s.Tell(ctx)
				if err != nil && ctx.Err() == nil {
					log.Error("some notices could not be told; trying again", "error", err)
				}
				if told < tellBatch || err != nil {
					break
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// Tell makes messages of up to a batch of what is due, each in a transaction of its own, and says how many it looked at. A notice ends in the
// transaction that queues its messages: it becomes each of them once, whichever server dies.
func (s *Service) Tell(ctx context.Context) (int, error) {
	due, err := dueNotices(ctx, s.db, tellBatch)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, n := range due {
		if err := s.tell(ctx, n); err != nil {
			failed = append(failed, err, postpone(ctx, s.db, n.ID, s.db.Now().Add(tellAgain)))
		}
	}
	return len(due), errors.Join(failed...)
}

// tidings are what a person is told, before it is in a language.
type tidings struct {
	template string
	values   map[string]any
	data     map[string]string
}

func (s *Service) tell(ctx context.Context, n models.Notice) error {
	news, found, err := s.newsOf(ctx, n)
	if err != nil {
		return err
	}
	account, err := s.rooms.Accounts.Find(ctx, n.AccountID)
	if err != nil {
		return err
	}
	_, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		row, held, err := lockNotice(tx, n.ID)
		if err != nil || !held { // another server has it, or had it
			return struct{}{}, err
		}
		if !found || account.Status == models.AccountClosed || tx.Now.After(row.DueAt.Add(tellLife)) {
			return struct{}{}, dropNotice(tx, row.ID)
		}
		return struct{}{}, s.spread(tx, row, account, news)
	})
	return err
}

// spread queues the messages of a notice that is locked: all of them, or, in quiet hours, the letter alone; the notice then waits for their end.
func (s *Service) spread(tx *postgres.Tx, n models.Notice, account models.Account, news tidings) error {
	rows, err := choicesOf(tx.GORM(), n.AccountID)
	if err != nil {
		return err
	}
	r := ruleOf(n.Event)
	channels := chosen(rows, r)
	if !r.isMoney() { // letters and SMS were sent by whoever changed something
		channels = slices.DeleteFunc(slices.Clone(channels), func(c string) bool { return c != delivery.Push })
	}
	if n.Lettered {
		channels = slices.DeleteFunc(slices.Clone(channels), func(c string) bool { return c == delivery.Email })
	}
	end, quiet, err := s.quietUntil(tx, n, r)
	if err != nil {
		return err
	}
	waits := false
	for _, channel := range channels {
		if quiet && channel != delivery.Email {
			waits = true
			continue
		}
		if err := s.send(tx, channel, n, account, news); err != nil {
			return err
		}
	}
	if waits {
		return deferNotice(tx, n.ID, end)
	}
	return dropNotice(tx, n.ID)
}

func (s *Service) quietUntil(tx *postgres.Tx, n models.Notice, r rule) (end time.Time, quiet bool, err error) {
	if !r.isMoney() {
		return end, false, nil
	}
	row, set, err := quietRow(tx.GORM(), n.AccountID)
	if err != nil || !set {
		return end, false, err
	}
	end, quiet = until(row, tx.Now)
	return end, quiet, nil
}

// send queues a notice's messages on one channel: one, or one for each device that does not know it already.
func (s *Service) send(tx *postgres.Tx, channel string, n models.Notice, account models.Account, news tidings) error {
	var recipients []string
	switch {
	case channel == delivery.SMS && account.Phone != nil:
		recipients = []string{*account.Phone}
	case channel == delivery.Email && account.Email != nil && account.EmailVerifiedAt != nil:
		recipients = []string{*account.Email}
	case channel == delivery.Push:
		devices, err := liveDevices(tx.GORM(), n.AccountID, tx.Now)
		if err != nil {
			return err
		}
		for _, d := range devices {
			if n.SessionID == nil || d.SessionID != *n.SessionID {
				recipients = append(recipients, d.ID.String())
			}
		}
	}
	for _, to := range recipients {
		if enough, err := s.isEnough(tx, n, channel); err != nil || enough {
			return err // what has happened stands in the app
		}
		_, err := s.rooms.Delivery.Enqueue(tx, delivery.Letter{Channel: channel, To: to, Locale: locale.Locale(account.Locale), Template: news.template,
			Values: news.values, Data: news.data, ExpiresAt: tx.Now.Add(pushLife)})
		if err != nil {
			return err
		}
	}
	return nil
}

// isEnough counts a message, and tells whether there were enough of its event on its channel today.
func (s *Service) isEnough(tx *postgres.Tx, n models.Notice, channel string) (bool, error) {
	most, bounded := perDay[n.Event][channel]
	if !bounded {
		return false, nil
	}
	limit := verification.Limit{Name: "notices of " + n.Event + " by " + channel, Subject: n.AccountID.String(), Most: most, Window: 24 * time.Hour}
	err := s.rooms.Verification.Take(tx, limit)
	if fault.Is(err, fault.RateLimited) {
		return true, nil
	}
	return false, err
}

// newsOf says what a notice tells; found is false when it is about nothing that there is. Names are shortened: a lock screen shows them to anybody.
func (s *Service) newsOf(ctx context.Context, n models.Notice) (news tidings, found bool, err error) {
	data := map[string]string{"event": n.Event}
	switch n.Event {
	case models.NewSignIn:
		return tidings{"notice_sign_in", nil, data}, true, nil
	case models.SecurityChange:
		data["change"] = n.Subject
		return tidings{"notice_security", nil, data}, true, nil
	}
	id, err := uuid.Parse(n.Subject)
	if err != nil {
		return tidings{}, false, nil //nolint:nilerr // it is about nothing
	}
	t, found, err := s.rooms.Transfers.Find(ctx, n.AccountID, id)
	if err != nil || !found {
		return tidings{}, false, err
	}
	currency, _ := s.rooms.Wallets.Currency(t.Currency)
	minor, other := t.Debit(), [2]string{t.ToFirstName, t.ToLastName}
	if incoming := t.ToAccountID == n.AccountID; incoming {
		minor, other = t.Credit(), [2]string{t.FromFirstName, t.FromLastName}
	}
	name := accounts.MaskedName(other[0], other[1])
	if (t.FromAccountID == models.SystemAccountID || t.ToAccountID == models.SystemAccountID) && name == "" {
		name = accounts.SystemName
	}
	data["transferId"] = s.config.TransferID(t.ID)
	values := map[string]any{"Amount": money.Amount{Minor: minor, Currency: currency}, "Name": name}
	return tidings{templateOf(n.Event, t.Status), values, data}, true, nil
}

func templateOf(event, status string) string {
	switch event {
	case models.MoneyReceived:
		return "notice_received"
	case models.MoneyProtected:
		return "notice_protected"
	case models.MoneySent:
		return "notice_sent"
	}
	switch status {
	case models.TransferExpired:
		return "notice_expired"
	case models.TransferCancelled:
		return "notice_cancelled"
	case models.TransferCompleted:
		return "notice_accepted"
	}
	return "notice_returned"
}
