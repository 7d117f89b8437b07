package events_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/ledger/ledgertest"
	"purser/internal/number"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/models"
)

const patience = 20 * time.Second // for what comes by itself

func runHub(t *testing.T, db *postgres.DB) *events.Hub {
	t.Helper()
	hub := events.NewHub(db, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { hub.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return hub
}

func newAccount(t *testing.T, db *postgres.DB) uuid.UUID {
	t.Helper()
	return ledgertest.NewPerson(t, db, number.NewWMID(), number.NewWallet("Z")).Account
}

func appendEvents(t *testing.T, db *postgres.DB, drafts ...events.Draft) {
	t.Helper()
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (struct{}, error) {
		return struct{}{}, events.AppendTx(tx, drafts...)
	})
	if err != nil {
		t.Error(err)
	}
}

func changed(account uuid.UUID) events.Draft {
	return events.Draft{AccountID: account, Kind: models.EventAccountChanged, Subject: account.String()}
}

// expect reads events and checks that they come with the numbers from first to last.
func expect(t *testing.T, from <-chan models.Event, first, last int64) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for want := first; want <= last; want++ {
		select {
		case event := <-from:
			if event.Seq != want {
				t.Fatalf("event %d came where %d was due", event.Seq, want)
			}
		case <-timer.C:
			t.Fatalf("event %d did not come", want)
		}
	}
}

func TestNumbersHaveNoGapsWhoeverWrites(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	one, two := newAccount(t, db), newAccount(t, db)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if i%2 == 0 {
				appendEvents(t, db, changed(one), changed(two), changed(one))
			} else {
				appendEvents(t, db, changed(two), changed(one), changed(two))
			}
		})
	}
	all.Wait()
	for _, account := range []uuid.UUID{one, two} {
		if head, err := events.Head(t.Context(), db, account); err != nil || head != 60 {
			t.Errorf("the head is %d, %v", head, err)
		}
	}
	ledgertest.Check(t, db)
}

func TestEventsOfAnUndoneTransactionLeaveNoGap(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	account := newAccount(t, db)
	appendEvents(t, db, changed(account))
	_, err := postgres.InTx(t.Context(), db, func(tx *postgres.Tx) (struct{}, error) {
		if err := events.AppendTx(tx, changed(account)); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, context.Canceled
	})
	if err == nil {
		t.Fatal("the transaction was not undone")
	}
	appendEvents(t, db, changed(account))
	page, err := events.Page(t.Context(), db, account, 0, 10)
	if err != nil || len(page) != 2 || page[1].Seq != 2 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestASubscriberGetsWhatIsStoredAndThenWhatComes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	hub, elsewhere := runHub(t, db), runHub(t, db)
	account, other := newAccount(t, db), newAccount(t, db)
	for range 5 {
		appendEvents(t, db, changed(account), changed(other))
	}
	ctx, leave := context.WithCancel(t.Context())
	news := hub.Subscribe(ctx, account, 2)
	expect(t, news, 3, 5)
	for range 20 {
		appendEvents(t, db, changed(account), changed(other))
		elsewhere.Publish(account, other)
	}
	expect(t, news, 6, 25)

	leave()
	if _, open := <-news; open {
		t.Error("an event came after leaving")
	}
}

func TestALostWakeUpIsCured(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	hub := runHub(t, db)
	account := newAccount(t, db)
	news := hub.Subscribe(t.Context(), account, 0)
	appendEvents(t, db, changed(account)) // and nobody publishes
	expect(t, news, 1, 1)
}

func TestASlowReaderHoldsUpNobody(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	hub := runHub(t, db)
	account := newAccount(t, db)
	slow, quick := hub.Subscribe(t.Context(), account, 0), hub.Subscribe(t.Context(), account, 0)
	for range 300 {
		appendEvents(t, db, changed(account))
	}
	hub.Publish(account)
	expect(t, quick, 1, 300)
	expect(t, slow, 1, 300)
}

func TestListeningSurvivesALostConnection(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	hub := runHub(t, db)
	account := newAccount(t, db)
	news := hub.Subscribe(t.Context(), account, 0)
	appendEvents(t, db, changed(account))
	hub.Publish(account)
	expect(t, news, 1, 1)

	if _, err := db.Pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	for seq := int64(2); seq <= 5; seq++ {
		appendEvents(t, db, changed(account))
		hub.Publish(account)
		expect(t, news, seq, seq)
	}
}
