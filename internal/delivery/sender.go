package delivery

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"purser/internal/delivery/gateway"
	"purser/internal/jobs"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// Why a message was not sent, beside the words of package gateway.
const (
	expired    = "EXPIRED"    // it was worth nothing any more
	withdrawn  = "WITHDRAWN"  // a newer one replaced it
	unreadable = "UNREADABLE" // it is sealed under another SECRET_KEY
)

// Patience is how long one tries: after a round in which no gateway took a message, the next comes after First, then twice that, and
// so on, but never later than Longest; the last is round Rounds.
type Patience struct {
	First, Longest time.Duration
	Rounds         int
}

// Config says who takes messages, in the order in which they are asked. Without anyone they stay in the dev inbox.
type Config struct {
	SMS, Email []gateway.Gateway
	// Push are the gateways of devices, by their kind. A kind without one is not offered.
	Push map[string]gateway.Gateway
	// Within is what one gateway has for one attempt; 0 means ten seconds. All of a channel fit into the time of a job.
	Within time.Duration
	// ForSMS, ForEmail and ForPush have defaults that try a code for its five minutes, and a letter or a push for some hours.
	ForSMS, ForEmail, ForPush Patience
}

const (
	smsAtOnce   = 20 // attempts of one server
	emailAtOnce = 5
	pushAtOnce  = 20
	// grace is what an attempt has, beside its gateways, to write down how it ended. Only then another server may try.
	grace = 15 * time.Second
	// recordEvery is how often it tries to.
	recordEvery = 200 * time.Millisecond
)

// Sender hands messages to gateways.
type Sender struct {
	db     *postgres.DB
	box    *secret.Box
	log    *slog.Logger
	routes map[string]route
	within time.Duration

	push    map[string]gateway.Gateway
	devices Devices

	attempts          *prometheus.CounterVec
	queued, abandoned atomic.Int64
}

// route is how messages of one channel leave.
type route struct {
	gateways []gateway.Gateway
	patience Patience
}

// NewSender makes a sender, which works when its jobs are handled: Handle.
func NewSender(db *postgres.DB, box *secret.Box, log *slog.Logger, c Config) *Sender {
	inbox := []gateway.Gateway{console{log}}
	if len(c.SMS) == 0 {
		c.SMS = inbox
	}
	if len(c.Email) == 0 {
		c.Email = inbox
	}
	return &Sender{
		db: db, box: box, log: log, within: cmp.Or(c.Within, 10*time.Second),
		routes: map[string]route{
			SMS:   {c.SMS, cmp.Or(c.ForSMS, Patience{First: 5 * time.Second, Longest: time.Minute, Rounds: 12})},
			Email: {c.Email, cmp.Or(c.ForEmail, Patience{First: 30 * time.Second, Longest: time.Hour, Rounds: 12})},
			Push:  {nil, cmp.Or(c.ForPush, Patience{First: 5 * time.Second, Longest: time.Hour, Rounds: 12})},
		},
		push:     c.Push,
		attempts: newAttempts(),
	}
}

// sendSMS, sendEmail and sendPush are the jobs. They are three kinds, so that a mail server that hangs holds up no code.
type (
	sendSMS struct {
		MessageID uuid.UUID `json:"message_id"`
	}
	sendEmail struct {
		MessageID uuid.UUID `json:"message_id"`
	}
	sendPush struct {
		MessageID uuid.UUID `json:"message_id"`
	}
)

// Kind is the job's name in the database.
func (sendSMS) Kind() string { return "send_sms" }

// Kind is the job's name in the database.
func (sendEmail) Kind() string { return "send_email" }

// Kind is the job's name in the database.
func (sendPush) Kind() string { return "send_push" }

func jobOf(channel string, id uuid.UUID) jobs.Args {
	switch channel {
	case Email:
		return sendEmail{id}
	case Push:
		return sendPush{id}
	}
	return sendSMS{id}
}

// Handle lets a runner send messages.
func (s *Sender) Handle(r *jobs.Runner) {
	jobs.Handle(r, smsAtOnce, func(ctx context.Context, job sendSMS) error { return s.send(ctx, job.MessageID) })
	jobs.Handle(r, emailAtOnce, func(ctx context.Context, job sendEmail) error { return s.send(ctx, job.MessageID) })
	jobs.Handle(r, pushAtOnce, func(ctx context.Context, job sendPush) error { return s.send(ctx, job.MessageID) })
}

// Close says good-bye to the gateways, after the runner has stopped.
func (s *Sender) Close() error {
	var failures []error
	for _, route := range s.routes {
		for _, g := range route.gateways {
			failures = append(failures, g.Close())
		}
	}
	for _, g := range s.push {
		failures = append(failures, g.Close())
	}
	return errors.Join(failures...)
}

// send makes one round with a message. The row says what is to be done, so a job that is run again, by this server or another,
// does nothing for a message that was taken, and waits for one that somebody has in hand.
func (s *Sender) send(ctx context.Context, id uuid.UUID) error {
	lease := grace + time.Duration(max(len(s.routes[SMS].gateways), len(s.routes[Email].gateways)))*s.within
	m, wait, err := claim(ctx, s.db, id, lease)
	switch {
	case errors.Is(err, errDone):
		return nil
	case err != nil:
		return err
	case wait > 0:
		return jobs.Later(wait)
	}
	letter, route, now := gateway.Message{ID: m.ID.String(), To: m.Recipient}, s.routes[m.Channel], s.db.Now()
	if !now.Before(m.ExpiresAt) {
		return s.abandon(ctx, m, cmp.Or(m.LastError, expired))
	}
	c, err := open(s.box, m)
	if err != nil {
		m.LastError = unreadable
		return s.again(ctx, m, route)
	}
	letter.Subject, letter.Text, letter.Data, letter.Life = c.Subject, c.Text, c.Data, m.ExpiresAt.Sub(now)
	if m.Channel == Push {
		if letter.Target, route.gateways, err = s.reach(ctx, m); err != nil {
			return err
		}
		if letter.Target == nil {
			return s.abandon(ctx, m, gateway.Gone)
		}
	}
	taken, said := s.round(ctx, route.gateways, letter)
	m.LastError = said.String()
	switch {
	case taken != nil:
		now = s.db.Now()
		m.State, m.Gateway, m.SentAt = models.MessageSent, taken.Name(), &now
		_, err := s.record(ctx, m)
		return err
	case ctx.Err() != nil: // the server is told to stop: the next does it, at once
		_, err := s.record(ctx, m)
		return errors.Join(err, jobs.Later(0))
	case said.isGone():
		return errors.Join(s.abandon(ctx, m, m.LastError), s.forget(ctx, m))
	case said.allRefused():
		return s.abandon(ctx, m, m.LastError)
	}
	return s.againAfter(ctx, m, route, said.after())
}

// round asks one gateway after the other until one takes the message: exactly one, as far as gateways answer. One that was told
// everything and then says nothing may have taken it; the next is asked all the same, since a code that comes twice is better than
// none.
func (s *Sender) round(ctx context.Context, gateways []gateway.Gateway, m gateway.Message) (taken gateway.Gateway, said answers) {
	for _, g := range gateways {
		if ctx.Err() != nil {
			return nil, said
		}
		within, cancel := context.WithTimeout(ctx, s.within)
		err := g.Send(within, m)
		cancel()
		if err == nil {
			s.attempts.WithLabelValues(g.Name(), "TAKEN").Inc()
			return g, said
		}
		class := gateway.Class(err)
		s.attempts.WithLabelValues(g.Name(), class).Inc()
		s.log.WarnContext(ctx, "a gateway did not take a message", "message", m.ID, "gateway", g.Name(), "why", err)
		said = append(said, answer{g.Name(), class, gateway.After(err)})
	}
	return nil, said
}

// again leaves the message for another round, or gives it up when there is none in time.
func (s *Sender) again(ctx context.Context, m models.Message, r route) error {
	return s.againAfter(ctx, m, r, 0)
}

// againAfter is again, not sooner than a gateway has asked for.
func (s *Sender) againAfter(ctx context.Context, m models.Message, r route, asked time.Duration) error {
	wait := max(r.patience.after(m.Attempts), asked)
	if m.Attempts >= r.patience.Rounds || !s.db.Now().Add(wait).Before(m.ExpiresAt) {
		return s.abandon(ctx, m, m.LastError)
	}
	if _, err := s.record(ctx, m); err != nil {
		return err
	}
	return jobs.Later(wait)
}

// after is how long one waits after a round, the first of which is 1.
func (p Patience) after(round int) time.Duration {
	const mostDoublings = 20
	return min(p.First<<min(round-1, mostDoublings), p.Longest)
}

func (s *Sender) abandon(ctx context.Context, m models.Message, why string) error {
	m.State, m.LastError = models.MessageAbandoned, why
	counted, err := s.record(ctx, m)
	if counted {
		s.mourn(ctx, m)
	}
	return err
}

func (s *Sender) mourn(ctx context.Context, m models.Message) {
	s.log.WarnContext(ctx, "a message is abandoned", "message", m.ID, "channel", m.Channel, "to", Masked(m.Recipient),
		"why", m.LastError, "rounds", m.Attempts)
}

// record settles an attempt, whatever becomes of ctx, and tries again while the message is ours: what a gateway has taken must not be
// sent again because the database was away for a moment.
func (s *Sender) record(ctx context.Context, m models.Message) (counted bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	for {
		if counted, err = settle(ctx, s.db, m); err == nil {
			return counted, nil
		}
		select {
		case <-time.After(recordEvery):
		case <-ctx.Done():
			return false, err
		}
	}
}

// answer is what one gateway said in a round, in a word.
type answer struct {
	gateway, class string
	after          time.Duration
}

type answers []answer

func (all answers) String() string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.gateway + " " + a.class
	}
	return strings.Join(words, ", ")
}

func (all answers) allRefused() bool {
	for _, a := range all {
		if a.class != gateway.Refused {
			return false
		}
	}
	return true
}

// isGone tells that there is nobody to send to any more.
func (all answers) isGone() bool {
	for _, a := range all {
		if a.class == gateway.Gone {
			return true
		}
	}
	return false
}

// after is the longest that a gateway asked to wait.
func (all answers) after() (longest time.Duration) {
	for _, a := range all {
		longest = max(longest, a.after)
	}
	return longest
}
