package alert

import "testing"

func TestParseFormat(t *testing.T) {
	for _, f := range formats {
		if got, err := ParseFormat(f.String()); got != f || err != nil {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
	for text, want := range map[string]string{
		"":     `"" is not an alert format: want one of ecs, kibana, ocsf`,
		"ECS":  `"ECS" is not an alert format: want one of ecs, kibana, ocsf`,
		"json": `"json" is not an alert format: want one of ecs, kibana, ocsf`,
	} {
		if _, err := ParseFormat(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
