package rule

import "time"

// readSuppression reads Elastic's alert_suppression: the fields to group by and
// how long a group stays quiet, 0 for one interval of the rule.
func readSuppression(r *reader, out *Rule, key string, v *value) {
	if !r.want(key, v, kindTable, "a table") {
		return
	}
	x := &out.Extension
	r.only(key+".", v, "group_by", "duration", "missing_fields_strategy")
	if g, ok := r.need(key+".", v, "group_by", "a list of fields"); ok {
		x.SuppressBy, _ = r.fields(key+".group_by", g)
	}
	if d := v.get("duration"); d != nil && r.want(key+".duration", d.value, kindTable, "a table") {
		x.SuppressFor = r.duration(key+".duration.", d.value)
	}
	if m := v.get("missing_fields_strategy"); m != nil {
		where := key + "." + m.key
		word, _ := r.word(where, m.value, []string{"suppress", "doNotSuppress"})
		if word == "suppress" {
			r.notice(out, where, m.value.at, "an event without one of the fields always alerts here")
		}
	}
}

// duration reads a table of a value and its unit.
func (r *reader) duration(prefix string, table *value) time.Duration {
	r.only(prefix, table, "value", "unit")
	number, ok := r.need(prefix, table, "value", "an integer")
	unit, both := r.need(prefix, table, "unit", `"s", "m" or "h"`)
	if !ok || !both {
		return 0
	}
	n, ok := r.integer(prefix+"value", number, 1, 0)
	word, both := r.word(prefix+"unit", unit, []string{"s", "m", "h"})
	if !ok || !both {
		return 0
	}
	if n > int(maxInterval/unitOf(word[0])) {
		r.fail(number.at, prefix+"value", "%d%s is too long: 3650d is the longest", n, word)
		return 0
	}
	return time.Duration(n) * unitOf(word[0])
}
