// Package metrics shows the counters of detectors to Prometheus.
//
//	detector.State ──Report──▶ families ──Append──▶ text, format 0.0.4
//
// The text is written here and not by client_golang: that library, with what it
// brings, made the plugin for Fluent Bit 4.6 MB larger, and resident memory 5.6 MB,
// also where nobody asks for metrics. The tests hold the text against its parser
// and its linter.
//
// Every name begins with fluent_detect_. Series have the labels channel and
// detector (the name of a detector in its channel, "default.0"; Prometheus sets a
// label instance of its own), and those of a rule its name as alert_rule has it.
// So their number depends on the configuration and on the rules, and not on what
// events say.
package metrics
