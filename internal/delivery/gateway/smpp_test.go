package gateway_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/linxGnu/gosmpp/data"

	"purser/internal/delivery/gateway"
	"purser/internal/delivery/gatewaytest"
)

const phone = "+79001234567"

var code = gateway.Message{ID: "0197a2b4-0000-7000-8000-0000000000ff", To: phone, Text: "012345 is your Purser code", Life: 5 * time.Minute}

func open(t *testing.T, address string, o gateway.Options) gateway.Gateway {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New("sms-1", u, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// send is one attempt of at most three seconds, which a conversation must not need on a busy machine, and what class its failure has.
func send(t *testing.T, g gateway.Gateway, m gateway.Message) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := g.Send(ctx, m); err != nil {
		return gateway.Class(err)
	}
	return ""
}

func TestASubmissionHasOneOutcome(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		does  gatewaytest.Behaviour
		want  string
		taken int
	}{
		"taken":                    {gatewaytest.Behaviour{}, "", 1},
		"taken after a while":      {gatewaytest.Behaviour{Delay: 100 * time.Millisecond}, "", 1},
		"not answered in time":     {gatewaytest.Behaviour{Delay: time.Minute}, gateway.NoAnswer, 0},
		"a number that is none":    {gatewaytest.Behaviour{Status: data.ESME_RINVDSTADR}, gateway.Refused, 0},
		"too many at a time":       {gatewaytest.Behaviour{Status: data.ESME_RTHROTTLED}, gateway.Unavailable, 0},
		"a full queue":             {gatewaytest.Behaviour{Status: data.ESME_RMSGQFUL}, gateway.Unavailable, 0},
		"a line that broke before": {gatewaytest.Behaviour{Drop: gatewaytest.Before}, gateway.NoAnswer, 0},
		"a line that broke after":  {gatewaytest.Behaviour{Drop: gatewaytest.After}, gateway.NoAnswer, 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			smsc := gatewaytest.NewSMSC(t)
			smsc.Will(c.does)
			g := open(t, smsc.URL(), gateway.Options{})
			if got := send(t, g, code); got != c.want {
				t.Errorf("the outcome is %q, want %q", got, c.want)
			}
			if got := len(smsc.Taken()); got != c.taken {
				t.Errorf("%d messages were taken, want %d", got, c.taken)
			}
			smsc.Will(gatewaytest.Behaviour{}) // the gateway binds anew when it must
			if got := send(t, g, code); got != "" {
				t.Errorf("afterwards the outcome is %q", got)
			}
		})
	}
}

func TestACentreThatCannotBeSpokenToIsUnavailable(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	g := open(t, smsc.URL(), gateway.Options{})
	smsc.RefuseBinds(data.ESME_RBINDFAIL)
	if got := send(t, g, code); got != gateway.Unavailable {
		t.Errorf("a refused bind is %q", got)
	}
	stranger := open(t, strings.Replace(smsc.URL(), gatewaytest.Password, "guess", 1), gateway.Options{})
	smsc.RefuseBinds(0)
	if got := send(t, stranger, code); got != gateway.Unavailable {
		t.Errorf("a wrong password is %q", got)
	}
	smsc.Down()
	if got := send(t, g, code); got != gateway.Unavailable {
		t.Errorf("nobody there is %q", got)
	}
	smsc.Up()
	if got := send(t, g, code); got != "" {
		t.Errorf("there again is %q", got)
	}
	if taken := smsc.Taken(); len(taken) != 1 || smsc.Submitted() != 1 {
		t.Errorf("taken: %v of %d", taken, smsc.Submitted())
	}
}

func TestAnIdleLineIsReplacedWhenItHasBroken(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	g := open(t, smsc.URL(), gateway.Options{})
	for range 2 {
		if got := send(t, g, code); got != "" {
			t.Fatalf("the outcome is %q", got)
		}
		if lines := smsc.Lines(); lines != 1 {
			t.Errorf("%d lines are open", lines)
		}
		smsc.Enquire()
		gatewaytest.Await(t, "an answer to the enquiry", func() bool { return smsc.Enquired() > 0 })
	}
	smsc.Down()
	smsc.Up()
	// Until the end of the old line has been noticed, nobody can know whether what was written to it has arrived.
	gatewaytest.Await(t, "a message on a new line", func() bool { return send(t, g, code) == "" })
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	gatewaytest.Await(t, "the end of the bind", func() bool { return smsc.Lines() == 0 })
}

func TestADeadLineIsNoticedWhileItIsIdle(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	g := open(t, smsc.URL(), gateway.Options{Enquire: time.Second})
	if got := send(t, g, code); got != "" {
		t.Fatalf("the outcome is %q", got)
	}
	gatewaytest.Await(t, "some enquiries", func() bool { return smsc.Enquiries() >= 3 })
	if lines := smsc.Lines(); lines != 1 {
		t.Errorf("a line that answers was left: %d are open", lines)
	}
	smsc.Mute(true)
	gatewaytest.Await(t, "the end of the line", func() bool { return smsc.Lines() == 0 })
	smsc.Mute(false)
	if got := send(t, g, code); got != "" {
		t.Errorf("on a new line the outcome is %q", got)
	}
}

func TestALineToACentreCanBeEncrypted(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	address, trust := smsc.Encrypted()
	if got := send(t, open(t, address, gateway.Options{}), code); got != gateway.Unavailable || smsc.Submitted() != 0 {
		t.Errorf("with a certificate of nobody's the outcome is %q", got)
	}
	if got := send(t, open(t, address, gateway.Options{TLS: trust}), code); got != "" || len(smsc.Taken()) != 1 {
		t.Errorf("the outcome is %q, taken %v", got, smsc.Taken())
	}
}

func TestManyShareOneLine(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	smsc.Will(gatewaytest.Behaviour{Delay: 10 * time.Millisecond})
	g := open(t, smsc.URL(), gateway.Options{})
	var senders sync.WaitGroup
	for range 30 {
		senders.Go(func() {
			if got := send(t, g, code); got != "" {
				t.Errorf("the outcome is %q", got)
			}
		})
	}
	senders.Wait()
	if taken, lines := len(smsc.Taken()), smsc.Lines(); taken != 30 || lines != 1 {
		t.Errorf("%d messages were taken on %d lines", taken, lines)
	}
}

// TestOneSlowAnswerEndsNoOthers: a centre that answers others is well.
func TestOneSlowAnswerEndsNoOthers(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	g := open(t, smsc.URL(), gateway.Options{})
	smsc.Will(gatewaytest.Behaviour{Delay: time.Minute})
	slow := make(chan string, 1)
	go func() { slow <- send(t, g, code) }()
	gatewaytest.Await(t, "the slow submission", func() bool { return smsc.Submitted() == 1 })
	smsc.Will(gatewaytest.Behaviour{})
	if got := send(t, g, code); got != "" {
		t.Errorf("beside the slow one the outcome is %q", got)
	}
	if got := <-slow; got != gateway.NoAnswer {
		t.Errorf("the slow one is %q", got)
	}
	if lines := smsc.Lines(); lines != 1 {
		t.Errorf("%d lines are left", lines)
	}
}

func TestTextsArriveAsTheyWere(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		text  string
		parts int
	}{
		"English":                  {"012345 is your Purser code", 1},
		"English, just one":        {strings.Repeat("a", 160), 1},
		"English, just two":        {strings.Repeat("a", 161), 2},
		"letters of GSM":           {"£¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¤¡ÄÖÑÜ§¿äöñüà", 1},
		"what GSM has to escape":   {"[code] {012345} €", 1},
		"Russian":                  {"012345 — ваш код Purser", 1},
		"Russian, just one":        {strings.Repeat("я", 70), 1},
		"Russian, just two":        {strings.Repeat("я", 71), 2},
		"Russian of three":         {strings.Repeat("Никому не сообщайте код. ", 6), 3},
		"emoji at the cut":         {strings.Repeat("я", 66) + "🙂" + strings.Repeat("я", 10), 2},
		"emoji that are too many":  {strings.Repeat("🙂", 40), 2},
		"nothing":                  {"", 1},
		"quotes from a typewriter": {"“Anna”", 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			smsc := gatewaytest.NewSMSC(t)
			m := code
			m.Text = c.text
			if got := send(t, open(t, smsc.URL(), gateway.Options{}), m); got != "" {
				t.Fatalf("the outcome is %q", got)
			}
			want := []gatewaytest.SMS{{From: "Purser", To: phone, Text: c.text, Parts: c.parts, Validity: "000000000500000R"}}
			if diff := cmp.Diff(want, smsc.Taken()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAnEndlessTextIsRefused(t *testing.T) {
	t.Parallel()
	smsc := gatewaytest.NewSMSC(t)
	m := code
	m.Text = strings.Repeat("я", 10_000)
	if got := send(t, open(t, smsc.URL(), gateway.Options{}), m); got != gateway.Refused {
		t.Errorf("the outcome is %q", got)
	}
	if got := smsc.Submitted(); got != 0 {
		t.Errorf("%d parts went out", got)
	}
}
