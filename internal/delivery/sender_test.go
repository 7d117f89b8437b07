package delivery_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/linxGnu/gosmpp/data"

	"purser/internal/delivery"
	"purser/internal/delivery/gateway"
	"purser/internal/delivery/gatewaytest"
	"purser/internal/locale"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/models"
)

func TestThePersonGetsTheCodeOnceThroughTheSecondGateway(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		does  func(first *gatewaytest.SMSC)
		first int    // messages that the first took
		says  string // of the first
	}{
		"the first takes it": {func(*gatewaytest.SMSC) {}, 1, ""},
		"the first takes it late": {
			func(s *gatewaytest.SMSC) { s.Will(gatewaytest.Behaviour{Delay: within / 4}) }, 1, ""},
		"the first delays too long": {
			func(s *gatewaytest.SMSC) { s.Will(gatewaytest.Behaviour{Delay: time.Minute}) }, 0, "sms-1 NO_ANSWER"},
		"the first rejects it": {
			func(s *gatewaytest.SMSC) { s.Will(gatewaytest.Behaviour{Status: data.ESME_RINVDSTADR}) }, 0, "sms-1 REFUSED"},
		"the first is too busy": {
			func(s *gatewaytest.SMSC) { s.Will(gatewaytest.Behaviour{Status: data.ESME_RTHROTTLED}) }, 0, "sms-1 UNAVAILABLE"},
		"the first drops the line": {
			func(s *gatewaytest.SMSC) { s.Will(gatewaytest.Behaviour{Drop: gatewaytest.Before}) }, 0, "sms-1 NO_ANSWER"},
		"the first refuses the bind": {
			func(s *gatewaytest.SMSC) { s.RefuseBinds(data.ESME_RBINDFAIL) }, 0, "sms-1 UNAVAILABLE"},
		"the first is not there": {(*gatewaytest.SMSC).Down, 0, "sms-1 UNAVAILABLE"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			first, second := gatewaytest.NewSMSC(t), gatewaytest.NewSMSC(t)
			c.does(first)
			p := start(t, pgtest.New(t), through(t, first.URL(), second.URL()))
			sent := becomes(t, p.db, p.queue(t, "012345"), models.MessageSent)
			p.stop()

			all := append(first.Taken(), second.Taken()...)
			if len(all) != 1 || all[0].To != phone || !strings.HasPrefix(all[0].Text, "012345 is your Purser code") || len(first.Taken()) != c.first {
				t.Errorf("the first took %v, the second %v", first.Taken(), second.Taken())
			}
			by := map[int]string{1: "sms-1", 0: "sms-2"}[c.first]
			if sent.Gateway != by || sent.LastError != c.says || sent.Attempts != 1 || sent.SentAt == nil || sent.ClaimedUntil != nil {
				t.Errorf("the message is %+v", sent)
			}
			if strings.Contains(p.log.String(), "012345") || strings.Contains(p.log.String(), phone) {
				t.Errorf("the log tells too much: %s", p.log)
			}
		})
	}
}

// TestALineThatDropsAfterTakingItBringsTheCodeTwice: nobody can know. The code is the same, the reason is kept.
func TestALineThatDropsAfterTakingItBringsTheCodeTwice(t *testing.T) {
	t.Parallel()
	first, second := gatewaytest.NewSMSC(t), gatewaytest.NewSMSC(t)
	first.Will(gatewaytest.Behaviour{Drop: gatewaytest.After})
	p := start(t, pgtest.New(t), through(t, first.URL(), second.URL()))
	sent := becomes(t, p.db, p.queue(t, "012345"), models.MessageSent)
	if len(first.Taken()) != 1 || len(second.Taken()) != 1 || first.Taken()[0].Text != second.Taken()[0].Text {
		t.Errorf("the first took %v, the second %v", first.Taken(), second.Taken())
	}
	if sent.Gateway != "sms-2" || sent.LastError != "sms-1 NO_ANSWER" {
		t.Errorf("the message is %+v", sent)
	}
}

func TestTheSecondGatewayMaySpeakHTTP(t *testing.T) {
	t.Parallel()
	first := gatewaytest.NewSMSC(t)
	first.Down()
	bodies := make(chan string, 10)
	second := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { bodies <- r.FormValue("Body") }))
	defer second.Close()
	p := start(t, pgtest.New(t), through(t, first.URL(), second.URL+"?from=Purser"))
	becomes(t, p.db, p.queue(t, "012345"), models.MessageSent)
	if body := <-bodies; !strings.HasPrefix(body, "012345 ") || len(bodies) != 0 {
		t.Errorf("it got %q, and %d more", body, len(bodies))
	}
}

func TestARussianTextArrivesWhole(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	p := start(t, pgtest.New(t), through(t, smsc.URL()))
	becomes(t, p.db, p.queueLetter(t, delivery.Letter{Channel: delivery.SMS, To: phone, Locale: locale.RU, Template: "transfer_code", Code: "012345",
		Values: samples["transfer_code"]}), models.MessageSent)
	const want = "012345 — код для перевода 12,50 WMZ получателю Anna P. (Z123456789012), 12,60 WMZ с комиссией. Не вы? Никому не сообщайте код."
	if taken := smsc.Taken(); len(taken) != 1 || taken[0].Text != want || taken[0].Parts != 2 {
		t.Errorf("taken: %+v", taken)
	}
}

func TestGatewaysThatComeBackGetWhatWaits(t *testing.T) {
	t.Parallel()
	first, second := gatewaytest.NewSMSC(t), gatewaytest.NewSMSC(t)
	first.Down()
	second.Down()
	p := start(t, pgtest.New(t), through(t, first.URL(), second.URL()))
	id := p.queue(t, "012345")
	gatewaytest.Await(t, "a third round", func() bool { return row(t, p.db, id).Attempts >= 3 })
	if m := row(t, p.db, id); m.State != models.MessageQueued {
		t.Errorf("meanwhile the message is %+v", m)
	}
	second.Up()
	becomes(t, p.db, id, models.MessageSent)
	if len(second.Taken()) != 1 || len(first.Taken()) != 0 {
		t.Errorf("the second took %v", second.Taken())
	}
}

func TestAMessageThatNobodyTakesIsAbandoned(t *testing.T) {
	t.Parallel()
	down := gatewaytest.NewSMSC(t)
	down.Down()
	for what, c := range map[string]struct {
		patience delivery.Patience
		life     time.Duration
		rounds   int // exactly so many; 0: some
		why      string
	}{
		"after so many rounds":       {delivery.Patience{First: time.Millisecond, Longest: time.Millisecond, Rounds: 3}, time.Hour, 3, "sms-1 UNAVAILABLE"},
		"before its code is dead":    {delivery.Patience{First: time.Minute, Longest: time.Minute, Rounds: 100}, 30 * time.Second, 1, "sms-1 UNAVAILABLE"},
		"when its code is dead":      {hasty, -time.Second, 1, "EXPIRED"},
		"with time for a few rounds": {hasty, time.Second, 0, "sms-1 UNAVAILABLE"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			config := through(t, down.URL())
			config.ForSMS = c.patience
			p := start(t, pgtest.New(t), config)
			id := p.queueLetter(t, delivery.Letter{Channel: delivery.SMS, To: phone, Template: "registration_code", Code: "012345",
				ExpiresAt: p.db.Now().Add(c.life)})
			m := becomes(t, p.db, id, models.MessageAbandoned)
			if m.LastError != c.why || (c.rounds > 0 && m.Attempts != c.rounds) || m.SentAt != nil {
				t.Errorf("the message is %+v", m)
			}
			p.stop()
			if log := p.log.String(); !strings.Contains(log, "level=WARN msg=\"a message is abandoned\"") || !strings.Contains(log, "to=\"+7 *** ***-**-67\"") ||
				strings.Contains(log, "012345") || strings.Contains(log, phone) {
				t.Errorf("the log says: %s", log)
			}
		})
	}
}

func TestWhatAllGatewaysRefuseIsAbandonedAtOnce(t *testing.T) {
	t.Parallel()
	first, second := gatewaytest.NewSMSC(t), gatewaytest.NewSMSC(t)
	for _, s := range []*gatewaytest.SMSC{first, second} {
		s.Will(gatewaytest.Behaviour{Status: data.ESME_RINVDSTADR})
	}
	p := start(t, pgtest.New(t), through(t, first.URL(), second.URL()))
	m := becomes(t, p.db, p.queue(t, "012345"), models.MessageAbandoned)
	if m.Attempts != 1 || m.LastError != "sms-1 REFUSED, sms-2 REFUSED" {
		t.Errorf("the message is %+v", m)
	}
	if first.Submitted() != 1 || second.Submitted() != 1 {
		t.Errorf("%d and %d submissions", first.Submitted(), second.Submitted())
	}
}

func TestALetterIsTriedAgainAndABounceIsFinal(t *testing.T) {
	t.Parallel()
	server := gatewaytest.NewMailServer(t, true)
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New("smtp", u, gateway.Options{RequireTLS: true, TLS: server.TLS()})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, pgtest.New(t), delivery.Config{Email: []gateway.Gateway{g}})
	letter := delivery.Letter{Channel: delivery.Email, To: "anna@example.com", Locale: locale.RU, Template: "verify_email", Values: samples["verify_email"],
		Link: "https://pay.example/verify-email#token=abc"}

	server.Refuse(451)
	id := p.queueLetter(t, letter)
	gatewaytest.Await(t, "a second try", func() bool { return server.Tries() >= 2 })
	server.Refuse(0)
	if m := becomes(t, p.db, id, models.MessageSent); m.Gateway != "smtp" {
		t.Errorf("the message is %+v", m)
	}
	taken := server.Taken()
	if len(taken) != 1 || taken[0].Subject != "Подтвердите e-mail" || !strings.Contains(taken[0].Text, letter.Link) || !taken[0].Secure {
		t.Errorf("taken: %+v", taken)
	}
	server.Refuse(550)
	if m := becomes(t, p.db, p.queueLetter(t, letter), models.MessageAbandoned); m.Attempts != 1 || m.LastError != "smtp REFUSED" {
		t.Errorf("the bounced message is %+v", m)
	}
}

func TestNothingLeavesForWhatDidNotHappen(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	p := start(t, pgtest.New(t), through(t, smsc.URL()))
	failed := errors.New("failed")
	_, err := postgres.InTx(t.Context(), p.db, func(tx *postgres.Tx) (int, error) {
		_, err := p.Enqueue(tx, delivery.Letter{Channel: delivery.SMS, To: phone, Template: "registration_code", Code: "000000", ExpiresAt: tx.Now.Add(time.Hour)})
		return 0, errors.Join(err, failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	becomes(t, p.db, p.queue(t, "012345"), models.MessageSent) // which was queued later
	var left int
	if err := p.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&left); err != nil || left != 1 {
		t.Errorf("there are %d jobs, %v", left, err)
	}
	if taken := smsc.Taken(); len(taken) != 1 || !strings.HasPrefix(taken[0].Text, "012345") {
		t.Errorf("taken: %+v", taken)
	}
}

func TestAJobTellsNothingButItsMessage(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	service := delivery.New(db, box(t, 1))
	send(t, db, service, delivery.Letter{Channel: delivery.SMS, To: phone, Template: "registration_code", Code: "041975"})
	var id, args string
	if err := db.Pool.QueryRow(t.Context(), `SELECT m.id::text, j.args::text FROM messages m, river_job j`).Scan(&id, &args); err != nil {
		t.Fatal(err)
	}
	if want := `{"message_id": "` + id + `"}`; args != want {
		t.Errorf("the job carries %s, want %s", args, want)
	}
}

func TestAWithdrawnMessageIsNotSent(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	smsc.Down()
	p := start(t, pgtest.New(t), through(t, smsc.URL()))
	id := p.queue(t, "012345")
	gatewaytest.Await(t, "a first round", func() bool { return row(t, p.db, id).Attempts >= 1 })
	if _, err := postgres.InTx(t.Context(), p.db, func(tx *postgres.Tx) (int, error) { return 0, p.Withdraw(tx, id) }); err != nil {
		t.Fatal(err)
	}
	smsc.Up()
	sent := p.queue(t, "543210")
	becomes(t, p.db, sent, models.MessageSent)
	if _, err := postgres.InTx(t.Context(), p.db, func(tx *postgres.Tx) (int, error) { return 0, p.Withdraw(tx, sent) }); err != nil {
		t.Fatal(err)
	}
	if a, b := row(t, p.db, id), row(t, p.db, sent); a.State != models.MessageAbandoned || a.LastError != "WITHDRAWN" || b.State != models.MessageSent {
		t.Errorf("they are %+v and %+v", a, b)
	}
	if taken := smsc.Taken(); len(taken) != 1 || !strings.HasPrefix(taken[0].Text, "543210") {
		t.Errorf("taken: %+v", taken)
	}
}

func TestWithoutGatewaysMessagesStayInTheInbox(t *testing.T) {
	t.Parallel()
	p := start(t, pgtest.New(t), delivery.Config{})
	id := p.queue(t, "012345")
	if inbox, err := p.Inbox(t.Context(), phone); err != nil || len(inbox) != 1 || inbox[0].Code != "012345" {
		t.Errorf("at once there is %v, %v", inbox, err)
	}
	if m := becomes(t, p.db, id, models.MessageSent); m.Gateway != "console" {
		t.Errorf("the message is %+v", m)
	}
	p.stop()
	if log := p.log.String(); !strings.Contains(log, id.String()) || !strings.Contains(log, "+7 *** ***-**-67") || strings.Contains(log, "012345") || strings.Contains(log, phone) {
		t.Errorf("the log says: %s", log)
	}
}

func TestAMessageSealedUnderAnotherKeyIsNotLost(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	db := pgtest.New(t)
	p := start(t, db, through(t, smsc.URL()))
	other := post{Service: delivery.New(db, box(t, 2)), db: db}
	id := other.queue(t, "012345")
	gatewaytest.Await(t, "a second round", func() bool { return row(t, db, id).Attempts >= 2 })
	if m := row(t, p.db, id); m.State != models.MessageQueued || m.LastError != "UNREADABLE" {
		t.Errorf("the message is %+v", m)
	}
}

func TestSweepGivesUpWhatRanOut(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	db := pgtest.NewWith(t, postgres.Options{Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	p := post{Service: delivery.New(db, box(t, 1)), db: db} // nobody runs its jobs
	sender := delivery.NewSender(db, box(t, 1), slog.New(slog.DiscardHandler), delivery.Config{})
	id := p.queue(t, "012345")
	for _, c := range []struct {
		ahead time.Duration
		want  string
	}{{0, models.MessageQueued}, {6 * time.Minute, models.MessageAbandoned}} {
		ahead.Store(int64(c.ahead))
		if err := sender.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if m := row(t, db, id); m.State != c.want {
			t.Errorf("after %s it is %+v", c.ahead, m)
		}
		for _, state := range []string{models.MessageQueued, models.MessageAbandoned} {
			if got, want := unsent(t, sender, state), map[bool]float64{true: 1}[state == c.want]; got != want {
				t.Errorf("after %s %v messages are %s, want %v", c.ahead, got, state, want)
			}
		}
	}
	states, err := p.States(t.Context(), []uuid.UUID{id, uuid.New()})
	if err != nil || len(states) != 1 || states[id] != models.MessageAbandoned {
		t.Errorf("the states are %v, %v", states, err)
	}
}
