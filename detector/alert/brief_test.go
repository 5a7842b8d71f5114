package alert

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// A brief alert is a part of the one in ECS form, and is known to be an alert when it comes
// back.
func TestBrief(t *testing.T) {
	for _, rule := range []string{"builtin", "testdata/rules/anything.toml"} {
		r := load(t, rule)
		records := []string{eventFile(t, "push"), eventFile(t, "serial"), eventFile(t, "s3")}
		for i := range 40 {
			records = append(records, events.Ordinary(i))
		}
		for _, record := range records {
			brief := makeAlert(t, r, FormatBrief, record)
			whole := decode(t, makeAlert(t, r, FormatECS, record))
			short := decode(t, brief)
			if missing := partOf(short, whole, ""); missing != "" {
				t.Errorf("%s: %s differs from the alert in ECS form:\n%s", rule, missing, AppendJSON(nil, brief))
			}
			for _, name := range []string{"event.reason", "event.action", "event.id", "event.start", "rule.id", "rule.name", "alert_severity"} {
				if got, want := short.at(name), whole.at(name); got == "" || got != want {
					t.Errorf("%s: %s is %s, want %s", rule, name, got, want)
				}
			}
			if got, want := short.at("source.address"), whole.at("source.address"); got != want {
				t.Errorf("%s: source.address is %s, want %s", rule, got, want)
			}
			if n := len(AppendJSON(nil, brief)); n > 1500 {
				t.Errorf("%s: a brief alert of %d bytes", rule, n)
			}
			visit(t, brief, func(*event.Event) { t.Errorf("%s: a brief alert was taken for an event", rule) })
		}
	}
}

// partOf returns the path of something in part that is not in whole, or "".
func partOf(part, whole any, path string) string {
	p, ok := asMap(part)
	w, ok2 := asMap(whole)
	if !ok || !ok2 {
		if reflect.DeepEqual(part, whole) {
			return ""
		}
		return strings.TrimPrefix(path, ".")
	}
	for name, v := range p {
		if missing := partOf(v, w[name], path+"."+name); missing != "" {
			return missing
		}
	}
	return ""
}

func asMap(v any) (map[string]any, bool) {
	if d, ok := v.(doc); ok {
		return d, true
	}
	m, ok := v.(map[string]any)
	return m, ok
}

// Rules that match the same event one after the other make the alerts that each of them makes
// alone, in every format.
func TestView(t *testing.T) {
	records := []string{eventFile(t, "push"), eventFile(t, "serial"), eventFile(t, "s3")}
	for i := range 40 {
		records = append(records, events.Ordinary(i))
	}
	for _, f := range []Format{FormatECS, FormatKibana, FormatOCSF, FormatBrief} {
		var makers []*Maker
		for _, rule := range []string{"testdata/rules/anything.toml", "builtin"} {
			makers = append(makers, NewMaker(load(t, rule), testObserver, f, testFields))
		}
		arrival := testArrival
		arrival.View = new(View)
		for _, record := range records {
			visit(t, record, func(e *event.Event) {
				s := subjectOf(e)
				for _, m := range makers {
					id := idFor(m.Rule().ID, e)
					shared := m.Make(nil, id, e, s, arrival)
					if alone := m.Make(nil, id, e, s, testArrival); string(shared) != string(alone) {
						t.Errorf("%s: with what was found for another rule\n%s\nalone\n%s", f, AppendJSON(nil, shared), AppendJSON(nil, alone))
					}
				}
			})
		}
	}
}
