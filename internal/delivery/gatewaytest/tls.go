package gatewaytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// certify makes a certificate for this machine, which nobody trusts who is not told to. pem is the certificate alone.
func certify(tb testing.TB) (config *tls.Config, certificate []byte) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	config = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return config, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func trusting(certificate []byte) *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// Encrypted lets the centre be spoken to over TLS: its address then, and whom to trust.
func (s *SMSC) Encrypted() (address string, trust *tls.Config) {
	s.tb.Helper()
	config, certificate := certify(s.tb)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			outer, err := listener.Accept()
			if err != nil {
				return
			}
			go join(outer, s.address)
		}
	}()
	return "smpps://" + SystemID + ":" + Password + "@" + listener.Addr().String() + "?from=Purser", trusting(certificate)
}

// join passes on what two sides say, until one has nothing more to say.
func join(outer net.Conn, address string) {
	defer outer.Close() //nolint:errcheck // the test is over
	inner, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer inner.Close() //nolint:errcheck // the test is over
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{inner, outer}, {outer, inner}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}
