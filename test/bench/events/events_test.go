package events

import (
	"encoding/json"
	"strings"
	"testing"
)

// Each event is JSON, has a unique ID and no placeholders.
func TestEvents(t *testing.T) {
	ids := map[string]int{}
	size, pushes := 0, 0
	for i := range 6 * Every {
		line := Line(i)
		var e struct {
			ID   string `json:"eventID"`
			Name string `json:"eventName"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("event %d: %v\n%s", i, err, line)
		}
		if j, again := ids[e.ID]; again {
			t.Errorf("events %d and %d have one id", j, i)
		}
		for _, placeholder := range []string{"HEX", "UUID", "TIME\"", "NUMBER", "REGION", "ADDRESS", "%!"} {
			if strings.Contains(line, placeholder) {
				t.Fatalf("event %d has %s in it:\n%s", i, placeholder, line)
			}
		}
		ids[e.ID] = i
		size += len(line)
		if e.Name == push.name {
			pushes++
		}
	}
	if pushes != 6 {
		t.Errorf("%d pushed keys in %d events, want 6", pushes, 6*Every)
	}
	t.Logf("%d bytes an event", size/(6*Every))
}

func TestSizes(t *testing.T) {
	for _, size := range []int{300, 1024, 16 << 10, 1 << 20} {
		for _, line := range []string{Long(1, size), Wide(1, size)} {
			if off := len(line) - size; off < -100 || off > 100 || !json.Valid([]byte(line)) {
				t.Errorf("%d bytes, want about %d, as JSON", len(line), size)
			}
		}
	}
	if line := Nested(1, 64); !json.Valid([]byte(line)) || strings.Count(line, `"next"`) != 64 {
		t.Errorf("no 64 levels: %s", line)
	}
}
