package detector

// Key is one configuration key.
type Key struct {
	Name    string
	Type    string // what a value may be, for messages and documentation
	Default string
	Meaning string
}

// OutputKeys are the keys of a detector: of [OUTPUT] Name detect, of the
// command line's flags and of the sidecar's file. Everything that knows keys
// (parsing, the start-up log, the README, check) goes by this table.
var OutputKeys = []Key{
	{"rules", "`builtin`, or files, directories, globs, separated by commas", "builtin",
		"the detection rules"},
	{"channel", "a name", "default",
		"which detect_alerts input gets the alerts"},
	{"alert_format", "`ecs`, `kibana` or `ocsf`", "ecs",
		"the form of the alerts: ECS, ECS with the fields of Kibana's alerts, or an OCSF Detection Finding"},
	{"dedup_size", "a whole number from 1 to 16777216", "65536",
		"how many alerts are remembered to recognise exact duplicates"},
	{"dedup_ttl", "a duration from 1s on, such as 90s, 15m, 24h, 7d", "24h",
		"how long an alert is remembered"},
	{"suppress_by", "names of fields, separated by commas", "",
		"alerts of a rule that agree in these fields are suppressed after the first, unless instance, key, OS user or source address are new; a rule's own setting wins"},
	{"suppress_for", "a duration from 1s to 24h", "",
		"how long they are suppressed, from the first on; goes with `suppress_by`"},
	{"max_alerts", "a count and an interval such as `100/5m`, or `0` for no cap", "",
		"how many alerts a rule may make in an interval; the rest is counted and reported in one summary alert; empty: the rule's own max_signals and interval"},
	{"exceptions", "the path of a TOML file", "",
		"events that are known and make no alert: per rule a query, an owner, a reason and a date of expiry"},
	{"state_path", "the path of a directory", "",
		"where undelivered alerts, and what was alerted before, survive a crash or a restart; empty: nowhere"},
	{"forward_to", "`unix:///path` or `tcp://host:port`", "",
		"where alerts go by the Forward protocol, with acknowledgements: a forward input of Fluent Bit or Fluentd; empty: to a detect_alerts input"},
	{"alert_tag", "a tag, with the placeholders `{rule}` and `{severity}`", "alert.{rule}",
		"the tag of alerts that go to `forward_to`"},
	{"forward_shared_key", "a text", "",
		"the shared key of the receiver at `forward_to`; it is not logged"},
	{"forward_username", "a name", "",
		"the user that the receiver wants, if it wants one; goes with `forward_password`"},
	{"forward_password", "a text", "",
		"the user's password; it is not logged"},
	{"forward_self_hostname", "a name", "",
		"how this side introduces itself to the receiver; empty: the host's name"},
	{"forward_tls", "`on` or `off`, `on` only with tcp://", "off",
		"encrypt the connection to `forward_to`"},
	{"forward_tls_verify", "`on` or `off`", "on",
		"refuse a receiver whose certificate is not trusted or is not for the host in `forward_to`"},
	{"forward_tls_ca_file", "the path of a PEM file", "",
		"the certificates that are trusted; empty: those that the system trusts"},
	{"heartbeat", "a duration from 1s on, or `0` for none", "5m",
		"how often a heartbeat record with all counters comes out beside the alerts"},
	{"metrics_listen", "an address and a port such as `127.0.0.1:2112`", "",
		"where Prometheus finds the counters, at /metrics; empty: nowhere"},
	{"self_test", "a duration from 1s on, or `0` for never", "",
		"how often a synthetic event is sent the way of all events; if it makes no alert, the heartbeat's status is failed; empty: never"},
	{"rule_tests", "`on` or `off`", "on",
		"run the tests that are written in the rule files at the start"},
}

// InputKeys are the keys of [INPUT] Name detect_alerts. The host's own key Tag
// is the alerts' tag.
var InputKeys = []Key{
	{"channel", "a name", "default",
		"which detect outputs' alerts this input takes"},
	{"rules", "rule slugs as in `alert_rule`, separated by commas", "",
		"take only the alerts of these rules; empty: all"},
	{"min_severity", "`low`, `medium`, `high` or `critical`", "low",
		"take only alerts of this severity and above"},
}
