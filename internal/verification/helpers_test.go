package verification_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

const (
	phone  = "+79001234567"
	phone2 = "+79007654321"
	ttl    = 5 * time.Minute
	cool   = time.Minute
	perDay = 20
)

// room is the service on a database of its own, with a clock that stands still.
type room struct {
	*verification.Service
	db    *postgres.DB
	clock *pgtest.Clock
	inbox *delivery.Service
}

func newRoom(t *testing.T) room {
	t.Helper()
	clock := pgtest.NewClock()
	return roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now}), clock)
}

// roomOn is another server on a database.
func roomOn(t *testing.T, db *postgres.DB, clock *pgtest.Clock) room {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	inbox := delivery.New(db, box)
	config := verification.Config{TTL: ttl, ResendAfter: cool, PerDay: perDay}
	return room{verification.New(db, box, inbox, config), db, clock, inbox}
}

func (r room) tryBegin(purpose verification.Purpose, to string) (models.Challenge, error) {
	return postgres.InTx(context.Background(), r.db, func(tx *postgres.Tx) (models.Challenge, error) {
		return r.Begin(tx, verification.Request{Purpose: purpose, Phone: to, Locale: locale.EN, Template: "registration_code"})
	})
}

func (r room) begin(t *testing.T, purpose verification.Purpose, to string) models.Challenge {
	t.Helper()
	challenge, err := r.tryBegin(purpose, to)
	if err != nil {
		t.Fatal(err)
	}
	return challenge
}

// check tries a code as a room does: a refusal is committed.
func (r room) check(id uuid.UUID, purpose verification.Purpose, code string) error {
	refusal, err := postgres.InTx(context.Background(), r.db, func(tx *postgres.Tx) (*fault.Fault, error) {
		return r.Check(tx, id, purpose, code)
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return err
}

// code is the newest one that reached a phone.
func (r room) code(t *testing.T, to string) string {
	t.Helper()
	inbox, err := r.inbox.Inbox(t.Context(), to)
	if err != nil || len(inbox) == 0 {
		t.Fatalf("the inbox of %s has %d messages, %v", to, len(inbox), err)
	}
	return inbox[0].Code
}

// wrong is a code that differs from the right one, as number n of many.
func wrong(right string, n int) string {
	code := []byte(right)
	code[n%len(code)] = '0' + (code[n%len(code)]-'0'+byte(1+n/len(code)))%10
	return string(code)
}

func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("answered %v, want %s", err, code)
	}
}
