package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// window is how many messages wait for an answer of one centre at a time. Centres throttle those who ask for more.
const window = 10

// smpp is an SMS centre, spoken to by SMPP 3.4 over one bind, which is made when there is something to send.
type smpp struct {
	name      string
	connector func(ctx context.Context) gosmpp.Connector
	from      pdu.Address
	places    chan struct{} // one for each message that waits
	enquire   time.Duration

	mu    sync.Mutex
	bound *bind
}

func newSMPP(name string, address *url.URL, o Options) *smpp {
	host, port := address.Hostname(), either(address.Port(), map[string]string{"smpp": "2775", "smpps": "3550"}[address.Scheme])
	auth := gosmpp.Auth{SMSC: net.JoinHostPort(host, port), SystemID: address.User.Username(), SystemType: address.Query().Get("system_type")}
	auth.Password, _ = address.User.Password()
	g := &smpp{name: name, from: sender(address.Query().Get("from")), places: make(chan struct{}, window),
		enquire: cmp.Or(o.Enquire, enquireEvery)}
	g.connector = func(ctx context.Context) gosmpp.Connector {
		return gosmpp.TRXConnector(func(target string) (net.Conn, error) {
			return dial(ctx, target, host, address.Scheme == "smpps", o.TLS)
		}, auth)
	}
	return g
}

// dial connects; the deadline of ctx holds until the bind has lifted it.
func dial(ctx context.Context, target, host string, secure bool, config *tls.Config) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", target)
	if err != nil {
		return nil, err
	}
	if deadline, has := ctx.Deadline(); has {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if !secure {
		return conn, nil
	}
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.ServerName = host
	guarded := tls.Client(conn, config)
	if err := guarded.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return guarded, nil
}

// Name is the gateway's in the configuration.
func (g *smpp) Name() string { return g.name }

// Close unbinds.
func (g *smpp) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bound != nil {
		g.bound.bye()
	}
	return nil
}

// Send submits the message, in as many parts as it needs. It was accepted when each part was.
func (g *smpp) Send(ctx context.Context, m Message) error {
	pieces, err := parts(m.Text, reference(m.ID))
	if err != nil {
		return &Failure{Class: Refused, Status: "too long"}
	}
	select {
	case g.places <- struct{}{}:
		defer func() { <-g.places }()
	case <-ctx.Done():
		return &Failure{Class: Unavailable, Status: "SMPP window"}
	}
	b, err := g.bind(ctx)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		request, err := piece.submission(g.from, m.To, m.Life)
		if err != nil {
			return &Failure{Class: Refused, Status: "the address is none"}
		}
		if err := b.submit(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// bind is the bind there is, or a new one. One at a time makes it; the others wait for what comes of it.
func (g *smpp) bind(ctx context.Context) (*bind, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ctx.Err() != nil {
		return nil, &Failure{Class: Unavailable, Status: "SMPP connect"}
	}
	if g.bound != nil && g.bound.alive() {
		return g.bound, nil
	}
	conn, err := g.connector(ctx).Connect()
	if err != nil {
		var refused gosmpp.BindError
		if errors.As(err, &refused) {
			return nil, &Failure{Class: Unavailable, Status: "bind " + status(refused.CommandStatus)}
		}
		return nil, &Failure{Class: Unavailable, Status: "SMPP connect"}
	}
	g.bound = newBind(conn, g.enquire)
	return g.bound, nil
}

// reference marks the parts of one message; it is the same at each attempt.
func reference(id string) byte {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return byte(len(id))
	}
	return parsed[len(parsed)-1]
}

func status(s data.CommandStatusType) string { return fmt.Sprintf("SMPP 0x%08X", uint32(s)) }

// verdict reads the answer to a submission. What is about the centre's own state may be otherwise in a moment.
func verdict(s data.CommandStatusType) error {
	switch s {
	case data.ESME_ROK:
		return nil
	case data.ESME_RSYSERR, data.ESME_RMSGQFUL, data.ESME_RTHROTTLED, data.ESME_RINVBNDSTS, data.ESME_RSUBMITFAIL, data.ESME_RX_T_APPN:
		return &Failure{Class: Unavailable, Status: status(s)}
	default:
		return &Failure{Class: Refused, Status: status(s)}
	}
}
