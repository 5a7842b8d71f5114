package docs

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

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
