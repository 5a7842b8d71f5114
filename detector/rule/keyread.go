package rule

// keyReader takes the value of a key, named for messages, into a rule.
type keyReader func(r *reader, out *Rule, key string, v *value)

func line(to func(*Rule) *string) keyReader {
	return func(r *reader, out *Rule, key string, v *value) { *to(out), _ = r.line(key, v) }
}

func text(to func(*Rule) *string) keyReader {
	return func(r *reader, out *Rule, key string, v *value) { *to(out), _ = r.text(key, v) }
}

func list(to func(*Rule) *[]string) keyReader {
	return func(r *reader, out *Rule, key string, v *value) { *to(out), _ = r.texts(key, v) }
}

func number(low, high int, to func(*Rule) *int) keyReader {
	return func(r *reader, out *Rule, key string, v *value) { *to(out), _ = r.integer(key, v, low, high) }
}

func readID(r *reader, out *Rule, key string, v *value) {
	out.ID, _ = r.line(key, v)
	out.Source.id.line, out.Source.id.column = r.doc.position(v.at)
}

func readSeverity(r *reader, out *Rule, key string, v *value) {
	if word, ok := r.word(key, v, severityWords); ok {
		out.Severity, _ = ParseSeverity(word)
	}
}

func readQuery(r *reader, out *Rule, key string, v *value) {
	if query, ok := r.filled(key, v); ok {
		out.Query = query
		out.Source.query = r.doc.anchors(v)
		out.Source.QueryLine, out.Source.QueryColumn = out.QueryPosition(1, 1)
	}
}

func readInterval(r *reader, out *Rule, key string, v *value) {
	s, ok := r.text(key, v)
	if !ok {
		return
	}
	d, err := ParseInterval(s)
	if err != nil {
		r.fail(v.at, key, "%v", err)
		return
	}
	out.Interval, out.IntervalDuration = s, d
}

func readEnabled(r *reader, out *Rule, key string, v *value) {
	if is, ok := r.boolean(key, v); ok {
		out.Enabled = is
	}
}

func readThreat(r *reader, out *Rule, key string, v *value) {
	out.Threat = r.threats(key, v)
}

// readInvestigationFields takes the table of today and the bare list of old.
func readInvestigationFields(r *reader, out *Rule, key string, v *value) {
	if v.kind == kindArray {
		out.InvestigationFields, _ = r.texts(key, v)
		return
	}
	if !r.want(key, v, kindTable, "a table with field_names") {
		return
	}
	r.only(key+".", v, "field_names")
	if names, ok := r.need(key+".", v, "field_names", "a list of fields"); ok {
		out.InvestigationFields, _ = r.texts(key+".field_names", names)
	}
}

func readBuildingBlock(r *reader, out *Rule, key string, v *value) {
	_, out.BuildingBlock = r.word(key, v, []string{"default"})
}

// notice notes something that stops nothing.
func (r *reader) notice(out *Rule, key string, at int, text string) {
	n := Notice{Key: key, Text: text}
	n.Line, n.Column = r.doc.position(at)
	out.Notices = append(out.Notices, n)
}
