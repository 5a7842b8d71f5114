package forward

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// certificate makes a certificate for 127.0.0.1 that is its own authority. It
// returns the path of the certificate in PEM form.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "receiver"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("there is still not: %s", what)
}

// Real sockets, with the settings of a user.
func TestSockets(t *testing.T) {
	cert, ca := certificate(t)
	_, otherCA := certificate(t)
	server := &tls.Config{Certificates: []tls.Certificate{cert}}
	for _, c := range []struct {
		name     string
		network  string
		tls      *tls.Config
		receiver script
		set      func(*settings.Forward)
		failure  string
	}{
		{"unix", "unix", nil, good, func(*settings.Forward) {}, ""},
		{"unix, shared key", "unix", nil, (&guard{key: "k", name: "server"}).script, func(f *settings.Forward) { f.SharedKey = "k" }, ""},
		{"tcp", "tcp", nil, good, func(*settings.Forward) {}, ""},
		{"tcp, shared key", "tcp", nil, (&guard{key: "k", name: "server", bin: true}).script, func(f *settings.Forward) { f.SharedKey = "k" }, ""},
		{"TLS", "tcp", server, good, func(f *settings.Forward) { f.TLS, f.TLSVerify, f.TLSCAFile = true, true, ca }, ""},
		{"TLS, shared key", "tcp", server, (&guard{key: "k", name: "server"}).script,
			func(f *settings.Forward) { f.TLS, f.TLSVerify, f.TLSCAFile, f.SharedKey = true, true, ca, "k" }, ""},
		{"TLS, not verified", "tcp", server, good, func(f *settings.Forward) { f.TLS = true }, ""},
		{"TLS, another authority", "tcp", server, good,
			func(f *settings.Forward) { f.TLS, f.TLSVerify, f.TLSCAFile = true, true, otherCA }, "certificate signed by unknown authority"},
		{"TLS, the system's authorities", "tcp", server, good, func(f *settings.Forward) { f.TLS, f.TLSVerify = true, true }, "TLS: tls: failed to verify certificate"},
		{"TLS, another host", "tcp", server, good, func(f *settings.Forward) {
			f.TLS, f.TLSVerify, f.TLSCAFile = true, true, ca
			f.Address = strings.Replace(f.Address, "127.0.0.1", "localhost", 1)
		}, "certificate is not valid for any names"},
		{"TLS 1.1", "tcp", &tls.Config{Certificates: server.Certificates, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, good,
			func(f *settings.Forward) { f.TLS = true }, "TLS: tls: protocol version not supported"},
		{"TLS, and a receiver without", "tcp", nil, func(s *session) { _, _ = s.conn.Read(make([]byte, 16000)) },
			func(f *settings.Forward) { f.TLS = true }, "TLS: the receiver closed the connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const n = 2000
			address := "127.0.0.1:0"
			if c.network == "unix" {
				address = filepath.Join(t.TempDir(), "s")
			}
			l, err := net.Listen(c.network, address)
			if err != nil {
				t.Fatal(err)
			}
			f := settings.Forward{Network: c.network, Address: l.Addr().String(), Tag: tagged}
			c.set(&f)
			config, err := NewConfig(&f, "us")
			if err != nil {
				t.Fatal(err)
			}
			r := newReceiver(t)
			// The first few break in the middle.
			breaks := func(s *session) {
				_ = s.conn.SetDeadline(time.Now().Add(20 * time.Millisecond))
				c.receiver(s)
			}
			for range 3 {
				r.scripts = append(r.scripts, breaks)
			}
			for range 100 {
				r.scripts = append(r.scripts, c.receiver)
			}
			listener := l
			if c.tls != nil {
				listener = tls.NewListener(l, c.tls)
			}
			r.listen(listener)
			var log logbook
			defer func() {
				if t.Failed() {
					t.Log(log.all())
				}
			}()
			b := outbox.New("test", 10<<20)
			s := delivery.Start(New(config, log.log()), b.Open(outbox.Filter{}), delivery.Options{Log: log.log(), CloseTimeout: closeTimeout})
			for i := 0; i < n; i += 100 {
				put(t, b, alerts(i, 100))
				time.Sleep(time.Millisecond)
			}
			if c.failure == "" {
				eventually(t, "everything let go of", func() bool { left, _ := b.Size(); return left == 0 })
				r.want(n, false)
			} else {
				eventually(t, "the failure in the log", func() bool { return strings.Contains(log.all(), c.failure) })
				if got := r.count(); got > 0 {
					t.Errorf("%d alerts were sent to this receiver", got)
				}
			}
			s.Close(true)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			r.handlers.Wait()
		})
	}
}

// The receiver is started after the sender.
func TestReceiverComesLate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	var log logbook
	b := outbox.New("test", 10<<20)
	put(t, b, alerts(0, 10))
	s := delivery.Start(New(Config{Network: "unix", Address: path, Tag: tagged}, log.log()), b.Open(outbox.Filter{}), delivery.Options{Log: log.log(), CloseTimeout: closeTimeout})
	eventually(t, "a failure in the log", func() bool {
		return strings.Contains(log.all(), "connect: no such file or directory; alerts wait in the outbox")
	})
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t)
	r.listen(l)
	eventually(t, "everything let go of", func() bool { left, _ := b.Size(); return left == 0 })
	r.want(10, true)
	if !strings.Contains(log.all(), "delivers again after ") {
		t.Errorf("the log does not say that it is over:\n%s", log.all())
	}
	s.Close(true)
	_ = l.Close() // ends listen
	r.handlers.Wait()
}

func TestCertificateFiles(t *testing.T) {
	f := settings.Forward{Network: "tcp", Address: "localhost:1", TLS: true, TLSCAFile: filepath.Join(t.TempDir(), "none.pem")}
	if _, err := NewConfig(&f, "us"); err == nil || !strings.Contains(err.Error(), "forward_tls_ca_file: open "+f.TLSCAFile) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(f.TLSCAFile, []byte("-----BEGIN NOTHING"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewConfig(&f, "us"); err == nil || !strings.Contains(err.Error(), f.TLSCAFile+": it contains no certificate") {
		t.Errorf("a file without certificates: %v", err)
	}
}
