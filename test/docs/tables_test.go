package docs

import (
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/trail"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// The table of the counters of sources of objects has all of them.
func TestCloudTrailMetrics(t *testing.T) {
	var rows [][]string
	for _, f := range trail.Metrics(nil) {
		var labels []string
		for _, l := range f.Labels[1:] { // the first one is input
			labels = append(labels, generated.Code(l))
		}
		rows = append(rows, []string{generated.Code(f.Name), f.Type, strings.Join(labels, ", "), f.Help})
	}
	generated.Check(t, "docs/operators.md", "cloudtrail-metrics", generated.Table([]string{"name", "type", "more labels", "meaning"}, rows))
}

// The tables of keys match the code.
func TestKeys(t *testing.T) {
	for _, of := range []struct {
		file, name string
		keys       []settings.Key
	}{
		{"README.md", "output-keys", settings.DetectorKeys()},
		{"README.md", "input-keys", settings.InputKeys()},
		{"README.md", "cloudtrail-keys", settings.CloudTrailKeys()},
		{"docs/operators.md", "sidecar-keys", settings.OwnSidecarKeys()},
	} {
		var rows [][]string
		for _, k := range of.keys {
			rows = append(rows, []string{generated.Code(k.Name), k.Type, generated.Code(k.Default), k.Meaning})
		}
		generated.Check(t, of.file, of.name, generated.Table([]string{"key", "value", "default", "meaning"}, rows))
	}
}
