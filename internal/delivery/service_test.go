package delivery_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/locale"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
)

func TestMessagesAreSealedAtRest(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	service := delivery.New(db, box(t, 1))
	send(t, db, service, delivery.Letter{Channel: delivery.SMS, To: "+79001234567", Template: "registration_code", Code: "041975"})
	send(t, db, service, delivery.Letter{Channel: delivery.Email, To: "anna@example.com", Template: "verify_email",
		Link: "https://pay.example/verify-email#token=SECRETSECRET", Values: map[string]any{"Name": "Anna"}})

	var dump string
	if err := db.Pool.QueryRow(t.Context(), `SELECT string_agg(m::text, E'\n') FROM messages m`).Scan(&dump); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(dump, "QUEUED") {
		t.Fatal("the dump does not even show the state")
	}
	for _, trace := range []string{"+79001234567", "anna@example.com", "041975", "SECRETSECRET", "Anna", "Purser"} {
		if strings.Contains(dump, trace) || strings.Contains(dump, hex.EncodeToString([]byte(trace))) {
			t.Errorf("%s can be read in the table", trace)
		}
	}
	stranger, err := delivery.New(db, box(t, 2)).Inbox(t.Context(), "")
	if err != nil || len(stranger) != 0 {
		t.Errorf("under another key %d messages were opened, %v", len(stranger), err)
	}
	if mine, err := service.Inbox(t.Context(), ""); err != nil || len(mine) != 2 {
		t.Errorf("under the own key %d messages were opened, %v", len(mine), err)
	}
}

func TestASealedMessageCannotBeMoved(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	service := delivery.New(db, box(t, 1))
	send(t, db, service, delivery.Letter{Channel: delivery.SMS, To: "+79001234567", Template: "registration_code", Code: "041975"})
	_, err := db.Pool.Exec(t.Context(), `INSERT INTO messages (id, channel, recipient_mac, sealed, created_at)
		SELECT gen_random_uuid(), channel, $1, sealed, created_at FROM messages`, db.Lookup("recipient", "+79007654321"))
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err := service.Inbox(t.Context(), "+79007654321"); err != nil || len(theirs) != 0 {
		t.Errorf("a copied message was opened for somebody else: %v, %v", theirs, err)
	}
}

func TestInboxShowsTheNewestFirst(t *testing.T) {
	t.Parallel()
	clock := pgtest.NewClock()
	db := pgtest.NewWith(t, postgres.Options{Clock: clock.Now})
	service := delivery.New(db, box(t, 1))
	for _, l := range []delivery.Letter{
		{Channel: delivery.SMS, To: "+79001234567", Template: "registration_code", Code: "000001"},
		{Channel: delivery.SMS, To: "+79007654321", Template: "registration_code", Code: "000002", Locale: locale.RU},
		{Channel: delivery.SMS, To: "+79001234567", Template: "registration_code", Code: "000003"},
	} {
		send(t, db, service, l)
		clock.Advance(time.Minute)
	}

	noon := time.Date(2040, time.June, 15, 12, 0, 0, 0, time.UTC)
	first := delivery.Sent{Channel: "SMS", To: "+79001234567", Text: "000001 is your Purser code for registration. Don't share it with anyone.", Code: "000001", SentAt: noon}
	second := delivery.Sent{Channel: "SMS", To: "+79007654321", Text: "000002 — ваш код Purser для регистрации. Никому его не сообщайте.", Code: "000002", SentAt: noon.Add(time.Minute)}
	third := delivery.Sent{Channel: "SMS", To: "+79001234567", Text: "000003 is your Purser code for registration. Don't share it with anyone.", Code: "000003", SentAt: noon.Add(2 * time.Minute)}
	for to, want := range map[string][]delivery.Sent{
		"": {third, second, first}, "+79001234567": {third, first}, "nobody": {}, "' OR true --": {},
	} {
		got, err := service.Inbox(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the inbox of %q (-want +got):\n%s", to, diff)
		}
	}
}

func TestInboxIsBounded(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	service := delivery.New(db, box(t, 1))
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		for range delivery.InboxLimit + 1 {
			if _, err := service.Enqueue(tx, delivery.Letter{Channel: delivery.SMS, To: "+79001234567", Template: "registration_code"}); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := service.Inbox(t.Context(), ""); err != nil || len(all) != delivery.InboxLimit {
		t.Errorf("%d messages are shown, %v; want %d", len(all), err, delivery.InboxLimit)
	}
}

func TestAMessageExistsOnlyWithItsCause(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	service := delivery.New(db, box(t, 1))
	failed := errors.New("failed")
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (int, error) {
		_, err := service.Enqueue(tx, delivery.Letter{Channel: delivery.SMS, To: "+79001234567", Template: "registration_code"})
		return 0, errors.Join(err, failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if all, err := service.Inbox(t.Context(), ""); err != nil || len(all) != 0 {
		t.Errorf("%d messages were sent for what did not happen, %v", len(all), err)
	}
}

func TestMaskedShowsLittle(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"+79001234567": "+7 *** ***-**-67", "+442079460958": "+44 ** **** **58", "+998901234567": "+998 ** *** ** 67", "+12025550143": "+1 ***-***-**43",
		"+99912345": "+9*****45", "12345": "*****", "": "", "anna@example.com": "an************om",
	} {
		if got := delivery.Masked(given); got != want {
			t.Errorf("Masked(%q) = %q, want %q", given, got, want)
		}
	}
}

func box(t *testing.T, key byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func send(t *testing.T, db *postgres.DB, s *delivery.Service, l delivery.Letter) {
	t.Helper()
	if l.ExpiresAt.IsZero() {
		l.ExpiresAt = db.Now().Add(5 * time.Minute)
	}
	_, err := postgres.InTx(context.Background(), db, func(tx *postgres.Tx) (uuid.UUID, error) { return s.Enqueue(tx, l) })
	if err != nil {
		t.Fatal(err)
	}
}
