package detector

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/limit"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Config is what a detector is set to.
type Config struct {
	Rules     string
	Channel   string
	Format    alert.Format
	DedupSize int
	DedupTTL  time.Duration
	MaxAlerts *limit.Rate // nil: each rule's own

	SuppressBy  []string // fields; empty: rules with their own suppress
	SuppressFor time.Duration
	Exceptions  string // path, or empty
	StatePath   string // directory, or empty: memory only
	RuleTests   bool

	Heartbeat     time.Duration // between heartbeat records; 0: none
	SelfTest      time.Duration // between self-tests; 0: none
	MetricsListen string        // address of the Prometheus endpoint, which the host serves; empty: none

	Forward *Forward // nil: alerts go to inputs

	// NoDedup lets exact duplicates through. There is no key for it: an
	// evaluation of files may want it, a shipper never does.
	NoDedup bool
	// ReadAll reads also what cannot match, so that every record is counted by
	// its shape. There is no key for it either.
	ReadAll bool
}

// InputConfig is what a detect_alerts input is set to.
type InputConfig struct {
	Channel     string
	Rules       []string // slugs, empty = all
	MinSeverity int      // 21, 47, 73, 99
}

// KeyError is a value that a key does not take.
type KeyError struct {
	Key, Value string
	Allowed    string
	Err        error // more about it, or nil
}

// Error names the key, the value and what is allowed.
func (e *KeyError) Error() string {
	s := fmt.Sprintf("%s: %q is not allowed: want %s", e.Key, e.Value, e.Allowed)
	if e.Err != nil {
		s += " (" + e.Err.Error() + ")"
	}
	return s
}

func (e *KeyError) Unwrap() error { return e.Err }

// Getter returns the value of a key as the user wrote it, "" when he did not.
type Getter func(key string) string

// reader reads keys of one table and collects what is wrong with them.
type reader struct {
	keys   []Key
	get    Getter
	errors []error
}

// text returns the value of a key, or its default.
func (r *reader) text(name string) string {
	if v := strings.TrimSpace(r.get(name)); v != "" {
		return v
	}
	return r.key(name).Default
}

func (r *reader) key(name string) Key {
	for _, k := range r.keys {
		if k.Name == name {
			return k
		}
	}
	panic("detector: no key " + name)
}

func (r *reader) refuse(name, value string, err error) {
	r.errors = append(r.errors, &KeyError{Key: name, Value: value, Allowed: r.key(name).Type, Err: err})
}

func (r *reader) name(key string) string {
	v := r.text(key)
	for _, c := range v {
		if c <= ' ' || c == 0x7f {
			r.refuse(key, v, errors.New("a name has no blanks and no control characters"))
			break
		}
	}
	return v
}

func (r *reader) count(key string, most int) int {
	v := r.text(key)
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		r.refuse(key, v, nil)
	}
	return n
}

func (r *reader) duration(key string) time.Duration {
	v := r.text(key)
	d, err := parseDuration(v)
	if err != nil || d < time.Second {
		r.refuse(key, v, nil)
	}
	return d
}

// interval reads a duration that may be 0, or empty, for never.
func (r *reader) interval(key string) time.Duration {
	if v := r.text(key); v == "" || v == "0" {
		return 0
	}
	return r.duration(key)
}

// address reads a host and a port to listen on, or nothing.
func (r *reader) address(key string) string {
	v := r.text(key)
	if v == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		r.refuse(key, v, nil)
	}
	return v
}

// parseDuration reads Go's durations, and days as Elastic writes them.
func parseDuration(v string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(v, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, fmt.Errorf("%q is no number of days", days)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	return time.ParseDuration(v)
}

// ReadConfig reads the keys of a detector. The error joins a *KeyError for
// each value that is not allowed.
func ReadConfig(get Getter) (Config, error) {
	r := reader{keys: OutputKeys, get: get}
	c := Config{
		Rules:     r.text("rules"),
		Channel:   r.name("channel"),
		DedupSize: r.count("dedup_size", 1<<24),
		DedupTTL:  r.duration("dedup_ttl"),
	}
	if v := r.text("max_alerts"); v != "" {
		rate, err := limit.ParseRate(v)
		if err != nil {
			r.refuse("max_alerts", v, err)
		}
		c.MaxAlerts = &rate
	}
	format := r.text("alert_format")
	var err error
	if c.Format, err = alert.ParseFormat(format); err != nil {
		r.refuse("alert_format", format, nil)
	}
	r.suppression(&c)
	c.Exceptions = r.text("exceptions")
	c.StatePath = r.text("state_path")
	c.RuleTests = r.onOff("rule_tests")
	c.Heartbeat = r.interval("heartbeat")
	c.SelfTest = r.interval("self_test")
	c.MetricsListen = r.address("metrics_listen")
	c.Forward = r.forward()
	return c, errors.Join(r.errors...)
}

// suppression reads the two keys that go together.
func (r *reader) suppression(c *Config) {
	for name := range strings.SplitSeq(r.text("suppress_by"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			c.SuppressBy = append(c.SuppressBy, name)
		}
	}
	if length := r.text("suppress_for"); length != "" {
		d, err := parseDuration(length)
		if err != nil || d < time.Second || d > maxSuppression {
			r.refuse("suppress_for", length, nil)
		}
		if c.SuppressFor = d; len(c.SuppressBy) == 0 {
			r.refuse("suppress_by", "", errors.New("suppress_for is set, and says for how long"))
		}
	} else if len(c.SuppressBy) > 0 {
		r.refuse("suppress_for", "", errors.New("suppress_by is set, and says what"))
	}
}

// maxSuppression is the longest window of suppression: nothing stays unseen for
// longer.
const maxSuppression = 24 * time.Hour

func (r *reader) onOff(key string) bool {
	v := r.text(key)
	switch strings.ToLower(v) {
	case "on", "true", "yes":
		return true
	case "off", "false", "no":
		return false
	}
	r.refuse(key, v, nil)
	return false
}

// String lists the values in effect, in the order of the table.
func (c Config) String() string {
	most := "of-each-rule"
	if c.MaxAlerts != nil {
		most = c.MaxAlerts.String()
	}
	line := fmt.Sprintf("rules=%s channel=%s alert_format=%s dedup_size=%d dedup_ttl=%s max_alerts=%s rule_tests=%t heartbeat=%s",
		c.Rules, c.Channel, c.Format, c.DedupSize, c.DedupTTL, most, c.RuleTests, c.Heartbeat)
	if len(c.SuppressBy) > 0 {
		line += fmt.Sprintf(" suppress_by=%s suppress_for=%s", strings.Join(c.SuppressBy, ","), c.SuppressFor)
	}
	if c.Exceptions != "" {
		line += " exceptions=" + c.Exceptions
	}
	if c.StatePath != "" {
		line += " state_path=" + c.StatePath
	}
	if c.MetricsListen != "" {
		line += " metrics_listen=" + c.MetricsListen
	}
	if c.SelfTest > 0 {
		line += fmt.Sprintf(" self_test=%s", c.SelfTest)
	}
	if c.Forward != nil {
		line += " " + c.Forward.String()
	}
	return line
}

// ReadInputConfig reads the keys of a detect_alerts input. The error joins a
// *KeyError for each value that is not allowed.
func ReadInputConfig(get Getter) (InputConfig, error) {
	r := reader{keys: InputKeys, get: get}
	c := InputConfig{Channel: r.name("channel")}
	for slug := range strings.SplitSeq(r.text("rules"), ",") {
		if slug = strings.TrimSpace(slug); slug != "" {
			c.Rules = append(c.Rules, slug)
		}
	}
	severity := r.text("min_severity")
	level, ok := rule.ParseSeverity(severity)
	if !ok {
		r.refuse("min_severity", severity, nil)
	}
	c.MinSeverity = int(level)
	return c, errors.Join(r.errors...)
}
