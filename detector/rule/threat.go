package rule

import "fmt"

// threats reads the entries of threat.
func (r *reader) threats(key string, v *value) []Threat {
	var out []Threat
	for i, t := range r.tables(key, v) {
		prefix := fmt.Sprintf("%s[%d].", key, i)
		r.only(prefix, t, "framework", "tactic", "technique")
		var threat Threat
		if f, ok := r.need(prefix, t, "framework", `the name of a framework, such as "MITRE ATT&CK"`); ok {
			threat.Framework, _ = r.line(prefix+"framework", f)
		}
		if tactic, ok := r.need(prefix, t, "tactic", "a table"); ok && r.want(prefix+"tactic", tactic, kindTable, "a table") {
			r.only(prefix+"tactic.", tactic, "id", "name", "reference")
			threat.Tactic.ID, threat.Tactic.Name, threat.Tactic.Reference = r.named(prefix+"tactic.", tactic)
		}
		if m := t.get("technique"); m != nil {
			threat.Technique = r.techniques(prefix+"technique", m.value, true)
		}
		out = append(out, threat)
	}
	return out
}

// techniques reads techniques, or the subtechniques of one.
func (r *reader) techniques(key string, v *value, sub bool) []Technique {
	known := []string{"id", "name", "reference", "subtechnique"}
	if !sub {
		known = known[:3]
	}
	var out []Technique
	for i, t := range r.tables(key, v) {
		prefix := fmt.Sprintf("%s[%d].", key, i)
		r.only(prefix, t, known...)
		var technique Technique
		technique.ID, technique.Name, technique.Reference = r.named(prefix, t)
		if m := t.get("subtechnique"); m != nil && sub {
			technique.Subtechnique = r.techniques(prefix+"subtechnique", m.value, false)
		}
		out = append(out, technique)
	}
	return out
}

// named reads what tactics, techniques and subtechniques have in common.
func (r *reader) named(prefix string, table *value) (id, name, reference string) {
	for _, one := range []struct {
		key  string
		text *string
	}{{"id", &id}, {"name", &name}, {"reference", &reference}} {
		if v, ok := r.need(prefix, table, one.key, "a string"); ok {
			*one.text, _ = r.line(prefix+one.key, v)
		}
	}
	return id, name, reference
}
