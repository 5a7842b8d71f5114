package forward

import (
	"crypto/tls"
	"net"

	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Config says where and how alerts are sent.
type Config struct {
	Network   string // "unix" or "tcp"
	Address   string // a path, or host:port
	Tag       string // with the placeholders {rule} and {severity}
	SharedKey string // empty: none
	Username  string // empty: none
	Password  string
	Hostname  string      // for the handshake; must differ from the receiver's
	TLS       *tls.Config // nil: none
}

// NewConfig returns the Config for the settings, and reads the file of
// certificates. hostname is the default of forward_self_hostname. The error is a
// *settings.KeyError.
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
		return c, &settings.KeyError{Key: "forward_to", Err: err}
	}
	if c.TLS, err = delivery.TLSConfig(f.TLSVerify, f.TLSCAFile); err != nil {
		return c, &settings.KeyError{Key: "forward_tls_ca_file", Err: err}
	}
	c.TLS.ServerName = host
	return c, nil
}

// hasHandshake reports whether the receiver begins with HELO.
func (c *Config) hasHandshake() bool { return c.SharedKey != "" || c.Username != "" }
