// Package e2e runs the plugins inside a real Fluent Bit: what users have, with
// its threads, buffers and reloads. Its tests need the executable fluent-bit on
// PATH, or its path in FLUENT_BIT, and say so when there is none.
package e2e
