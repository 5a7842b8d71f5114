// Package sidecar measures how long fluent-detect serve takes to answer requests,
// those with an event that matches apart from those without: an answer waits until
// the alerts of its own request are on disk, and should not wait for those of others.
package sidecar
