// Package settings has the configuration keys of fluent-detect: one table for
// the plugins, for the flags of the command line and for the sidecar's file. Each
// row has the key's name, its documentation and the function that parses its
// value, so a new key is one new row.
//
//	Fluent Bit's properties ─┐
//	flags ───────────────────┼─ Getter ─▶ table ─▶ Detector, Input or Sidecar
//	a YAML file, [File] ─────┘                     or a *KeyError for each bad value
package settings
