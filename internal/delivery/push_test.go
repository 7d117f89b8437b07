package delivery_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/delivery/gateway"
	"purser/internal/delivery/gatewaytest"
	"purser/internal/jobs"
	"purser/internal/locale"
	"purser/internal/pgtest"
	"purser/models"
)

// drawer is the one device there is, until it is gone.
type drawer struct {
	target gateway.Target
	gone   atomic.Bool
}

func (d *drawer) Target(context.Context, uuid.UUID) (*gateway.Target, error) {
	if d.gone.Load() {
		return nil, nil
	}
	return &d.target, nil
}

func (d *drawer) Gone(context.Context, uuid.UUID) error {
	d.gone.Store(true)
	return nil
}

// TestAPushServiceThatAsksForTimeGetsIt has one that says 429, then takes the push, and then knows the device no more.
func TestAPushServiceThatAsksForTimeGetsIt(t *testing.T) {
	t.Parallel()
	service := gatewaytest.NewWebPushService(t)
	sub := service.Subscribe()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.NewWebPush(gateway.WebPushConfig{Key: base64.RawURLEncoding.EncodeToString(key.Bytes()), Contact: "ops@pay.example", Now: time.Now}, gateway.Options{TLS: service.Trust()})
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	device := &drawer{target: gateway.Target{Kind: models.PushWeb, Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth}}
	p := startReaching(t, db, delivery.Config{Push: map[string]gateway.Gateway{models.PushWeb: g}}, jobs.Config{}, device)
	push := func() uuid.UUID {
		return p.queueLetter(t, delivery.Letter{Channel: delivery.Push, To: uuid.NewString(), Locale: locale.EN, Template: "notice_sign_in", Data: map[string]string{"event": "NEW_SIGN_IN"},
			ExpiresAt: db.Now().Add(time.Hour)})
	}

	service.Answer(func() (int, string) { return 429, "600" })
	id := push()
	var waits bool
	gatewaytest.Await(t, "a second round that is far away", func() bool { // hasty as it is otherwise
		err := db.Pool.QueryRow(t.Context(), `SELECT coalesce(bool_or(scheduled_at > now() + interval '5 minutes'), false) FROM river_job WHERE kind = 'send_push'`).Scan(&waits)
		return err == nil && waits
	})
	if n := service.Tried(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	service.Answer(nil)
	if _, err := db.Pool.Exec(t.Context(), `UPDATE river_job SET scheduled_at = now() WHERE kind = 'send_push'`); err != nil {
		t.Fatal(err)
	}
	becomes(t, db, id, models.MessageSent)
	if got := service.Pushes(sub); len(got) != 1 || got[0].Title != "New login" || got[0].Data["event"] != "NEW_SIGN_IN" {
		t.Errorf("it got %+v", got)
	}

	service.Unsubscribe(sub)
	if m := becomes(t, db, push(), models.MessageAbandoned); m.LastError != "webpush GONE" {
		t.Errorf("a device that is gone: %+v", m)
	}
	gatewaytest.Await(t, "the end of a device that is gone", device.gone.Load)
	asked := service.Tried()
	if m := becomes(t, db, push(), models.MessageAbandoned); m.LastError != gateway.Gone || service.Tried() != asked {
		t.Errorf("a device that was forgotten: %+v", m)
	}
}
