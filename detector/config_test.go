package detector

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// testConfig is a Config and the files of rules and exceptions.
type testConfig struct {
	Config
	rules, exceptions string
	databases         *geo.Databases
}

// configOf returns the default configuration with the settings, which are key,
// value, key, value, …
func configOf(t testing.TB, settings ...string) testConfig {
	t.Helper()
	c := testConfig{Config: Config{Channel: "default", DedupSize: 65536, DedupTTL: 24 * time.Hour, Heartbeat: 5 * time.Minute}, rules: "builtin"}
	for i := 0; i < len(settings); i += 2 {
		var err error
		switch value := settings[i+1]; settings[i] {
		case "rules":
			c.rules = value
		case "exceptions":
			c.exceptions = value
		case "geo_databases":
			c.databases, err = geo.Open(strings.Split(value, ","))
		case "alert_format":
			c.Format, err = alert.ParseFormat(value)
		case "dedup_size":
			c.DedupSize, err = strconv.Atoi(value)
		case "max_alerts":
			c.MaxAlerts = new(hold.Rate)
			*c.MaxAlerts, err = hold.ParseRate(value)
		case "suppress_by":
			c.SuppressBy = strings.Split(value, ",")
		case "suppress_for":
			c.SuppressFor, err = time.ParseDuration(value)
		case "context":
			c.Context, c.ContextActors = value == "on", 1000
		case "follow_up":
			c.FollowUp, err = time.ParseDuration(value)
		case "heartbeat":
			c.Heartbeat, err = time.ParseDuration(value)
		case "self_test":
			c.SelfTest, err = time.ParseDuration(value)
		default:
			t.Fatalf("unknown key %q", settings[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}
