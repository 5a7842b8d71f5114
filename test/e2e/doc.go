// Package e2e runs the plugins inside a real Fluent Bit, with its threads, buffers and
// reloads. Its tests need fluent-bit on PATH, or its path in FLUENT_BIT, and are skipped
// without it.
package e2e
