package detector

import (
	"os"
	"strings"
	"testing"
)

// The README's tables have every key, with its default.
func TestKeysAreInTheReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	outputs, rest, ok := strings.Cut(string(text), "### Keys of `[INPUT] Name detect_alerts`")
	if !ok {
		t.Fatal("the README has no table of the input's keys")
	}
	_, outputs, _ = strings.Cut(outputs, "### Keys of `[OUTPUT] Name detect`")
	inputs, _, _ := strings.Cut(rest, "## ")
	for where, table := range map[string]struct {
		keys []Key
		text string
	}{"output": {OutputKeys, outputs}, "input": {InputKeys, inputs}} {
		for _, k := range table.keys {
			row := rowOf(table.text, k.Name)
			switch {
			case row == nil:
				t.Errorf("the README's table of the %s has no key %s", where, k.Name)
			case k.Default != "" && !strings.Contains(row[1], "`"+k.Default+"`"):
				t.Errorf("the README says that %s is by default %s, want `%s`", k.Name, row[1], k.Default)
			}
		}
	}
}

// rowOf returns the cells of the row whose first cell names the key.
func rowOf(table, key string) []string {
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) >= 3 && strings.Contains(cells[0], "`"+key+"`") {
			return cells
		}
	}
	return nil
}
