package gatewaytest

import (
	"net"
	"testing"
)

func TestACentreThatIsDownKeepsItsPort(t *testing.T) {
	s := NewSMSC(t)
	s.Down()
	if conn, err := net.Dial("tcp", s.address); err == nil {
		conn.Close()
		t.Error("somebody answers")
	}
	if other, err := net.Listen("tcp", s.address); err == nil {
		other.Close()
		t.Error("another server got the port")
	}
	s.Up()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
