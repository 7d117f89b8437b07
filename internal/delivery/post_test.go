package delivery_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"purser/internal/delivery"
	"purser/internal/delivery/gateway"
	"purser/internal/delivery/gatewaytest"
	"purser/internal/jobs"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/models"
)

const (
	phone  = "+79001234567"
	within = 2 * time.Second // what a gateway has for one attempt; a conversation must not need it on a busy machine
)

var discard = slog.New(slog.DiscardHandler)

// hasty tries again at once, and often enough.
var hasty = delivery.Patience{First: 20 * time.Millisecond, Longest: 50 * time.Millisecond, Rounds: 200}

// post is one server's delivery.
type post struct {
	*delivery.Service
	db     *postgres.DB
	sender *delivery.Sender
	log    *strings.Builder
	stop   func() // as a server that is told to stop
}

// start is a server on a database, which sends SMS through gateways.
func start(t *testing.T, db *postgres.DB, c delivery.Config) *post {
	t.Helper()
	return startWith(t, db, c, jobs.Config{})
}

func startWith(t *testing.T, db *postgres.DB, c delivery.Config, j jobs.Config) *post {
	t.Helper()
	return startReaching(t, db, c, j, nil)
}

// startReaching is startWith for a server that knows devices.
func startReaching(t *testing.T, db *postgres.DB, c delivery.Config, j jobs.Config, d delivery.Devices) *post {
	t.Helper()
	c.Within = within
	if c.ForSMS.Rounds == 0 {
		c.ForSMS, c.ForEmail, c.ForPush = hasty, hasty, hasty
	}
	log := &strings.Builder{}
	handler := &lockedHandler{Handler: slog.NewTextHandler(log, nil)}
	p := &post{Service: delivery.New(db, box(t, 1)), db: db, log: log}
	p.sender = delivery.NewSender(db, box(t, 1), slog.New(handler), c)
	runner := jobs.New(db, slog.New(slog.DiscardHandler), j)
	p.sender.Reach(d)
	p.sender.Handle(runner)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(runner.Run(ctx, 10*time.Second), p.sender.Close()) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server did not stop: %v", err)
		}
	})
	t.Cleanup(p.stop)
	return p
}

// lockedHandler lets a test read the log when the server has stopped.
type lockedHandler struct {
	mu sync.Mutex
	slog.Handler
}

func (h *lockedHandler) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.Handler.Handle(ctx, r)
}

// through is one or two SMS gateways by their addresses.
func through(t *testing.T, addresses ...string) delivery.Config {
	t.Helper()
	var c delivery.Config
	for i, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		g, err := gateway.New([]string{"sms-1", "sms-2"}[i], u, gateway.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c.SMS = append(c.SMS, g)
	}
	return c
}

// queue writes a message that carries a code for five minutes.
func (p *post) queue(t *testing.T, code string) uuid.UUID {
	t.Helper()
	return p.queueLetter(t, delivery.Letter{Channel: delivery.SMS, To: phone, Locale: locale.EN, Template: "registration_code", Code: code})
}

func (p *post) queueLetter(t *testing.T, l delivery.Letter) uuid.UUID {
	t.Helper()
	if l.ExpiresAt.IsZero() {
		l.ExpiresAt = p.db.Now().Add(5 * time.Minute)
	}
	id, err := postgres.InTx(t.Context(), p.db, func(tx *postgres.Tx) (uuid.UUID, error) { return p.Enqueue(tx, l) })
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// row reads a message.
func row(t *testing.T, db *postgres.DB, id uuid.UUID) (m models.Message) {
	t.Helper()
	if err := db.GORM(t.Context()).Take(&m, "id = ?", id).Error; err != nil {
		t.Fatal(err)
	}
	return m
}

// becomes waits for a state.
func becomes(t *testing.T, db *postgres.DB, id uuid.UUID, state string) models.Message {
	t.Helper()
	gatewaytest.Await(t, "a message that is "+state, func() bool { return row(t, db, id).State == state })
	return row(t, db, id)
}

// unsent is what the metrics say of messages in a state.
func unsent(t *testing.T, sender *delivery.Sender, state string) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(sender.Metrics()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "purser_messages_unsent" && metric.GetLabel()[0].GetValue() == state {
				return metric.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("nothing is said of %s", state)
	return 0
}
