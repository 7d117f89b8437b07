package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

const (
	// enquireEvery keeps an idle bind alive. Centres hang up after a minute or more.
	enquireEvery = 20 * time.Second
	writeWithin  = 5 * time.Second
)

// bind is one session with a centre. Answers come in any order and find their question by its number. When the line breaks, all who
// wait hear of it, and the gateway makes another.
type bind struct {
	conn    *gosmpp.Connection
	writing sync.Mutex
	broken  chan struct{} // closed with the line

	mu      sync.Mutex
	waiting map[int32]chan data.CommandStatusType
	heard   int // how much the centre has said
}

func newBind(conn *gosmpp.Connection, enquire time.Duration) *bind {
	b := &bind{conn: conn, broken: make(chan struct{}), waiting: map[int32]chan data.CommandStatusType{}}
	_ = conn.SetDeadline(time.Time{}) // the dialer's; a line that is broken already shows at the first reading
	go b.read()
	go b.enquire(enquire)
	return b
}

func (b *bind) alive() bool {
	select {
	case <-b.broken:
		return false
	default:
		return true
	}
}

// submit hands one SMS over and waits for the answer, until ctx ends. If the centre has said nothing at all meanwhile, the line is
// given up.
func (b *bind) submit(ctx context.Context, request *pdu.SubmitSM) error {
	request.AssignSequenceNumber()
	answer := make(chan data.CommandStatusType, 1)
	b.mu.Lock()
	b.waiting[request.GetSequenceNumber()] = answer
	heard := b.heard
	b.mu.Unlock()
	defer b.forget(request.GetSequenceNumber())

	if !b.alive() {
		return &Failure{Class: Unavailable, Status: "SMPP line"}
	}
	if err := b.write(request); err != nil {
		return &Failure{Class: NoAnswer, Status: "SMPP line"} // who knows how much of it arrived
	}
	select {
	case s := <-answer:
		return verdict(s)
	case <-b.broken:
	case <-ctx.Done():
		if b.silentSince(heard) {
			b.end()
		}
	}
	select {
	case s := <-answer: // it came with the end
		return verdict(s)
	default:
		return &Failure{Class: NoAnswer, Status: "SMPP"}
	}
}

// silentSince tells whether the centre has said nothing since it had said so much.
func (b *bind) silentSince(heard int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heard == heard
}

func (b *bind) forget(number int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.waiting, number)
}

func (b *bind) write(p pdu.PDU) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	err := b.conn.SetWriteTimeout(writeWithin)
	if err == nil {
		_, err = b.conn.WritePDU(p)
	}
	if err != nil {
		b.end()
	}
	return err
}

// read takes what the centre says until the line ends.
func (b *bind) read() {
	defer b.end()
	for {
		p, err := pdu.Parse(b.conn)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.heard++
		answer := b.waiting[p.GetSequenceNumber()]
		b.mu.Unlock()
		switch p := p.(type) {
		case *pdu.SubmitSMResp:
			hand(answer, p.CommandStatus)
		case *pdu.GenericNack:
			hand(answer, p.CommandStatus)
		case *pdu.Unbind:
			_ = b.write(p.GetResponse())
			return
		default:
			if p.CanResponse() { // an enquiry; a receipt that we did not ask for
				_ = b.write(p.GetResponse())
			}
		}
	}
}

// hand gives an answer to who waits for it; a second answer goes nowhere.
func hand(answer chan data.CommandStatusType, s data.CommandStatusType) {
	select {
	case answer <- s:
	default:
	}
}

// enquire asks an idle centre whether it is there, and gives the line up when nothing has come by the next time.
func (b *bind) enquire(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for heard := -1; ; {
		select {
		case <-b.broken:
			return
		case <-ticker.C:
		}
		if b.silentSince(heard) {
			b.end()
			return
		}
		b.mu.Lock()
		heard = b.heard
		b.mu.Unlock()
		_ = b.write(pdu.NewEnquireLink()) // a failure ends the bind
	}
}

// bye unbinds, without waiting for the answer.
func (b *bind) bye() {
	if b.alive() {
		_ = b.write(pdu.NewUnbind())
	}
	b.end()
}

// end drops the line. A repeat does nothing.
func (b *bind) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.broken:
	default:
		close(b.broken)
		_ = b.conn.Close()
	}
}
