// Package page has the parts that fluent-detect's HTML pages share, the report of replay
// and the page of the sidecar: a style, and functions that make a page safe whatever its
// data is. A page makes only the network requests that its policy allows, and runs only
// its own script.
package page

import (
	"crypto/sha256"
	_ "embed" // for the style
	"encoding/base64"
	"strings"
)

// Style is the style sheet.
//
//go:embed style.css
var Style string

// Policy returns a content security policy that allows these style sheets and scripts,
// as the elements of the page have them, and nothing else. The extra directives come
// before the others.
func Policy(styles, scripts []string, extra ...string) string {
	directives := append([]string{"default-src 'none'"}, extra...)
	directives = append(directives, sources("style-src", styles), sources("script-src", scripts), "base-uri 'none'", "form-action 'none'")
	return strings.Join(directives, "; ")
}

// sources returns the directive that allows the texts, by their hashes.
func sources(directive string, texts []string) string {
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		directive += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return directive
}
