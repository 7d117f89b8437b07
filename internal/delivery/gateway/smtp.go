package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	gomail "github.com/wneessen/go-mail"
)

// post is a mail server that takes letters to others. Each letter has a connection of its own.
type post struct {
	name, from, domain string
	host               string
	options            []gomail.Option
}

func newSMTP(name string, address *url.URL, o Options) (*post, error) {
	port, err := strconv.Atoi(either(address.Port(), "587"))
	if err != nil {
		return nil, fmt.Errorf("gateway: %s: the port is no number", name)
	}
	from, err := mail.ParseAddress(address.Query().Get("from"))
	if err != nil {
		return nil, fmt.Errorf("gateway: %s: from is no address", name)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	config.ServerName = address.Hostname()
	policy := gomail.TLSOpportunistic
	if o.RequireTLS {
		policy = gomail.TLSMandatory
	}
	g := &post{name: name, from: from.String(), domain: domain, host: address.Hostname()}
	g.options = []gomail.Option{gomail.WithPort(port), gomail.WithTLSConfig(config), gomail.WithTLSPolicy(policy), gomail.WithHELO(domain),
		gomail.WithoutNoop(), gomail.WithoutRset()}
	if user := address.User.Username(); user != "" {
		password, _ := address.User.Password()
		// In the clear the library sends a password to nobody.
		g.options = append(g.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	return g, nil
}

// Name is the gateway's in the configuration.
func (g *post) Name() string { return g.name }

// Close does nothing: no connection outlives its letter.
func (g *post) Close() error { return nil }

// Send hands over the letter. Its Message-ID is the same at each attempt, so that whoever gets it twice can tell.
func (g *post) Send(ctx context.Context, m Message) error {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(letter.From(g.from), letter.To(m.To)); err != nil {
		return &Failure{Class: Refused, Status: "the address is none"}
	}
	letter.Subject(m.Subject)
	letter.SetMessageIDWithValue(m.ID + "@" + g.domain)
	letter.SetDate()
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)

	line := &line{}
	defer line.drop()
	defer context.AfterFunc(ctx, line.drop)()
	client, err := gomail.NewClient(g.host, append(slices.Clone(g.options), gomail.WithDialContextFunc(line.dial))...)
	if err != nil {
		return &Failure{Class: Unavailable, Status: "SMTP"}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return &Failure{Class: Unavailable, Status: "SMTP connect"}
	}
	if err := outcome(client.Send(letter)); err != nil {
		return err
	}
	_ = client.Close() // the letter was accepted, however the good-bye goes
	return nil
}

// line is the connection of one letter. The library looks at ctx only while it connects, so whoever ends ctx drops the line.
type line struct {
	mu      sync.Mutex
	conn    net.Conn
	dropped bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dropped {
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	l.conn = conn
	return conn, nil
}

func (l *line) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped = true
	if l.conn != nil {
		_ = l.conn.Close() // twice does no harm
	}
}

// outcome reads what the library makes of the conversation. Code 0 is a line that broke: before the text was handed over nothing
// happened, afterwards nobody knows.
func outcome(err error) error {
	var failed *gomail.SendError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &failed):
		return &Failure{Class: Unavailable, Status: "SMTP"}
	}
	status := fmt.Sprintf("SMTP %d", failed.ErrorCode())
	switch {
	case failed.ErrorCode() == 0 && failed.Reason == gomail.ErrSMTPDataClose:
		return &Failure{Class: NoAnswer, Status: status}
	case failed.ErrorCode() == 0 || failed.IsTemp():
		return &Failure{Class: Unavailable, Status: status}
	default:
		return &Failure{Class: Refused, Status: status}
	}
}
