package gateway_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/delivery/gateway"
	"purser/internal/delivery/gatewaytest"
)

var letter = gateway.Message{ID: "0197a2b4-0000-7000-8000-0000000000ff", To: "anna@example.com", Subject: "Подтвердите адрес",
	Text: "Здравствуйте!\n\nhttps://pay.example/verify-email#token=" + strings.Repeat("a", 80) + "\n", Life: time.Hour}

func TestALetterTravelsEncrypted(t *testing.T) {
	t.Parallel()
	server := gatewaytest.NewMailServer(t, true)
	if got := send(t, open(t, server.URL(), gateway.Options{RequireTLS: true, TLS: server.TLS()}), letter); got != "" {
		t.Fatalf("the outcome is %q", got)
	}
	want := []gatewaytest.Letter{{From: "pay@purser.test", To: letter.To, Subject: letter.Subject, Text: letter.Text,
		MessageID: "<" + letter.ID + "@purser.test>", Secure: true}}
	if diff := cmp.Diff(want, server.Taken()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNoLetterTravelsInTheClearWhereItMustNot(t *testing.T) {
	t.Parallel()
	plain := gatewaytest.NewMailServer(t, false)
	if got := send(t, open(t, plain.URL(), gateway.Options{RequireTLS: true}), letter); got != gateway.Unavailable {
		t.Errorf("a server without STARTTLS is %q", got)
	}
	unknown := gatewaytest.NewMailServer(t, true)
	if got := send(t, open(t, unknown.URL(), gateway.Options{RequireTLS: true}), letter); got != gateway.Unavailable {
		t.Errorf("a server with a certificate of nobody's is %q", got)
	}
	for _, server := range []*gatewaytest.MailServer{plain, unknown} {
		if server.Tries() != 0 {
			t.Error("the server was told of the letter")
		}
	}
}

func TestAMailServersAnswerIsAnOutcome(t *testing.T) {
	t.Parallel()
	server := gatewaytest.NewMailServer(t, true)
	g := open(t, server.URL(), gateway.Options{RequireTLS: true, TLS: server.TLS()})
	for _, c := range []struct {
		code int
		want string
	}{{451, gateway.Unavailable}, {550, gateway.Refused}, {0, ""}} {
		server.Refuse(c.code)
		if got := send(t, g, letter); got != c.want {
			t.Errorf("%d is %q, want %q", c.code, got, c.want)
		}
	}
	if taken := server.Taken(); len(taken) != 1 {
		t.Errorf("%d letters were taken", len(taken))
	}
	stranger := open(t, strings.Replace(server.URL(), gatewaytest.Password, "guess", 1), gateway.Options{RequireTLS: true, TLS: server.TLS()})
	if got := send(t, stranger, letter); got != gateway.Unavailable {
		t.Errorf("a wrong password is %q", got)
	}
}

func TestAMailServerThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	g := open(t, "smtp://"+listener.Addr().String()+"?from=pay@purser.test", gateway.Options{})
	if got := send(t, g, letter); got != gateway.Unavailable {
		t.Errorf("the outcome is %q", got)
	}
}

func TestAnAddressCannotBringAHeaderAlong(t *testing.T) {
	t.Parallel()
	server := gatewaytest.NewMailServer(t, true)
	g := open(t, server.URL(), gateway.Options{RequireTLS: true, TLS: server.TLS()})
	m := letter
	m.To = "anna@example.com\r\nBcc: boris@example.com"
	if got := send(t, g, m); got != gateway.Refused {
		t.Errorf("an address of two lines is %q", got)
	}
	m = letter
	m.Subject = "Hello\r\nBcc: boris@example.com"
	if got := send(t, g, m); got != "" {
		t.Fatalf("the outcome is %q", got)
	}
	if taken := server.Taken(); len(taken) != 1 || taken[0].To != letter.To {
		t.Errorf("taken: %+v", taken)
	}
}
