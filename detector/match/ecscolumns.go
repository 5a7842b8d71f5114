package match

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// columnsText has a line for each field of the Elastic Common Schema that has values,
// with its type if it is not a keyword. Source: generated/csv/fields.csv of elastic/ecs,
// version 9.5.0-dev, commit b85f7573.
//
//go:embed columns.txt
var columnsText string

// ecsColumns has the types of all fields of the Elastic Common Schema.
var ecsColumns = sync.OnceValue(func() map[string]event.Type {
	types := map[string]event.Type{}
	for line := range strings.Lines(columnsText) {
		name, typ, _ := strings.Cut(strings.TrimSpace(line), " ")
		t, known := event.ParseType(typ)
		if !known {
			t = event.TypeKeyword
		}
		types[name] = t
	}
	return types
})
