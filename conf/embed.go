// Package conf holds what fluent-detect ships: the built-in rules, which are
// part of the program, and configuration files for the hosts it runs in.
package conf

import (
	"embed"
	"io/fs"
)

//go:embed rules/*.toml
var files embed.FS

// Rules gives the built-in rules, one *.toml file each.
func Rules() fs.FS {
	rules, err := fs.Sub(files, "rules")
	if err != nil {
		panic(err) // only for a path that is not valid
	}
	return rules
}
