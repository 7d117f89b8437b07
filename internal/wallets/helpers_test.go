package wallets_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/wallets"
	"purser/models"
)

// room is the service on a database of its own, with a clock that stands still.
type room struct {
	*wallets.Service
	db    *postgres.DB
	clock *pgtest.Clock
}

func newRoom(t *testing.T) room {
	t.Helper()
	clock := pgtest.NewClock()
	db := pgtest.NewWith(t, postgres.Options{Clock: clock.Now})
	service, err := wallets.New(t.Context(), db, events.NewHub(db, slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return room{service, db, clock}
}

// person is an account without wallets.
func (r room) person(t *testing.T) uuid.UUID {
	t.Helper()
	id, wmid := uuid.New(), number.NewWMID()
	r.exec(t, `INSERT INTO accounts (id, wmid, role, status, certificate_level, locale, phone_mac, email_mac, password_hash, security_answer_hash, created_at)
VALUES ($1, $2, 'PERSON', 'ACTIVE', 'ALIAS', 'EN', decode(md5($2), 'hex'), decode(md5($2), 'hex'), '', '', $3)`,
		id, wmid, r.clock.Now())
	return id
}

func (r room) open(t *testing.T, account uuid.UUID, letter, name string) models.Wallet {
	t.Helper()
	wallet, err := r.Open(t.Context(), account, letter, name)
	if err != nil {
		t.Fatal(err)
	}
	return wallet
}

// fill sets a balance, behind the ledger's back.
func (r room) fill(t *testing.T, w models.Wallet, minor int64) {
	t.Helper()
	r.exec(t, `UPDATE wallets SET balance = $2 WHERE id = $1`, w.ID, minor)
}

func (r room) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := r.db.Pool.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// defaults are the numbers of an account's default wallets.
func (r room) defaults(t *testing.T, account uuid.UUID) map[string]string {
	t.Helper()
	all, err := r.Wallets(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, w := range all {
		if w.IsDefault {
			found[w.Currency] = w.Number
		}
	}
	return found
}

// mistyped is a number with one wrong digit.
func mistyped(number string) string {
	last := len(number) - 1
	return number[:last] + string('0'+(number[last]-'0'+1)%10)
}

func wantFault(t *testing.T, err error, code fault.Code, field ...string) {
	t.Helper()
	faults, ok := fault.All(err)
	if !ok || len(faults) != 1 || faults[0].Code != code {
		t.Errorf("answered %v, want %s", err, code)
		return
	}
	if len(field) > 0 && (len(faults[0].Field) != 1 || faults[0].Field[0] != field[0]) {
		t.Errorf("%s points at %v, want %v", code, faults[0].Field, field)
	}
}

// second keeps the error of two results.
func second[T any](_ T, err error) error { return err }

// entries is a part of one wallet's statement.
func (r room) part(t *testing.T, wallet int64, span wallets.Span) ([]models.Entry, error) {
	t.Helper()
	found, err := r.EntriesOf(t.Context(), []int64{wallet}, span)
	return found[wallet], err
}
