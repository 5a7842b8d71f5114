package forward

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Config says where alerts are sent, and how.
type Config struct {
	Network   string // "unix" or "tcp"
	Address   string // a path, or host:port
	Tag       string // with the placeholders {rule} and {severity}
	SharedKey string // empty: none
	Username  string // empty: none
	Password  string
	Hostname  string      // for the handshake; the receiver's must be another
	TLS       *tls.Config // nil: none
}

// NewConfig makes a Config of what the user set; hostname is for when he set
// none. It reads the file of certificates. The error names the key.
func NewConfig(f *settings.Forward, hostname string) (Config, error) {
	c := Config{
		Network:   f.Network,
		Address:   f.Address,
		Tag:       f.Tag,
		SharedKey: string(f.SharedKey),
		Username:  f.Username,
		Password:  string(f.Password),
		Hostname:  f.SelfHostname,
	}
	if c.Hostname == "" {
		c.Hostname = hostname
	}
	if !f.TLS {
		return c, nil
	}
	host, _, err := net.SplitHostPort(f.Address)
	if err != nil {
		return c, fmt.Errorf("forward_to: %w", err)
	}
	c.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: !f.TLSVerify}
	if f.TLSCAFile != "" {
		if c.TLS.RootCAs, err = readCertificates(f.TLSCAFile); err != nil {
			return c, fmt.Errorf("forward_tls_ca_file: %w", err)
		}
	}
	return c, nil
}

func readCertificates(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New(path + ": there is no certificate in it, in PEM form")
	}
	return pool, nil
}

// handshakes reports whether the receiver begins with HELO.
func (c *Config) handshakes() bool { return c.SharedKey != "" || c.Username != "" }
