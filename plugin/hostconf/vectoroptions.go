package hostconf

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// options are the options of a component of Vector 0.58, or of a table in it.
type options struct {
	names    map[string]option
	required []string
	// loose means that Vector ignores other names silently, and does not reject them.
	loose bool
}

// option is the kind of an option's value.
type option struct {
	kinds  string   // letters of those that are allowed: see kindNames
	values []string // if it is a text, the only ones that are allowed
	table  *options // if it is a table; nil: not looked into
}

// kindNames are the kinds of values.
var kindNames = map[byte]string{'s': "a text", 'i': "an integer", 'f': "a number", 'b': "a boolean", 'l': "a list", 't': "a table"}

var (
	aText     = option{kinds: "s"}
	anInteger = option{kinds: "i"}
	aNumber   = option{kinds: "f"}
	aBoolean  = option{kinds: "b"}
	aList     = option{kinds: "l"}
	anything  = option{kinds: "sifblt"}
)

func oneOf(values ...string) option { return option{kinds: "s", values: values} }
func tableOf(names map[string]option) option {
	return option{kinds: "t", table: &options{names: names}}
}
func looseTableOf(names map[string]option) option {
	return option{kinds: "t", table: &options{names: names, loose: true}}
}

// or returns the option with other kinds allowed too.
func (o option) or(kinds string) option {
	o.kinds += kinds
	return o
}

var (
	acknowledgements = looseTableOf(map[string]option{"enabled": aBoolean}).or("b")

	tlsNames = map[string]option{
		"verify_certificate": aBoolean, "verify_hostname": aBoolean, "alpn_protocols": aList, "ca_file": aText, "ca_path": aText, "crt_file": aText, "crt_path": aText,
		"key_file": aText, "key_path": aText, "key_pass": aText, "server_name": aText,
	}

	// codecs of sinks and sources; a Vector may be built without some of them.
	encoders = []string{"avro", "cef", "csv", "gelf", "json", "logfmt", "native", "native_json", "otlp", "protobuf", "raw_message", "syslog", "text"}
	decoders = []string{"avro", "bytes", "gelf", "influxdb", "json", "native", "native_json", "otlp", "protobuf", "syslog", "vrl"}

	globalOptions = &options{loose: true, names: map[string]option{"acknowledgements": acknowledgements, "data_dir": aText}}

	// httpSink are the options of the sink http.
	httpSink = &options{required: []string{"uri", "encoding"}, names: map[string]option{
		"type": aText, "inputs": aList, "uri": aText, "method": oneOf("get", "head", "post", "put", "delete", "options", "trace", "patch"),
		"auth": tableOf(map[string]option{
			"strategy": oneOf("basic", "bearer", "aws", "custom"), "user": aText, "password": aText, "token": aText, "value": aText, "auth": anything, "service": aText,
		}),
		"compression": looseTableOf(map[string]option{"algorithm": compressions, "level": anything}).or("s").only(compressions.values...),
		"encoding": looseTableOf(map[string]option{
			"codec": oneOf(encoders...), "only_fields": aList, "except_fields": aList, "timestamp_format": aText, "metric_tag_values": aText,
			"avro": anything, "cef": anything, "csv": anything, "gelf": anything, "json": anything, "protobuf": anything, "syslog": anything,
		}),
		"framing": looseTableOf(map[string]option{
			"method":              oneOf("bytes", "character_delimited", "length_delimited", "newline_delimited", "varint_length_delimited"),
			"character_delimited": anything, "length_delimited": anything, "max_frame_length": anInteger,
		}),
		"payload_prefix": aText, "payload_suffix": aText,
		"batch": looseTableOf(map[string]option{"max_bytes": anInteger, "max_events": anInteger, "timeout_secs": aNumber}),
		"request": looseTableOf(map[string]option{
			"headers": option{kinds: "t"}, "adaptive_concurrency": option{kinds: "t"}, "concurrency": anInteger.or("s"), "rate_limit_duration_secs": anInteger, "rate_limit_num": anInteger,
			"retry_attempts": anInteger, "retry_initial_backoff_secs": anInteger, "retry_jitter_mode": aText, "retry_max_duration_secs": anInteger, "timeout_secs": anInteger,
		}),
		"retry_strategy":   looseTableOf(map[string]option{"type": oneOf("none", "default", "all", "custom"), "status_codes": aList}),
		"tls":              tableOf(tlsNames),
		"acknowledgements": acknowledgements,
		"healthcheck":      looseTableOf(map[string]option{"enabled": aBoolean, "uri": aText, "timeout": aNumber}).or("b"),
		"proxy":            tableOf(map[string]option{"enabled": aBoolean, "http": aText, "https": aText, "no_proxy": option{kinds: "ls"}}),
		"buffer":           bufferStage.or("l"),
		"graph":            anything,
		"dangerously_allow_unconfined_template_resolution": aBoolean,
		"healthcheck_uri": aText,
	}}

	compressions = oneOf("none", "gzip", "zlib", "zstd", "snappy")

	bufferStage = tableOf(map[string]option{
		"type": oneOf("memory", "disk"), "max_events": anInteger, "max_size": anInteger, "when_full": oneOf("block", "drop_newest", "overflow"),
	})

	decoding = looseTableOf(map[string]option{
		"codec": oneOf(decoders...),
		"avro":  anything, "gelf": anything, "influxdb": anything, "json": anything, "native_json": anything, "protobuf": anything, "syslog": anything, "vrl": anything,
	})
	decoderFraming = looseTableOf(map[string]option{
		"method":              oneOf("bytes", "character_delimited", "length_delimited", "newline_delimited", "octet_counting", "chunked_gelf", "varint_length_delimited"),
		"character_delimited": anything, "length_delimited": anything, "newline_delimited": anything, "octet_counting": anything, "chunked_gelf": anything, "max_frame_length": anInteger,
	})

	// httpSource are the options of the source http_server.
	httpSource = &options{loose: true, required: []string{"address"}, names: map[string]option{
		"type": aText, "address": aText, "headers": aList, "query_parameters": aList,
		"auth":        tableOf(map[string]option{"strategy": oneOf("basic", "custom"), "username": aText, "password": aText, "source": aText}),
		"strict_path": aBoolean, "path": aText, "path_key": aText, "host_key": aText,
		"method": oneOf("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), "response_code": anInteger, "tls": option{kinds: "t"}, "framing": decoderFraming, "decoding": decoding,
		"acknowledgements": acknowledgements, "log_namespace": aBoolean, "keepalive": option{kinds: "t"}, "encoding": anything, "proxy": option{kinds: "t"}, "graph": anything,
	}}

	// fileSource are the options of the source file.
	fileSource = &options{required: []string{"include"}, names: map[string]option{
		"type": aText, "include": aList, "exclude": aList, "file_key": aText, "offset_key": aText, "start_at_beginning": aBoolean, "ignore_checkpoints": aBoolean, "read_from": oneOf("beginning", "end"),
		"ignore_older": anInteger, "ignore_older_secs": anInteger, "max_line_bytes": anInteger, "max_read_bytes": anInteger, "host_key": aText, "data_dir": aText,
		"glob_minimum_cooldown_ms": anInteger, "glob_minimum_cooldown": anInteger, "fingerprint": option{kinds: "t"}, "fingerprinting": option{kinds: "t"}, "ignore_not_found": aBoolean, "message_start_indicator": aText, "multi_line_timeout": anInteger,
		"multiline": option{kinds: "t"}, "oldest_first": aBoolean, "remove_after_secs": anInteger, "remove_after": anInteger, "line_delimiter": aText, "encoding": option{kinds: "t"}, "acknowledgements": acknowledgements,
		"log_namespace": aBoolean, "internal_metrics": option{kinds: "t"}, "rotate_wait_secs": anInteger, "proxy": option{kinds: "t"}, "graph": anything,
	}}

	// s3Source are the options of the source aws_s3.
	s3Source = &options{names: map[string]option{
		"type": aText, "region": aText, "endpoint": aText, "compression": oneOf("auto", "none", "gzip", "zstd"), "strategy": oneOf("sqs"), "multiline": option{kinds: "t"},
		"sqs": tableOf(map[string]option{
			"queue_url": aText, "poll_secs": anInteger, "visibility_timeout_secs": anInteger, "delete_message": aBoolean, "delete_failed_message": aBoolean, "client_concurrency": anInteger,
			"max_number_of_messages": anInteger, "connect_timeout_seconds": anInteger, "read_timeout_seconds": anInteger, "operation_timeout_seconds": anInteger,
			"tls_options": tableOf(tlsNames), "deferred": option{kinds: "t"},
		}),
		"assume_role": aText, "auth": option{kinds: "t"}, "acknowledgements": acknowledgements, "tls_options": tableOf(tlsNames), "framing": decoderFraming, "decoding": decoding,
		"log_namespace": aBoolean, "force_path_style": aBoolean, "proxy": option{kinds: "t"}, "graph": anything,
	}}
)

// only returns the option with these texts allowed only.
func (o option) only(values ...string) option {
	o.values = values
	return o
}

// componentOptions checks the names and values of the options of the components that
// events and alerts go through. Vector rejects some unknown names and ignores others.
func (v *vectorConfig) componentOptions(c component) {
	switch known := map[string]*options{
		"sink http": httpSink, "source http_server": httpSource, "source http": httpSource, "source file": fileSource, "source aws_s3": s3Source,
	}[c.kind+" "+c.plugin]; {
	case known != nil:
		v.options(c, known)
	case c.kind == "sink":
		v.options(c, &options{loose: true, names: map[string]option{"acknowledgements": acknowledgements, "inputs": aList}})
	case c.kind == "transform":
		v.options(c, &options{loose: true, names: map[string]option{"inputs": aList}})
	}
}

func (v *vectorConfig) options(c component, known *options) {
	isKnown := len(known.names) > 2 // others have only those that all components have
	v.table(c, "", c.value, known, isKnown && c.kind != "global")
	for _, name := range known.required {
		if c.node(name) == nil {
			v.failAt(c, c.key, "%s is missing, which Vector rejects", name)
		}
	}
}

// table checks a table of options at a path such as "request.".
func (v *vectorConfig) table(c component, prefix string, n *yaml.Node, known *options, reportUnknown bool) {
	for key, value := range members(n) {
		value = target(value)
		name := prefix + key.Value
		o, ok := known.names[key.Value]
		if ok {
			v.value(c, name, value, o)
		} else if reportUnknown {
			v.unknownOption(c, name, key, known)
		}
	}
}

func (v *vectorConfig) unknownOption(c component, name string, key *yaml.Node, known *options) {
	names := make([]string, 0, len(known.names))
	for n := range known.names {
		names = append(names, n)
	}
	slices.Sort(names)
	hint := spelling.Suggest(key.Value, names)
	switch {
	case !known.loose:
		v.failAt(c, key, "unknown option %s, which Vector rejects%s", name, hint)
	case hint != "":
		v.failAt(c, key, "unknown option %s, which Vector ignores silently%s", name, hint)
	default:
		v.warnAt(c, key, "unknown option %s, which Vector 0.58 ignores silently", name)
	}
}

// value checks the value of an option.
func (v *vectorConfig) value(c component, name string, n *yaml.Node, o option) {
	kind := valueKind(n)
	switch {
	case kind == 0 || n.Kind == yaml.ScalarNode && strings.Contains(n.Value, unknownVariable):
	case !strings.ContainsRune(o.kinds, rune(kind)) && (kind != 'i' || !strings.Contains(o.kinds, "f")):
		v.mustBe(c, name, n, kindTexts(o.kinds))
	case kind == 's' && o.values != nil && !slices.Contains(o.values, n.Value):
		v.mustBe(c, name, n, "one of "+strings.Join(o.values, ", "))
	case kind == 't' && o.table != nil:
		v.table(c, name+".", n, o.table, true)
	case kind == 'l' && o.table != nil:
		for _, part := range n.Content {
			v.value(c, name, target(part), option{kinds: "t", table: o.table})
		}
	case kind == 'i' && strings.HasPrefix(n.Value, "-"):
		v.mustBe(c, name, n, "0 or more")
	}
}

func (v *vectorConfig) mustBe(c component, name string, n *yaml.Node, what string) {
	shown := ""
	if n.Kind == yaml.ScalarNode {
		shown = fmt.Sprintf(" %q", n.Value)
	}
	if c.kind == "global" {
		v.fail(v.at(c, n), "%s:%s must be %s, and Vector rejects this", name, shown, what)
		return
	}
	v.failAt(c, n, "%s:%s must be %s, and Vector rejects this", name, shown, what)
}

// valueKind returns the letter of the kind of a value, 0 if it is null.
func valueKind(n *yaml.Node) byte {
	switch n.Kind {
	case yaml.MappingNode:
		return 't'
	case yaml.SequenceNode:
		return 'l'
	}
	switch n.ShortTag() {
	case "!!null":
		return 0
	case "!!bool":
		return 'b'
	case "!!int":
		return 'i'
	case "!!float":
		return 'f'
	}
	return 's'
}

func kindTexts(kinds string) string {
	var all []string
	for i := range len(kinds) {
		all = append(all, kindNames[kinds[i]])
	}
	return strings.Join(all, " or ")
}
