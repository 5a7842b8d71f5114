package settings

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/sns"
)

// Sidecar is the configuration of fluent-detect serve.
type Sidecar struct {
	Detector
	Listen   string // host:port
	Login    Login  // that clients must use, if it is set
	CertFile string // PEM; empty: no TLS
	KeyFile  string
	Requests int // that are read at the same time

	FirehoseKey       Secret // that Amazon Data Firehose must send; empty: none
	SNSTopics         []string
	EventBridgeHeader string
	EventBridgeKey    Secret // in that header; empty: none

	Alerts      *url.URL // nil: stdout, or by the Forward protocol if Forward is set
	AlertsLogin Login
	Timeout     time.Duration
	TLSVerify   bool
	TLSCAFile   string // path, or empty: the system's certificates

	DeadLetters string // path, or empty: stderr

	Trail *CloudTrail // objects to read; nil: none

	effective string
}

// Login is a username and a password for basic authentication. The zero value
// means that there is none.
type Login struct {
	Username string
	Password Secret
}

// String lists the values in effect, without secrets.
func (s *Sidecar) String() string {
	text := s.effective
	if s.Trail != nil {
		text += " " + s.Trail.String()
	}
	return text + " " + s.Detector.String()
}

var sidecarKeys = []row[Sidecar]{
	{Key: Key{"listen", "an address and a port such as `127.0.0.1:9880`", "127.0.0.1:9880",
		"the address that takes events by POST to /v1/ingest, and serves /healthz and /metrics"},
		set: func(s *Sidecar, v string) (err error) { s.Listen, err = parseListen(v); return err }},
	{Key: Key{"listen_username", "a name without colons", "",
		"the user name for basic authentication of clients; requires `listen_password`"},
		set:   func(s *Sidecar, v string) (err error) { s.Login.Username, err = parseUsername(v); return err },
		needs: []string{"listen_password"}},
	{Key: Key{"listen_password", "a text", "",
		"the password of that user; never logged"},
		secret: true,
		set:    func(s *Sidecar, v string) error { s.Login.Password = Secret(v); return nil },
		needs:  []string{"listen_username"}},
	{Key: Key{"listen_tls_cert_file", "the path of a PEM file", "",
		"the server certificate with its chain; turns TLS on; requires `listen_tls_key_file`"},
		set:   func(s *Sidecar, v string) error { s.CertFile = v; return nil },
		needs: []string{"listen_tls_key_file"}},
	{Key: Key{"listen_tls_key_file", "the path of a PEM file", "",
		"the private key of that certificate"},
		set:   func(s *Sidecar, v string) error { s.KeyFile = v; return nil },
		needs: []string{"listen_tls_cert_file"}},
	{Key: Key{"listen_requests", "an integer from 1 to 1024", "16",
		"how many requests to read at the same time. One client may have three quarters of them. Other requests wait for up to five seconds, and then get 503"},
		set: func(s *Sidecar, v string) (err error) { s.Requests, err = parseCount(v, 1024); return err }},
	{Key: Key{"firehose_access_key", "a text of at most 4096 bytes", "",
		"the access key of the Firehose stream that posts to /v1/firehose; never logged. Default: authentication as for /v1/ingest"},
		secret: true,
		set:    func(s *Sidecar, v string) (err error) { s.FirehoseKey, err = parseSecret(v); return err }},
	{Key: Key{"sns_topics", "ARNs of topics of SNS, separated by commas", "",
		"the topics whose messages /v1/sns takes after it has verified their signature. It confirms subscriptions to these topics. With `state_path` and a key for S3 such as `s3_region`, it reads the objects that they announce, unless `s3_path` is set. Default: none"},
		list: true,
		set:  func(s *Sidecar, v string) (err error) { s.SNSTopics, err = parseTopics(v); return err }},
	{Key: Key{"eventbridge_key", "a text of at most 4096 bytes", "",
		"the API key of the EventBridge connection that posts to /v1/eventbridge; never logged. Default: authentication as for /v1/ingest"},
		secret: true,
		set:    func(s *Sidecar, v string) (err error) { s.EventBridgeKey, err = parseSecret(v); return err }},
	{Key: Key{"eventbridge_header", "the name of a header", "X-Api-Key",
		"the header with that API key"},
		set:   func(s *Sidecar, v string) (err error) { s.EventBridgeHeader, err = parseHeader(v); return err },
		needs: []string{"eventbridge_key"}},
	{Key: Key{"alerts", "a URL with http:// or https://, or `-` for stdout", "",
		"where to POST alerts, as lines of JSON, until they are accepted. Either this or `forward_to` must be set"},
		set: func(s *Sidecar, v string) (err error) { s.Alerts, err = parseTarget(v); return err }},
	{Key: Key{"alerts_username", "a name without colons", "",
		"the user name for basic authentication at `alerts`; requires `alerts_password`"},
		set:   func(s *Sidecar, v string) (err error) { s.AlertsLogin.Username, err = parseUsername(v); return err },
		needs: []string{"alerts_password"}, condition: &alertsURL},
	{Key: Key{"alerts_password", "a text", "",
		"the password of that user; never logged"},
		secret: true,
		set:    func(s *Sidecar, v string) error { s.AlertsLogin.Password = Secret(v); return nil },
		needs:  []string{"alerts_username"}},
	{Key: Key{"alerts_timeout", "a duration from 1s to 1h", "60s",
		"how long to wait for an answer before sending the same again"},
		set:       func(s *Sidecar, v string) (err error) { s.Timeout, err = parseDuration(v, time.Hour); return err },
		condition: &alertsURL},
	{Key: Key{"alerts_tls_verify", "`on` or `off`", "on",
		"reject a receiver with a certificate that is not trusted, or not valid for the host in `alerts`"},
		set:       func(s *Sidecar, v string) (err error) { s.TLSVerify, err = parseSwitch(v); return err },
		condition: &alertsTLS},
	{Key: Key{"alerts_tls_ca_file", "the path of a PEM file", "",
		"the certificates to trust. Default: the system's"},
		set:       func(s *Sidecar, v string) error { s.TLSCAFile = v; return nil },
		condition: &alertsTLS},
	{Key: Key{"dead_letters", "the path of a file", "",
		"the file for records that could not be read, as lines of JSON. Alerts that the receiver rejects go to the file with the suffix `.alerts`. Default: stderr"},
		set: func(s *Sidecar, v string) error { s.DeadLetters = v; return nil }},
}

var (
	alertsURL = condition[Sidecar]{"a URL in alerts", func(s *Sidecar) bool { return s.Alerts != nil }}
	alertsTLS = condition[Sidecar]{"an https URL in alerts", func(s *Sidecar) bool { return s.Alerts != nil && s.Alerts.Scheme == "https" }}
)

// OwnSidecarKeys returns the keys of the sidecar that a detector does not have.
func OwnSidecarKeys() []Key { return append(keysOf(sidecarKeys), keysOf(sidecarTrailKeys)...) }

// SidecarKeys returns all keys of the sidecar: its own and a detector's.
func SidecarKeys() []Key { return append(OwnSidecarKeys(), DetectorKeys()...) }

// ReadSidecar reads the configuration of a sidecar. The error joins a *KeyError
// for each invalid value.
func ReadSidecar(get Getter) (Sidecar, error) {
	var s Sidecar
	v := values[Sidecar]{sidecarKeys, get}
	errs := v.read(&s)
	s.effective = v.effective(&s)
	errs = append(errs, s.Detector.read(get)...)
	trail, bad := readSidecarTrail(get, s.StatePath, s.SNSTopics)
	s.Trail, errs = trail, append(errs, bad...)
	alerts := v.set("alerts") != ""
	switch {
	case !alerts && s.Forward == nil:
		errs = append(errs, &KeyError{Key: "alerts", Err: errors.New("either alerts or forward_to must be set: the alerts would have no destination")})
	case alerts && s.Forward != nil:
		errs = append(errs, &KeyError{Key: "alerts", Err: errors.New("forward_to is set as well: alerts have one destination only")})
	}
	return s, errors.Join(errs...)
}

func parseUsername(v string) (string, error) {
	if strings.Contains(v, ":") { // it separates the name from the password
		return "", errInvalid
	}
	return v, nil
}

// parseTarget parses the destination of alerts: nil for stdout.
func parseTarget(v string) (*url.URL, error) {
	if v == "-" {
		return nil, nil
	}
	u, err := url.Parse(v)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case u.User != nil:
		return nil, errors.New("use alerts_username and alerts_password for the name and the password")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("it begins with neither http:// nor https://")
	case u.Hostname() == "":
		return nil, errors.New("it has no host")
	}
	return u, nil
}

// parseSecret parses a key that a client sends in a header.
func parseSecret(v string) (Secret, error) {
	if len(v) > 4096 || strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "", errInvalid
	}
	return Secret(v), nil
}

func parseHeader(v string) (string, error) {
	if !headerName.MatchString(v) {
		return "", errInvalid
	}
	return v, nil
}

var headerName = regexp.MustCompile("^[0-9A-Za-z!#$%&'*+.^_`|~-]+$")

func parseTopics(v string) (topics []string, err error) {
	for arn := range strings.SplitSeq(v, ",") {
		arn = strings.TrimSpace(arn)
		if _, err := sns.ParseTopic(arn); err != nil {
			return nil, err
		}
		topics = append(topics, arn)
	}
	return topics, nil
}
