package sidecar

import "github.com/fluent-detect/fluent-detect/detector"

// Keys are the keys that the sidecar has beside [detector.OutputKeys]. On the
// command line they are flags with dashes.
var Keys = []detector.Key{
	{Name: "listen", Type: "an address and a port such as `127.0.0.1:9880`", Default: "127.0.0.1:9880",
		Meaning: "where events are taken, by POST to /v1/ingest; /healthz and /metrics are there too"},
	{Name: "listen_username", Type: "a name",
		Meaning: "the user that clients must be, by basic authentication; goes with `listen_password`"},
	{Name: "listen_password", Type: "a text",
		Meaning: "that user's password; it is not logged"},
	{Name: "listen_tls_cert_file", Type: "the path of a PEM file",
		Meaning: "the certificate to show to clients, with its chain; turns TLS on, goes with `listen_tls_key_file`"},
	{Name: "listen_tls_key_file", Type: "the path of a PEM file",
		Meaning: "the key of that certificate"},
	{Name: "listen_requests", Type: "a whole number from 1 to 1024", Default: "16",
		Meaning: "how many requests are read at the same time; others wait for five seconds and are then answered with 503"},
	{Name: "alerts", Type: "a URL with http:// or https://, or `-` for stdout",
		Meaning: "where alerts go, as lines of JSON, by POST until they are accepted; this or `forward_to` must be set"},
	{Name: "alerts_username", Type: "a name",
		Meaning: "the user to be at `alerts`, by basic authentication; goes with `alerts_password`"},
	{Name: "alerts_password", Type: "a text",
		Meaning: "that user's password; it is not logged"},
	{Name: "alerts_timeout", Type: "a duration from 1s to 1h", Default: "60s",
		Meaning: "how long an answer of `alerts` is waited for before the same is sent again"},
	{Name: "alerts_tls_verify", Type: "`on` or `off`", Default: "on",
		Meaning: "refuse a receiver whose certificate is not trusted or is not for the host in `alerts`"},
	{Name: "alerts_tls_ca_file", Type: "the path of a PEM file",
		Meaning: "the certificates that are trusted; empty: those that the system trusts"},
	{Name: "dead_letters", Type: "the path of a file",
		Meaning: "what could not be read, and alerts that the receiver refuses, as lines of JSON; empty: on stderr"},
}

// AllKeys returns all keys of the sidecar: its own and the detector's.
func AllKeys() []detector.Key {
	return append(append([]detector.Key{}, Keys...), detector.OutputKeys...)
}

// isSecret reports whether the value of a key is not to be printed.
func isSecret(key string) bool { return key == "listen_password" || key == "alerts_password" }
