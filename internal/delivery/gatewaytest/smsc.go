// Package gatewaytest is the outside world of package delivery, for tests: an SMS centre and a mail server on loopback, which speak the
// real protocols, take messages as the real ones do, and fail in the ways of the real ones.
package gatewaytest

import (
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// patience is for what comes by itself; a test that waits this long has failed.
const patience = 30 * time.Second

// The system_id and the password that an SMSC lets in.
const (
	SystemID = "purser"
	Password = "t0psecret"
)

// Behaviour is what a centre does with a submission.
type Behaviour struct {
	Status data.CommandStatusType // the answer; the message is taken when it is 0
	Delay  time.Duration          // before that. When the client hangs up meanwhile, nothing is taken
	Drop   Drop
}

// Drop is when a centre hangs up instead of answering.
type Drop int

// When it hangs up.
const (
	Never  Drop = iota
	Before      // having taken nothing
	After       // having taken the message
)

// SMS is a message that arrived, put together again.
type SMS struct {
	From, To, Text string
	Parts          int
	Validity       string
}

// SMSC is an SMS centre.
type SMSC struct {
	tb       testing.TB
	address  string
	bindings data.CommandStatusType

	mu        sync.Mutex
	listener  net.Listener
	lines     map[net.Conn]bool
	behaviour Behaviour
	taken     []SMS
	parts     map[part][]*pdu.SubmitSM
	submitted int
	enquired  atomic.Int64
	enquiries atomic.Int64
	mute      atomic.Bool
}

type part struct {
	to  string
	ref byte
}

// NewSMSC starts a centre that takes everything. It ends with the test.
func NewSMSC(tb testing.TB) *SMSC {
	tb.Helper()
	s := &SMSC{tb: tb, address: reserve(tb), lines: map[net.Conn]bool{}, parts: map[part][]*pdu.SubmitSM{}}
	s.Up()
	tb.Cleanup(s.Down)
	return s
}

// URL is how a configuration names it.
func (s *SMSC) URL() string {
	return "smpp://" + SystemID + ":" + Password + "@" + s.address + "?from=Purser"
}

// Up begins to listen, at the same address as before.
func (s *SMSC) Up() {
	s.tb.Helper()
	listener, err := (&net.ListenConfig{Control: sharePort}).Listen(s.tb.Context(), "tcp", s.address)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = listener
	go s.accept(listener)
}

// Down drops all lines and refuses new ones.
func (s *SMSC) Down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.listener.Close()
	for line := range s.lines {
		_ = line.Close()
	}
}

// Will sets what it does with submissions from now on.
func (s *SMSC) Will(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour = b
}

// RefuseBinds answers binds with a status from now on; 0 lets them in.
func (s *SMSC) RefuseBinds(status data.CommandStatusType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bindings = status
}

// Taken are the messages that it took and will deliver.
func (s *SMSC) Taken() []SMS {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

// Submitted is how many submissions came, whatever became of them.
func (s *SMSC) Submitted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.submitted
}

// Lines is how many binds are open.
func (s *SMSC) Lines() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lines)
}

// Enquire asks all clients whether they are there, and Enquired counts who answered.
func (s *SMSC) Enquire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range s.lines {
		write(line, pdu.NewEnquireLink())
	}
}

// Enquired is how many answers to Enquire came.
func (s *SMSC) Enquired() int { return int(s.enquired.Load()) }

// Enquiries is how often clients asked whether it is there.
func (s *SMSC) Enquiries() int { return int(s.enquiries.Load()) }

// Mute keeps lines open and answers nothing, as when the other end of a line has gone without a word.
func (s *SMSC) Mute(mute bool) { s.mute.Store(mute) }

func (s *SMSC) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.lines[conn] = true
		s.mu.Unlock()
		go s.serve(conn)
	}
}

// serve speaks with one client. gone ends with the line.
func (s *SMSC) serve(conn net.Conn) {
	gone := make(chan struct{})
	defer func() {
		close(gone)
		_ = conn.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.lines, conn)
	}()
	var writing sync.Mutex
	for bound := false; ; {
		p, err := pdu.Parse(conn)
		if err != nil {
			return
		}
		if s.mute.Load() {
			continue
		}
		switch p := p.(type) {
		case *pdu.EnquireLink:
			s.enquiries.Add(1)
			write(conn, p.GetResponse())
		case *pdu.BindRequest:
			bound = s.bind(conn, p)
			if !bound {
				return
			}
		case *pdu.SubmitSM:
			if !bound {
				s.tb.Error("a message came before the bind")
				return
			}
			go s.submit(conn, p, gone, &writing)
		case *pdu.EnquireLinkResp:
			s.enquired.Add(1)
		case *pdu.Unbind:
			write(conn, p.GetResponse())
			return
		default:
			if p.CanResponse() {
				write(conn, p.GetResponse())
			}
		}
	}
}

func (s *SMSC) bind(conn net.Conn, request *pdu.BindRequest) bool {
	s.mu.Lock()
	status := s.bindings
	s.mu.Unlock()
	switch {
	case request.CommandID != data.BIND_TRANSCEIVER:
		status = data.ESME_RBINDFAIL
	case request.SystemID != SystemID || request.Password != Password:
		status = data.ESME_RINVPASWD
	}
	answer := request.GetResponse().(*pdu.BindResp)
	answer.CommandStatus, answer.SystemID = status, "smsc"
	write(conn, answer)
	return status == data.ESME_ROK
}

func (s *SMSC) submit(conn net.Conn, request *pdu.SubmitSM, gone <-chan struct{}, writing *sync.Mutex) {
	s.mu.Lock()
	s.submitted++
	does := s.behaviour
	s.mu.Unlock()
	if does.Delay > 0 {
		select {
		case <-time.After(does.Delay):
		case <-gone:
			return
		}
	}
	if does.Drop == Before {
		_ = conn.Close()
		return
	}
	if does.Status == data.ESME_ROK {
		s.take(request)
	}
	if does.Drop == After {
		_ = conn.Close()
		return
	}
	answer := request.GetResponse().(*pdu.SubmitSMResp)
	answer.CommandStatus, answer.MessageID = does.Status, "1"
	writing.Lock()
	defer writing.Unlock()
	write(conn, answer)
}

// take keeps a message, when its last part has come.
func (s *SMSC) take(request *pdu.SubmitSM) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []*pdu.SubmitSM{request}
	if total, number, ref, isPart := request.Message.UDH().GetConcatInfo(); isPart {
		key := part{request.DestAddr.Address(), ref}
		if s.parts[key] == nil {
			s.parts[key] = make([]*pdu.SubmitSM, total)
		}
		s.parts[key][number-1] = request
		if slices.Contains(s.parts[key], nil) {
			return
		}
		all = s.parts[key]
		delete(s.parts, key)
	}
	var text strings.Builder
	for _, p := range all {
		piece, err := p.Message.GetMessage()
		if err != nil {
			s.tb.Errorf("a message cannot be read: %v", err)
		}
		if octets, _ := p.Message.GetMessageData(); len(octets) > 160 || (p.Message.Encoding() == data.UCS2 && len(octets) > 140) {
			s.tb.Errorf("a part has %d octets", len(octets))
		}
		text.WriteString(piece)
	}
	s.taken = append(s.taken, SMS{From: request.SourceAddr.Address(), To: "+" + request.DestAddr.Address(), Text: text.String(),
		Parts: len(all), Validity: request.ValidityPeriod})
}

func write(conn net.Conn, p pdu.PDU) {
	buffer := pdu.NewBuffer(nil)
	p.Marshal(buffer)
	_, _ = conn.Write(buffer.Bytes()) // a client that is gone hears nothing
}

// Await waits until something is so, and says what did not come.
func Await(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	deadline := time.After(patience)
	for !so() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			tb.Fatalf("it did not come: %s", what)
		}
	}
}
