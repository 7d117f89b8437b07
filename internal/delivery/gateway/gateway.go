// Package gateway hands messages to those who take them to people: SMS centres over SMPP, services over HTTP, mail servers over
// SMTP, and push services, which take them to devices. Each knows one message, one attempt, one outcome; whether and when to try again, or elsewhere, is not decided here. What a
// gateway says is never logged or kept: it may quote the message.
package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Message is a message on its way.
type Message struct {
	ID      string // the same at each attempt
	To      string // a phone in E.164, or an address
	Subject string // letters have one
	Text    string
	Life    time.Duration // after which it is worth nothing

	Target *Target           // of a push
	Data   map[string]string // of a push: what it tells the app
}

// Gateway takes messages. Send returns nil when the message was accepted, and otherwise a *Failure. It ends when ctx does, and can
// be called by many at a time.
type Gateway interface {
	Name() string
	Send(ctx context.Context, m Message) error
	Close() error
}

// Why a gateway did not take a message.
const (
	Refused     = "REFUSED"     // it said no, and would again
	Unavailable = "UNAVAILABLE" // it could not be reached, or said: not now
	NoAnswer    = "NO_ANSWER"   // it was told everything and did not answer: it may have taken the message
	Gone        = "GONE"        // there is no such device any more
)

// Failure is why a gateway did not take a message: one of the words above, and a number that its protocol has for it.
type Failure struct {
	Class  string
	Status string        // such as "SMPP 0x00000058", "HTTP 503"; no text of the gateway's
	After  time.Duration // it asked not to be tried sooner; 0 when it did not
}

// Error is the class and the status.
func (f *Failure) Error() string { return f.Class + " " + f.Status }

// Class is the word for err, any error of Send.
func Class(err error) string {
	var f *Failure
	if errors.As(err, &f) {
		return f.Class
	}
	return Unavailable
}

// After is how long a gateway asked to be left alone; 0 when it did not.
func After(err error) time.Duration {
	var f *Failure
	if errors.As(err, &f) {
		return f.After
	}
	return 0
}

// Options are what all gateways have in common.
type Options struct {
	RequireTLS bool        // refuse to speak to a mail server in the clear
	TLS        *tls.Config // nil: the system's certificates
	// Enquire is how often an SMS centre is asked whether it is there; 0 means every 20 seconds.
	Enquire time.Duration
}

// New makes the gateway that an address of the configuration names. It connects when it has something to send.
func New(name string, address *url.URL, o Options) (Gateway, error) {
	switch address.Scheme {
	case "smpp", "smpps":
		return newSMPP(name, address, o), nil
	case "http", "https":
		return newHTTP(name, address, o), nil
	case "smtp":
		return newSMTP(name, address, o)
	}
	return nil, fmt.Errorf("gateway: %s has no protocol %q", name, address.Scheme)
}

// either returns the first that is not empty.
func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
