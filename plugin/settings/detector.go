package settings

import (
	"errors"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Detector is the configuration of a detector: of [OUTPUT] Name detect, of
// fluent-detect replay, and with [Sidecar] of fluent-detect serve.
type Detector struct {
	detector.Config

	Rules         string
	RuleTests     bool
	Exceptions    string   // path, or empty
	GeoDatabases  []string // paths
	AddedFields   event.AddedFields
	StatePath     string   // directory, or empty: memory only
	CalendarPath  string   // or empty
	MetricsListen string   // address of the Prometheus endpoint; empty: none
	Forward       *Forward // nil: not by the Forward protocol

	contextSet bool // the key context is set
	effective  string
}

// String lists the values in effect, without secrets.
func (d *Detector) String() string { return d.effective }

var detectorKeys = []row[Detector]{
	{Key: Key{"rules", "`builtin`, or files, directories, globs, separated by commas", "builtin",
		"the detection rules"},
		list: true,
		set:  func(d *Detector, v string) error { d.Rules = v; return nil }},
	{Key: Key{"channel", "a name", "default",
		"the channel of the alerts: `detect_alerts` inputs with the same channel emit them"},
		set: func(d *Detector, v string) (err error) { d.Channel, err = parseName(v); return err }},
	{Key: Key{"alert_format", "`ecs`, `kibana` or `ocsf`", "ecs",
		"the format of alerts: ECS, ECS with the fields of Kibana's alerts, or OCSF Detection Finding"},
		set: func(d *Detector, v string) (err error) {
			if d.Format, err = alert.ParseFormat(v); err != nil {
				return errInvalid
			}
			return nil
		}},
	{Key: Key{"dedup_size", "an integer from 1 to 16777216", "65536",
		"how many alerts to remember in order to recognize duplicates"},
		set: func(d *Detector, v string) (err error) { d.DedupSize, err = parseCount(v, 1<<24); return err }},
	{Key: Key{"dedup_ttl", "a duration of at least 1s, such as 90s, 15m, 24h, 7d", "24h",
		"how long to remember each of them"},
		set: func(d *Detector, v string) (err error) { d.DedupTTL, err = parseDuration(v, noMax); return err }},
	{Key: Key{"suppress_by", "names of fields, separated by commas", "",
		"suppress alerts of a rule that have the same values in these fields. The first alert comes out, and so does an alert with a new principal, instance, key, OS user or source address. A rule's own setting takes precedence"},
		list:  true,
		set:   func(d *Detector, v string) error { d.SuppressBy = parseList(v); return nil },
		needs: []string{"suppress_for"}},
	{Key: Key{"suppress_for", "a duration from 1s to 24h", "",
		"how long to suppress them after the first alert; requires `suppress_by`"},
		set: func(d *Detector, v string) (err error) {
			d.SuppressFor, err = parseDuration(v, 24*time.Hour)
			return err
		},
		needs: []string{"suppress_by"}},
	{Key: Key{"max_alerts", "a count and an interval such as `100/5m`, or `0` for no limit", "",
		"how many alerts a rule may make in an interval. One summary alert reports the rest. Default: the rule's own max_signals and interval"},
		set: func(d *Detector, v string) error {
			rate, err := hold.ParseRate(v)
			if err != nil {
				return errInvalid
			}
			d.MaxAlerts = &rate
			return nil
		}},
	{Key: Key{"learn_for", "a duration of at least 1s, or `0` for none", "24h",
		"how long rules of type `new_terms` only learn and make no alerts, by the time of events, from the first event on"},
		set: func(d *Detector, v string) (err error) { d.LearnFor, err = parseInterval(v); return err }},
	{Key: Key{"lateness", "a duration of at least 1s, or `0` for none", "1h",
		"how much later than the newest event an event may come and still count in thresholds, sequences and buckets of time. A rule remembers unused entries for its window and this much longer"},
		set: func(d *Detector, v string) (err error) { d.Lateness, err = parseInterval(v); return err }},
	{Key: Key{"min_level", "`informational`, `low`, `medium`, `high` or `critical`", "low",
		"the lowest level at which Sigma rules make alerts; matches of rules below it are only counted"},
		set: func(d *Detector, v string) error {
			level, ok := rule.ParseLevel(v)
			if !ok {
				return errInvalid
			}
			d.MinLevel = level
			return nil
		}},
	{Key: Key{"exceptions", "the path of a TOML file", "",
		"known events that make no alert: for each rule a query, an owner, a reason and an expiry date"},
		set: func(d *Detector, v string) error { d.Exceptions = v; return nil }},
	{Key: Key{"geo_databases", "paths of .mmdb files, separated by commas", "",
		"databases of MaxMind, DB-IP or IPinfo in which source addresses are looked up, for source.geo and source.as. If there are several, the first that knows the address counts. A changed file is read again"},
		list: true,
		set:  func(d *Detector, v string) error { d.GeoDatabases = parseList(v); return nil }},
	{Key: Key{"added_fields", "a list of NAME=FIELD, separated by commas", "",
		"ECS fields for keys that the shipper adds at the top of raw records. A key that already has the name of the field need not be listed"},
		list: true,
		set:  func(d *Detector, v string) (err error) { d.AddedFields, err = parseAdded(v); return err }},
	{Key: Key{"state_path", "the path of a directory", "",
		"the directory that keeps undelivered alerts, what rules remember, and the memory of duplicates, suppression and caps over crashes and restarts. Default: memory only"},
		set: func(d *Detector, v string) error { d.StatePath = v; return nil }},
	{Key: Key{"context", "`on` or `off`", "",
		"keep a history of all events, so that alerts tell what their actors did before. Default: on if `state_path` is set"},
		set: func(d *Detector, v string) (err error) {
			d.contextSet = true
			d.Context, err = parseSwitch(v)
			return err
		}},
	{Key: Key{"context_actors", "an integer from 100 to 10000000", "7500",
		"how many actors `context` remembers; 7500 take about 12 MB of memory"},
		set: func(d *Detector, v string) (err error) {
			if d.ContextActors, err = parseCount(v, 1e7); err == nil && d.ContextActors < 100 {
				return errInvalid
			}
			return err
		},
		condition: &withContext},
	{Key: Key{"calendar", "the path of a TOML file", "",
		"business days and hours, holidays and maintenance windows, for `context`"},
		set:       func(d *Detector, v string) error { d.CalendarPath = v; return nil },
		condition: &withContext},
	{Key: Key{"follow_up", "a duration from 1s to 24h, or `0` for none", "15m",
		"how long after an alert a record tells what its actor did next; requires `context`"},
		set: func(d *Detector, v string) (err error) {
			if d.FollowUp, err = parseInterval(v); err == nil && d.FollowUp > 24*time.Hour {
				return errInvalid
			}
			return err
		},
		condition: &withContext},
	{Key: Key{"forward_to", "`unix:///path` or `tcp://host:port`", "",
		"send alerts to this `forward` input of Fluent Bit or Fluentd, by the Forward protocol with acknowledgements. Default: to a `detect_alerts` input"},
		set: func(d *Detector, v string) (err error) {
			d.Forward.Network, d.Forward.Address, err = parseForwardTo(v)
			return err
		}},
	{Key: Key{"alert_tag", "a tag, with the placeholders `{rule}` and `{severity}`", "alert.{rule}",
		"the tag of alerts sent to `forward_to`"},
		set:   func(d *Detector, v string) (err error) { d.Forward.Tag, err = parseTag(v); return err },
		needs: []string{"forward_to"}},
	{Key: Key{"forward_shared_key", "a text", "",
		"the shared key of that receiver; never logged"},
		secret: true,
		set:    func(d *Detector, v string) error { d.Forward.SharedKey = Secret(v); return nil },
		needs:  []string{"forward_to"}},
	{Key: Key{"forward_username", "a name", "",
		"the user name, if the receiver requires one; requires `forward_password`"},
		set:   func(d *Detector, v string) (err error) { d.Forward.Username, err = parseForwardName(v); return err },
		needs: []string{"forward_to", "forward_password"}},
	{Key: Key{"forward_password", "a text", "",
		"the password of that user; never logged"},
		secret: true,
		set:    func(d *Detector, v string) error { d.Forward.Password = Secret(v); return nil },
		needs:  []string{"forward_to", "forward_username"}},
	{Key: Key{"forward_self_hostname", "a name", "",
		"the name of this host in the handshake. Default: the host's own name"},
		set:   func(d *Detector, v string) (err error) { d.Forward.SelfHostname, err = parseForwardName(v); return err },
		needs: []string{"forward_to"}},
	{Key: Key{"forward_tls", "`on` or `off`, `on` only with tcp://", "off",
		"encrypt the connection to `forward_to`"},
		set: func(d *Detector, v string) (err error) {
			d.Forward.TLS, err = parseSwitch(v)
			if d.Forward.TLS && d.Forward.Network == "unix" {
				return errors.New("a Unix socket has no TLS")
			}
			return err
		},
		needs: []string{"forward_to"}},
	{Key: Key{"forward_tls_verify", "`on` or `off`", "on",
		"reject a receiver with a certificate that is not trusted, or not valid for the host in `forward_to`"},
		set:       func(d *Detector, v string) (err error) { d.Forward.TLSVerify, err = parseSwitch(v); return err },
		condition: &forwardTLS},
	{Key: Key{"forward_tls_ca_file", "the path of a PEM file", "",
		"the certificates to trust. Default: the system's"},
		set:       func(d *Detector, v string) error { d.Forward.TLSCAFile = v; return nil },
		condition: &forwardTLS},
	{Key: Key{"heartbeat", "a duration of at least 1s, or `0` for none", "5m",
		"how often to emit a heartbeat record, which has all counters and goes where alerts go"},
		set: func(d *Detector, v string) (err error) { d.Heartbeat, err = parseInterval(v); return err }},
	{Key: Key{"metrics_listen", "an address and a port such as `127.0.0.1:2112`", "",
		"the address that serves the counters for Prometheus at /metrics. Default: none"},
		set: func(d *Detector, v string) (err error) { d.MetricsListen, err = parseListen(v); return err }},
	{Key: Key{"self_test", "a duration of at least 1s, or `0` for never", "",
		"how often to evaluate a synthetic event. If it makes no alert, the status of the heartbeat is `failed`. Default: never"},
		set: func(d *Detector, v string) (err error) { d.SelfTest, err = parseInterval(v); return err }},
	{Key: Key{"rule_tests", "`on` or `off`", "on",
		"run the tests in rule files at the start"},
		set: func(d *Detector, v string) (err error) { d.RuleTests, err = parseSwitch(v); return err }},
}

// forwardTLS is for keys that have an effect with TLS only.
var forwardTLS = condition[Detector]{"forward_tls on", func(d *Detector) bool { return d.Forward.TLS }}

// withContext is for keys that have an effect with context only.
var withContext = condition[Detector]{"context on", (*Detector).hasContext}

// hasContext reports whether context is on: if it is not set, it goes by state_path.
func (d *Detector) hasContext() bool {
	if d.contextSet {
		return d.Context
	}
	return d.StatePath != ""
}

// DetectorKeys returns the keys of a detector.
func DetectorKeys() []Key { return keysOf(detectorKeys) }

// ReadDetector reads the configuration of a detector. The error joins a
// *KeyError for each invalid value.
func ReadDetector(get Getter) (Detector, error) {
	var d Detector
	errs := d.read(get)
	return d, errors.Join(errs...)
}

func (d *Detector) read(get Getter) []error {
	d.Forward = new(Forward)
	v := values[Detector]{detectorKeys, get}
	errs := v.read(d)
	d.Context = d.hasContext()
	v.get = func(key string) string {
		if value := get(key); key != "context" || strings.TrimSpace(value) != "" {
			return value
		}
		return map[bool]string{true: "on"}[d.Context]
	}
	d.effective = v.effective(d)
	v.get = get
	if v.set("forward_to") == "" {
		d.Forward = nil
	}
	return errs
}
