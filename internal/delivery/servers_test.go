package delivery_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/linxGnu/gosmpp/data"

	"purser/internal/delivery"
	"purser/internal/delivery/gatewaytest"
	"purser/internal/jobs"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/models"
)

// requeue gives a message a second job, as a rescue does for a job that it takes for lost.
func requeue(t *testing.T, db *postgres.DB) {
	t.Helper()
	_, err := db.Pool.Exec(t.Context(), `INSERT INTO river_job (args, kind, queue, max_attempts, state) SELECT args, kind, queue, 25, 'available' FROM river_job`)
	if err != nil {
		t.Fatal(err)
	}
}

// finished waits until no job is left to do.
func finished(t *testing.T, db *postgres.DB) {
	t.Helper()
	gatewaytest.Await(t, "the end of all jobs", func() bool {
		var left int
		err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE finalized_at IS NULL`).Scan(&left)
		return err == nil && left == 0
	})
}

func TestWhatADeadServerQueuedAnotherSends(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	db := pgtest.New(t)
	dead := post{Service: delivery.New(db, box(t, 1)), db: db} // its runner never came to it
	id := dead.queue(t, "012345")
	start(t, db, through(t, smsc.URL()))
	becomes(t, db, id, models.MessageSent)
	if taken := smsc.Taken(); len(taken) != 1 {
		t.Errorf("taken: %+v", taken)
	}
}

func TestTwoServersSendOneMessageOnce(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	smsc.Will(gatewaytest.Behaviour{Delay: within / 2}) // so that both have it in hand
	db := pgtest.New(t)
	queued := post{Service: delivery.New(db, box(t, 1)), db: db}
	var ids []uuid.UUID
	for range 10 {
		ids = append(ids, queued.queue(t, "012345"))
	}
	requeue(t, db)
	for range 2 {
		start(t, db, through(t, smsc.URL()))
	}
	for _, id := range ids {
		becomes(t, db, id, models.MessageSent)
	}
	// A job that found its message in the other's hand looks again when that has had its time.
	_, err := db.Pool.Exec(t.Context(), `UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE state = 'scheduled'`)
	if err != nil {
		t.Fatal(err)
	}
	finished(t, db)
	if taken, submitted := len(smsc.Taken()), smsc.Submitted(); taken != len(ids) || submitted != len(ids) {
		t.Errorf("%d messages were submitted %d times, and taken %d times", len(ids), submitted, taken)
	}
}

// TestAServerThatDiesWhileSendingIsReplaced: it held the message, and River still takes its job for running.
func TestAServerThatDiesWhileSendingIsReplaced(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	db := pgtest.New(t)
	dead := post{Service: delivery.New(db, box(t, 1)), db: db}
	id := dead.queue(t, "012345")
	for _, sql := range []string{
		`UPDATE messages SET attempts = 1, claimed_until = now() + interval '2 seconds'`,
		`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '1 hour', attempted_by = '{dead}'`,
	} {
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	startWith(t, db, through(t, smsc.URL()), jobs.Config{Timeout: time.Second, RescueAfter: 2 * time.Second})
	if m := becomes(t, db, id, models.MessageSent); m.Attempts != 2 {
		t.Errorf("the message is %+v", m)
	}
	if taken := smsc.Taken(); len(taken) != 1 {
		t.Errorf("taken: %+v", taken)
	}
}

func TestAServerThatStopsFinishesWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	smsc.Will(gatewaytest.Behaviour{Delay: within / 2})
	p := start(t, pgtest.New(t), through(t, smsc.URL()))
	id := p.queue(t, "012345")
	gatewaytest.Await(t, "the submission", func() bool { return smsc.Submitted() == 1 })
	p.stop()
	if m := row(t, p.db, id); m.State != models.MessageSent || len(smsc.Taken()) != 1 {
		t.Errorf("the message is %+v, taken %v", m, smsc.Taken())
	}
	if lines := smsc.Lines(); lines != 0 {
		gatewaytest.Await(t, "the end of the line", func() bool { return smsc.Lines() == 0 })
	}
}

// TestAServerThatMustStopLeavesTheRestToTheNext: the time to drain is shorter than the centre's patience.
func TestAServerThatMustStopLeavesTheRestToTheNext(t *testing.T) {
	t.Parallel()
	hangs, well := gatewaytest.NewSMSC(t), gatewaytest.NewSMSC(t)
	hangs.Will(gatewaytest.Behaviour{Delay: time.Minute})
	db := pgtest.New(t)
	c := through(t, hangs.URL(), well.URL())
	c.Within = time.Minute
	service := post{Service: delivery.New(db, box(t, 1)), db: db}
	sender := delivery.NewSender(db, box(t, 1), discard, c)
	runner := jobs.New(db, discard, jobs.Config{})
	sender.Handle(runner)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx, 50*time.Millisecond) }()

	id := service.queue(t, "012345")
	gatewaytest.Await(t, "the submission", func() bool { return hangs.Submitted() == 1 })
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if m := row(t, db, id); m.State != models.MessageQueued || m.ClaimedUntil != nil || m.LastError != "sms-1 NO_ANSWER" || well.Submitted() != 0 {
		t.Errorf("left behind: %+v", m)
	}
	start(t, db, through(t, well.URL()))
	becomes(t, db, id, models.MessageSent)
	if len(well.Taken()) != 1 || len(hangs.Taken()) != 0 {
		t.Errorf("taken: %v and %v", hangs.Taken(), well.Taken())
	}
}

// TestWhatWasTakenLateCounts: another server has claimed the message meanwhile, since the lease had run out.
func TestWhatWasTakenLateCounts(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		does gatewaytest.Behaviour
		want string
	}{
		"taken":     {gatewaytest.Behaviour{Delay: within / 2}, models.MessageSent},
		"not taken": {gatewaytest.Behaviour{Delay: within / 2, Status: data.ESME_RINVDSTADR}, models.MessageQueued},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			smsc := gatewaytest.NewSMSC(t)
			smsc.Will(c.does)
			p := start(t, pgtest.New(t), through(t, smsc.URL()))
			id := p.queue(t, "012345")
			gatewaytest.Await(t, "the submission", func() bool { return smsc.Submitted() == 1 })
			if _, err := p.db.Pool.Exec(t.Context(), `UPDATE messages SET attempts = 2, claimed_until = now() + interval '1 hour'`); err != nil {
				t.Fatal(err)
			}
			p.stop() // which waits for the attempt
			if m := row(t, p.db, id); m.State != c.want || m.Attempts != 2 {
				t.Errorf("the message is %+v", m)
			}
		})
	}
}

// TestAnOutcomeSurvivesADatabaseThatIsAway: what was taken is written down as soon as that is possible, and not sent again.
func TestAnOutcomeSurvivesADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	smsc.Will(gatewaytest.Behaviour{Delay: within / 2})
	p := start(t, pgtest.New(t), through(t, smsc.URL()))
	id := p.queue(t, "012345")
	gatewaytest.Await(t, "the submission", func() bool { return smsc.Submitted() == 1 })
	if _, err := p.db.Pool.Exec(t.Context(), `ALTER TABLE messages RENAME TO messages_away`); err != nil {
		t.Fatal(err)
	}
	gatewaytest.Await(t, "the message", func() bool { return len(smsc.Taken()) == 1 })
	if _, err := p.db.Pool.Exec(t.Context(), `ALTER TABLE messages_away RENAME TO messages`); err != nil {
		t.Fatal(err)
	}
	becomes(t, p.db, id, models.MessageSent)
	finished(t, p.db)
	if taken, submitted := len(smsc.Taken()), smsc.Submitted(); taken != 1 || submitted != 1 {
		t.Errorf("submitted %d times, taken %d times", submitted, taken)
	}
}
