package detector

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Forward says where alerts are sent by the Forward protocol, and how. Two
// that are equal mean the same.
type Forward struct {
	Network      string // "unix" or "tcp"
	Address      string // a path, or host:port
	Tag          string // with the placeholders {rule} and {severity}
	SharedKey    Secret
	Username     string // empty: without
	Password     Secret
	SelfHostname string // empty: the host's name
	TLS          bool
	TLSVerify    bool
	TLSCAFile    string // path, or empty: what the system trusts
}

// URL returns the address as forward_to has it.
func (f *Forward) URL() string { return f.Network + "://" + f.Address }

// Secret is a text that is not to be seen in logs. To use it, convert it.
type Secret string

// String does not return the secret.
func (Secret) String() string { return "(secret)" }

// GoString does not return it either.
func (Secret) GoString() string { return "(secret)" }

// maxUnixPath is how long the path of a Unix socket can be.
const maxUnixPath = 107

// maxForwardName bounds names in the handshake: receivers read it into a
// buffer of 1 KiB.
const maxForwardName = 255

// forward reads the keys of Forward. Without forward_to none of the others may
// be set: they would do nothing.
func (r *reader) forward() *Forward {
	to := r.text("forward_to")
	if to == "" {
		for _, key := range []string{"alert_tag", "forward_shared_key", "forward_username", "forward_password", "forward_self_hostname",
			"forward_tls", "forward_tls_verify", "forward_tls_ca_file"} {
			r.needs(key, "forward_to", false)
		}
		return nil
	}
	f := &Forward{
		Tag:          r.tag("alert_tag"),
		SharedKey:    Secret(r.text("forward_shared_key")),
		Username:     r.text("forward_username"),
		Password:     Secret(r.text("forward_password")),
		SelfHostname: r.text("forward_self_hostname"),
		TLS:          r.onOff("forward_tls"),
		TLSVerify:    r.onOff("forward_tls_verify"),
		TLSCAFile:    r.text("forward_tls_ca_file"),
	}
	var err error
	if f.Network, f.Address, err = parseForwardTo(to); err != nil {
		r.refuse("forward_to", to, err)
	}
	for _, key := range []string{"forward_username", "forward_self_hostname"} {
		if v := r.text(key); len(v) > maxForwardName {
			r.refuse(key, v[:20]+"…", fmt.Errorf("it is over %d bytes", maxForwardName))
		}
	}
	r.needs("forward_password", "forward_username", f.Username != "")
	r.needs("forward_username", "forward_password", f.Password != "")
	r.needs("forward_tls_verify", "forward_tls on", f.TLS)
	r.needs("forward_tls_ca_file", "forward_tls on", f.TLS)
	if f.TLS && f.Network == "unix" {
		r.refuse("forward_tls", r.text("forward_tls"), errors.New("a Unix socket has no TLS"))
	}
	return f
}

// needs refuses a key that is set while what it goes with is not.
func (r *reader) needs(key, other string, there bool) {
	v := strings.TrimSpace(r.get(key))
	if v == "" || there {
		return
	}
	if key == "forward_shared_key" || key == "forward_password" {
		v = Secret(v).String()
	}
	r.refuse(key, v, errors.New("it goes with "+other+", which is not set"))
}

func parseForwardTo(to string) (network, address string, err error) {
	network, address, ok := strings.Cut(to, "://")
	switch {
	case ok && network == "unix":
		if !strings.HasPrefix(address, "/") {
			return "", "", errors.New("the path begins with /, so there are three of them")
		}
		if len(address) > maxUnixPath {
			return "", "", fmt.Errorf("the path of a Unix socket has at most %d bytes, this one has %d", maxUnixPath, len(address))
		}
		return network, address, nil
	case ok && network == "tcp":
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" {
			return "", "", errors.New("after tcp:// come a host, a colon and a port")
		}
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", "", fmt.Errorf("%q is no port from 1 to 65535", port)
		}
		return network, address, nil
	}
	return "", "", errors.New("it begins with neither unix:// nor tcp://")
}

// tag reads a tag with placeholders.
func (r *reader) tag(key string) string {
	v := r.name(key)
	rest := strings.NewReplacer("{rule}", "", "{severity}", "").Replace(v)
	if strings.ContainsAny(rest, "{}") {
		r.refuse(key, v, errors.New("the placeholders are {rule} and {severity}"))
	}
	return v
}

// String lists the values in effect, secrets left out.
func (f *Forward) String() string {
	line := fmt.Sprintf("forward_to=%s alert_tag=%s", f.URL(), f.Tag)
	if f.SharedKey != "" {
		line += " forward_shared_key=" + f.SharedKey.String()
	}
	if f.Username != "" {
		line += fmt.Sprintf(" forward_username=%s forward_password=%s", f.Username, f.Password)
	}
	if f.SelfHostname != "" {
		line += " forward_self_hostname=" + f.SelfHostname
	}
	if f.TLS {
		line += fmt.Sprintf(" forward_tls=on forward_tls_verify=%t", f.TLSVerify)
	}
	if f.TLSCAFile != "" {
		line += " forward_tls_ca_file=" + f.TLSCAFile
	}
	return line
}
