// Package hostconf checks configurations of the programs that fluent-detect works
// with: of Fluent Bit, in its classic format and in YAML, of Vector and of the
// sidecar. It reads them as these programs do, keeps the position of each key, and
// reports what they silently accept: Fluent Bit ignores misspelt keys of plugins,
// misspelt sections, and alerts that no output matches.
//
// The keys of fluent-detect are checked by package settings, as at the start.
package hostconf
