package sidecar

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a certificate for 127.0.0.1, and its key, into files.
func certificate(t *testing.T, folder, name string) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return certFile, keyFile, pool
}

// TLS on both sides. A reload loads a new certificate, unless it cannot be read.
func TestTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certFile, keyFile, pool := certificate(t, folder, "one")
	source := newVectorSource(t, "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: source, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.ServeTLS(listener, certFile, keyFile) }()
	t.Cleanup(func() { _ = server.Close() })
	alerts := "https://" + listener.Addr().String() + "/alerts"
	s := run(t, keys{"listen_tls_cert_file": certFile, "listen_tls_key_file": keyFile, "alerts": alerts, "alerts_tls_ca_file": certFile})
	url := strings.Replace(s.url(), "http:", "https:", 1)
	send := func(id string, pool *x509.CertPool) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
		answer, err := client.Post(url, "", strings.NewReader(push(id)))
		if err == nil {
			answer.Body.Close()
		}
		return err
	}
	if err := send("a", pool); err != nil {
		t.Fatal(err)
	}
	source.wantAlerts(1)
	if err := os.WriteFile(certFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Reload()
	if err := send("b", pool); err != nil {
		t.Fatal(err)
	}
	if got := s.log.String(); !strings.Contains(got, "the certificate cannot be reloaded: the current one stays in use") {
		t.Errorf("the log is %q", got)
	}
	_, _, next := certificate(t, folder, "two")
	s.Reload()
	if err := send("c", next); err != nil {
		t.Error(err)
	}
	if send("d", pool) == nil {
		t.Error("the old certificate is still shown")
	}
	source.wantAlerts(3)

	// A receiver without a trusted certificate gets nothing.
	other := run(t, keys{"alerts": alerts})
	other.post(push("e"), 200)
	wait(t, "a warning", func() bool { return strings.Contains(other.log.String(), "certificate signed by unknown authority") })
	if n, _ := source.alerts(); n != 3 {
		t.Errorf("%d alerts, want 3", n)
	}
}
