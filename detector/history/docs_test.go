package history

import (
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// The list of notable actions in docs/operators.md is that of the code.
func TestNotableActionsAreInTheDocumentation(t *testing.T) {
	var rows [][]string
	seen := map[string]bool{}
	for _, p := range NotableActions {
		for _, a := range p.Actions {
			if seen[a] {
				t.Errorf("%s is there twice", a)
			}
			seen[a] = true
		}
		rows = append(rows, []string{p.Purpose, "`" + strings.Join(p.Actions, "`, `") + "`"})
	}
	generated.Check(t, "docs/operators.md", "notable-actions", generated.Table([]string{"what for", "actions"}, rows))
}
