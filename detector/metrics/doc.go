// Package metrics exposes the counters of detectors to Prometheus.
//
//	detector.State ──Report──▶ families ──Append──▶ text, format 0.0.4
//
// The text is not written by client_golang: that library and its dependencies made
// the plugin for Fluent Bit 4.6 MB larger, and resident memory 5.6 MB, even without
// metrics. The tests check the text with its parser and its linter.
//
// Every name begins with fluent_detect_. Series have the labels channel and
// detector (the name of a detector in its channel, "default.0"; Prometheus sets a
// label instance of its own), and those of a rule its name as alert_rule has it.
// So their number depends on the configuration and the rules, not on events.
package metrics
