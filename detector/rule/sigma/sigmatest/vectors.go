// Package sigmatest has Sigma rules with their meanings, for tests.
package sigmatest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// own are our vectors: detections, each with events that it matches and others.
//
//go:embed vectors.yaml
var own []byte

// Vector is a file of rules with what it means for an event.
type Vector struct {
	ID, Topic, Why string
	Rule           string
	Event          json.RawMessage // an object, or a text that is one in JSON
	Expect         any             // true, false, or "error" if the file is refused
	// Events are those of a vector about several events: whether the last one of some of them
	// makes an alert.
	Events []json.RawMessage
}

// Records returns the events as JSON text, each on a line.
func (v *Vector) Records() []byte {
	var lines []byte
	for _, e := range v.Events {
		lines = append(append(lines, e...), '\n')
	}
	if v.Events != nil {
		return lines
	}
	var text string
	if json.Unmarshal(v.Event, &text) == nil {
		return []byte(text)
	}
	return v.Event
}

// Run runs do with each set of vectors: our own, and those beside the project on some
// machines. The root of the project is a path from the test's folder.
func Run(t *testing.T, root string, do func(t *testing.T, vectors []Vector)) {
	t.Run("own", func(t *testing.T) { do(t, Own(t)) })
	t.Run("shared", func(t *testing.T) {
		path := filepath.Join(root, "../shared/sigma-vectors.json")
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("not tested: the vectors in %s, which does not exist", path)
		}
		if err != nil {
			t.Fatal(err)
		}
		var all []Vector
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		do(t, all)
	})
}

// Own returns our own vectors.
func Own(t testing.TB) []Vector {
	t.Helper()
	var groups []struct {
		Detection string
		Rule      string // instead of a detection
		Matches   []string
		Others    []string
		Refused   string // a part of the error
	}
	if err := yaml.Unmarshal(own, &groups); err != nil {
		t.Fatal(err)
	}
	var all []Vector
	for i, g := range groups {
		text := g.Rule
		if text == "" {
			text = Rule(fmt.Sprintf("Rule %d", i), g.Detection)
		}
		add := func(event string, expect any) {
			v := Vector{ID: fmt.Sprint(i), Why: g.Detection + g.Refused, Rule: text, Event: json.RawMessage(event), Expect: expect}
			if !json.Valid(v.Event) {
				t.Fatalf("vector %d: %s is not JSON", i, event)
			}
			all = append(all, v)
		}
		for _, e := range g.Matches {
			add(e, true)
		}
		for _, e := range g.Others {
			add(e, false)
		}
		if g.Refused != "" {
			add(`{"eventName": "x"}`, "error")
		}
	}
	return all
}

// Rule returns a rule with a detection in YAML, which may be indented.
func Rule(title, detection string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nid: 00000000-0000-4000-8000-%012x\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n", title, len(title)<<24+len(detection))
	for line := range strings.Lines(detection) {
		b.WriteString("  " + line)
	}
	return b.String()
}
