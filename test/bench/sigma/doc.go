// Package sigma measures fluent-detect replay beside RSigma, on the same rules, events and
// core, and compares what they find.
package sigma
