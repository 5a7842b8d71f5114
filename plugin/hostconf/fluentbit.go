package hostconf

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// kinds are the names of sections in the classic format and their kinds. Fluent Bit
// also accepts abbreviations, for the first name with that prefix.
var kinds = []struct{ name, kind string }{
	{"SERVICE", "service"}, {"PARSER", "parser"}, {"MULTILINE_PARSER", "multiline_parser"}, {"STREAM_PROCESSOR", "stream"},
	{"PLUGINS", "plugins"}, {"UPSTREAM_SERVERS", "upstream"}, {"CUSTOM", "custom"}, {"CUSTOMS", "custom"},
	{"INPUT", "input"}, {"INPUTS", "input"}, {"FILTER", "filter"}, {"FILTERS", "filter"},
	{"OUTPUT", "output"}, {"OUTPUTS", "output"}, {"STREAM_TASK", "stream"}, {"UPSTREAM", "upstream"}, {"NODE", "upstream"},
}

// kindOf returns the kind of a section, and reports a name that Fluent Bit ignores.
func kindOf(name string, c *config, at Position) string {
	upper := strings.ToUpper(name)
	var known []string
	for _, k := range kinds {
		if upper != "" && strings.HasPrefix(k.name, upper) {
			return k.kind
		}
		known = append(known, k.name)
	}
	if hint := spelling.Suggest(upper, known); hint != "" {
		c.misspelt = true
		c.fail(at, "unknown section %q%s", name, hint)
	} else {
		c.warn(at, "unknown section %q: Fluent Bit ignores it", name)
	}
	return "other"
}

// serviceKeys are the keys of [SERVICE]. Fluent Bit ignores others.
var serviceKeys = []string{
	"flush", "grace", "daemon", "log_file", "log_level", "parsers_file", "plugins_file", "streams_file", "http_server", "http_listen", "http_port",
	"health_check", "hc_errors_count", "hc_retry_failure_count", "hc_period", "dns.mode", "dns.resolver", "dns.prefer_ipv4", "dns.prefer_ipv6",
	"storage.path", "storage.sync", "storage.metrics", "storage.checksum", "storage.backlog.mem_limit", "storage.backlog.flush_on_shutdown",
	"storage.max_chunks_up", "storage.delete_irrecoverable_chunks", "storage.trim_files", "storage.type", "storage.inherit",
	"storage.keep.rejected", "storage.rejected.path", "coro_stack_size", "multiline_buffer_limit", "scheduler.cap", "scheduler.base",
	"json.convert_nan_to_null", "json.escape_unicode", "sp.convert_from_str_to_num", "enable_chunk_trace", "hot_reload",
	"hot_reload.ensure_thread_safety", "hot_reload.timeout", "windows.maxstdio", "security.fips_mode", "flush.adaptive",
}

// hostKeys are Fluent Bit's own keys that have an effect in inputs and outputs of
// ours.
var hostKeys = map[string][]string{
	"detect":        {"name", "match", "match_regex", "alias", "log_level", "log_suppress_interval", "retry_limit", "workers", "storage.total_limit_size", "processors", "condition"},
	"detect_alerts": {"name", "tag", "alias", "log_level", "log_suppress_interval", "routable", "storage.type", "storage.pause_on_chunks_overlimit", "mem_buf_limit", "threaded", "thread.ring_buffer.capacity", "thread.ring_buffer.window", "processors", "routes"},
	"cloudtrail":    {"name", "tag", "alias", "log_level", "log_suppress_interval", "routable", "storage.type", "storage.pause_on_chunks_overlimit", "mem_buf_limit", "threaded", "thread.ring_buffer.capacity", "thread.ring_buffer.window", "processors", "routes"},
}

// uselessKeys are keys of Fluent Bit without an effect in plugins of ours. One with
// a dot at the end is a prefix.
var uselessKeys = []string{"host", "port", "listen", "ipv6", "tls", "tls.", "net.", "oauth2"}

func isUseless(name string) bool {
	for _, k := range uselessKeys {
		if name == k || strings.HasSuffix(k, ".") && strings.HasPrefix(name, k) {
			return true
		}
	}
	return false
}

// ownKeys returns the keys of a plugin of ours.
func ownKeys(plugin string) []settings.Key {
	switch plugin {
	case "detect":
		return settings.DetectorKeys()
	case "cloudtrail":
		return settings.CloudTrailKeys()
	}
	return settings.InputKeys()
}
