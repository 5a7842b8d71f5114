package docs

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/plugin/sidecar"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// The tables of keys are those of the code.
func TestKeys(t *testing.T) {
	for _, of := range []struct {
		file, name string
		keys       []detector.Key
	}{
		{"README.md", "output-keys", detector.OutputKeys},
		{"README.md", "input-keys", detector.InputKeys},
		{"docs/operators.md", "sidecar-keys", sidecar.Keys},
	} {
		var rows [][]string
		for _, k := range of.keys {
			rows = append(rows, []string{generated.Code(k.Name), k.Type, generated.Code(k.Default), k.Meaning})
		}
		generated.Check(t, of.file, of.name, generated.Table([]string{"key", "value", "default", "meaning"}, rows))
	}
}
