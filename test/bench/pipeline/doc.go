// Package pipeline measures real Fluent Bits and Vectors that detect pushed SSH keys in
// different ways, each in a process of its own, with the same file of events.
package pipeline
