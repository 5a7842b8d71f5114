package sidecar

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
)

// Config is what a sidecar is set to.
type Config struct {
	Detector detector.Config
	Listen   string // host:port
	Login    *Login // of clients; nil: nobody has to log in
	CertFile string // PEM; empty: no TLS
	KeyFile  string
	Requests int // at the same time

	Alerts      *url.URL // nil: to stdout, or by Forward when Detector.Forward is set
	AlertsLogin *Login   // nil: none
	Timeout     time.Duration
	TLSVerify   bool
	TLSCAFile   string // path, or empty: what the system trusts

	DeadLetters string // path, or empty: on stderr
}

// Login is a name and a password for basic authentication.
type Login struct {
	Username string
	Password detector.Secret
}

// reader reads the sidecar's own keys and collects what is wrong with them.
type reader struct {
	get    detector.Getter
	errors []error
}

// ReadConfig reads the keys of a sidecar, all of [AllKeys]. The error joins a
// *detector.KeyError for each value that is not allowed.
func ReadConfig(get detector.Getter) (Config, error) {
	r := reader{get: get}
	c := Config{
		Listen:      r.address("listen"),
		Login:       r.login("listen_username", "listen_password"),
		CertFile:    r.text("listen_tls_cert_file"),
		KeyFile:     r.text("listen_tls_key_file"),
		Requests:    r.count("listen_requests", 1024),
		AlertsLogin: r.login("alerts_username", "alerts_password"),
		Timeout:     r.duration("alerts_timeout", time.Second, time.Hour),
		TLSVerify:   r.onOff("alerts_tls_verify"),
		TLSCAFile:   r.text("alerts_tls_ca_file"),
		DeadLetters: r.text("dead_letters"),
	}
	r.together("listen_tls_cert_file", "listen_tls_key_file")
	c.Alerts = r.target("alerts")
	var err error
	if c.Detector, err = detector.ReadConfig(get); err != nil {
		r.errors = append(r.errors, err)
	}
	r.checkWayOut(&c)
	return c, errors.Join(r.errors...)
}

// checkWayOut wants one way out, and no settings of one that is not taken.
func (r *reader) checkWayOut(c *Config) {
	to, forward := r.text("alerts"), strings.TrimSpace(r.get("forward_to"))
	switch {
	case to == "" && forward == "":
		r.refuse("alerts", "", errors.New("the alerts must go somewhere, and forward_to is not set either"))
	case to != "" && forward != "":
		r.refuse("alerts", to, errors.New("forward_to is set as well, and alerts go one way"))
	}
	if c.Alerts == nil {
		for _, key := range []string{"alerts_username", "alerts_timeout", "alerts_tls_verify", "alerts_tls_ca_file"} {
			r.needs(key, "a URL in alerts", false)
		}
		return
	}
	isTLS := c.Alerts.Scheme == "https"
	r.needs("alerts_tls_verify", "a URL in alerts that begins with https", isTLS)
	r.needs("alerts_tls_ca_file", "a URL in alerts that begins with https", isTLS)
}

// text returns the value of a key, or its default.
func (r *reader) text(name string) string {
	if v := strings.TrimSpace(r.get(name)); v != "" {
		return v
	}
	return key(name).Default
}

func key(name string) detector.Key {
	for _, k := range Keys {
		if k.Name == name {
			return k
		}
	}
	panic("sidecar: no key " + name)
}

func (r *reader) refuse(name, value string, err error) {
	if isSecret(name) && value != "" {
		value = detector.Secret(value).String()
	}
	r.errors = append(r.errors, &detector.KeyError{Key: name, Value: value, Allowed: key(name).Type, Err: err})
}

// needs refuses a key that is set while what it goes with is not.
func (r *reader) needs(name, other string, there bool) {
	if v := strings.TrimSpace(r.get(name)); v != "" && !there {
		r.refuse(name, v, errors.New("it goes with "+other+", which is not set"))
	}
}

// together wants both keys or none of them.
func (r *reader) together(a, b string) {
	r.needs(a, b, strings.TrimSpace(r.get(b)) != "")
	r.needs(b, a, strings.TrimSpace(r.get(a)) != "")
}

func (r *reader) login(username, password string) *Login {
	r.together(username, password)
	l := &Login{Username: r.text(username), Password: detector.Secret(r.text(password))}
	if l.Username == "" {
		return nil
	}
	if strings.Contains(l.Username, ":") {
		r.refuse(username, l.Username, errors.New("a colon ends the name in basic authentication"))
	}
	return l
}

func (r *reader) address(name string) string {
	v := r.text(name)
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		r.refuse(name, v, nil)
	}
	return v
}

func (r *reader) count(name string, most int) int {
	v := r.text(name)
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		r.refuse(name, v, nil)
	}
	return n
}

func (r *reader) duration(name string, least, most time.Duration) time.Duration {
	v := r.text(name)
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		r.refuse(name, v, nil)
	}
	return d
}

func (r *reader) onOff(name string) bool {
	v := r.text(name)
	switch strings.ToLower(v) {
	case "on", "true", "yes":
		return true
	case "off", "false", "no":
		return false
	}
	r.refuse(name, v, nil)
	return false
}

// target reads where alerts go: nil for stdout.
func (r *reader) target(name string) *url.URL {
	v := r.text(name)
	if v == "" || v == "-" {
		return nil
	}
	u, err := url.Parse(v)
	switch {
	case err != nil:
		r.refuse(name, v, errors.New("it is no URL"))
	case u.User != nil:
		r.refuse(name, u.Redacted(), errors.New("name and password go into alerts_username and alerts_password"))
	case u.Scheme != "http" && u.Scheme != "https":
		r.refuse(name, v, errors.New("it begins with neither http:// nor https://"))
	case u.Hostname() == "":
		r.refuse(name, v, errors.New("it names no host"))
	default:
		return u
	}
	return nil
}

// String lists the values in effect, secrets left out.
func (c Config) String() string {
	line := fmt.Sprintf("listen=%s listen_requests=%d", c.Listen, c.Requests)
	if c.Login != nil {
		line += fmt.Sprintf(" listen_username=%s listen_password=%s", c.Login.Username, c.Login.Password)
	}
	if c.CertFile != "" {
		line += fmt.Sprintf(" listen_tls_cert_file=%s listen_tls_key_file=%s", c.CertFile, c.KeyFile)
	}
	switch {
	case c.Alerts != nil:
		line += fmt.Sprintf(" alerts=%s alerts_timeout=%s", c.Alerts, c.Timeout)
	case c.Detector.Forward == nil:
		line += " alerts=-"
	}
	if c.AlertsLogin != nil {
		line += fmt.Sprintf(" alerts_username=%s alerts_password=%s", c.AlertsLogin.Username, c.AlertsLogin.Password)
	}
	if c.Alerts != nil && c.Alerts.Scheme == "https" {
		line += fmt.Sprintf(" alerts_tls_verify=%t", c.TLSVerify)
	}
	if c.TLSCAFile != "" {
		line += " alerts_tls_ca_file=" + c.TLSCAFile
	}
	if c.DeadLetters != "" {
		line += " dead_letters=" + c.DeadLetters
	}
	return line + " " + c.Detector.String()
}
