package gatewaytest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Letter is a letter that arrived.
type Letter struct {
	From, To, Subject, Text, MessageID string
	Secure                             bool // the line was encrypted
}

// MailServer is a server for SMTP with STARTTLS and a certificate of its own.
type MailServer struct {
	// Certificate is its certificate in PEM: whoever trusts it can speak to the server.
	Certificate []byte

	tb      testing.TB
	address string
	mu      sync.Mutex
	refusal error
	taken   []Letter
	tries   int
}

// NewMailServer starts a server that takes everything from whoever signs in. Without TLS it offers no STARTTLS.
func NewMailServer(tb testing.TB, withTLS bool) *MailServer {
	tb.Helper()
	m := &MailServer{tb: tb}
	server := smtp.NewServer(m)
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "localhost", true, log.New(io.Discard, "", 0)
	server.ReadTimeout, server.WriteTimeout = patience, patience
	if withTLS {
		server.TLSConfig, m.Certificate = certify(tb)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	m.address = listener.Addr().String()
	go func() { _ = server.Serve(listener) }()
	tb.Cleanup(func() { _ = server.Close() })
	return m
}

// URL is how a configuration names it.
func (m *MailServer) URL() string {
	return "smtp://" + SystemID + ":" + Password + "@" + m.address + "?from=pay@purser.test"
}

// TLS trusts the server's certificate.
func (m *MailServer) TLS() *tls.Config { return trusting(m.Certificate) }

// Refuse answers recipients with a code from now on, such as 451 or 550; 0 takes them.
func (m *MailServer) Refuse(code int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusal = nil
	if code != 0 {
		m.refusal = &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "no"}
	}
}

// Taken are the letters that it took.
func (m *MailServer) Taken() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.taken)
}

// Tries is how often a recipient was named.
func (m *MailServer) Tries() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tries
}

// NewSession is part of go-smtp's interface.
func (m *MailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &mailSession{server: m, conn: c}, nil
}

type mailSession struct {
	server   *MailServer
	conn     *smtp.Conn
	signedIn bool
	from, to string
}

// AuthMechanisms is part of go-smtp's interface.
func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth is part of go-smtp's interface.
func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != SystemID || password != Password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

// Mail is part of go-smtp's interface.
func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

// Rcpt is part of go-smtp's interface.
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.tries++
	s.to = to
	return s.server.refusal
}

// Data is part of go-smtp's interface.
func (s *mailSession) Data(r io.Reader) error {
	letter, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	text, readErr := io.ReadAll(quotedprintable.NewReader(letter.Body))
	if err := errors.Join(err, readErr); err != nil {
		return err
	}
	_, secure := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.taken = append(s.server.taken, Letter{From: s.from, To: s.to, Subject: subject, MessageID: letter.Header.Get("Message-Id"),
		Text: string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))), Secure: secure})
	return nil
}

// Reset is part of go-smtp's interface.
func (s *mailSession) Reset() {}

// Logout is part of go-smtp's interface.
func (s *mailSession) Logout() error { return nil }
