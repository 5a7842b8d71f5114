package match

import (
	"bytes"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	textpattern "github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// anyOf returns the matcher of a field of type any for values of which one is enough.
func (c *compiler) anyOf(op query.Op, values []query.Value) (matcher, error) {
	text := &anyText{folded: foldedSet{fold: query.SimpleFold, texts: map[string]struct{}{}}, exact: textSet{}}
	if raw, ok := c.mapping.(*Raw); ok {
		text.appendMap = raw.raw.AppendMap
	}
	var all union
	for _, v := range values {
		switch {
		case v.Kind == query.TimePart:
			n, err := strconv.Atoi(v.Text)
			if err != nil {
				return nil, c.refuse(v.At, "%s is not a whole number", v.Text)
			}
			all = append(all, timePart{v.Part, op, n})
		case v.Kind == query.AnyValue, v.Kind == query.Glob && isAnything(v.Pattern):
			all = append(all, anyValue{})
		case v.Kind == query.Glob:
			text.add(v.Pattern, v.Fold)
		case v.Kind == query.Regexp:
			re, err := textpattern.NewRegexp(v.Text)
			if err != nil {
				return nil, c.refuse(v.At, "%v", err)
			}
			text.regexps = append(text.regexps, re)
		case v.Kind == query.Block:
			network, err := parseNetwork(v.Text)
			if err != nil {
				return nil, c.refuse(v.At, "%q is not a network: must be an address and the length of its prefix, as in 10.0.0.0/8", v.Text)
			}
			all = append(all, network)
		case v.Kind == query.Number && op == query.Is:
			all = append(all, newDynamicEqual(v.Text))
		case v.Kind == query.Number:
			n, ok := parseDouble([]byte(v.Text))
			if !ok {
				return nil, c.refuse(v.At, "%s is out of range", v.Text)
			}
			all = append(all, anyOrder{op, n, newDynamicOrder(op, v.Text)})
		default:
			return nil, c.refuse(v.At, "the value cannot be compared with a field of type any")
		}
	}
	if !text.isEmpty() {
		text.prepare()
		all = append(union{text}, all...)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

// isAnything reports whether a pattern consists of stars.
func isAnything(p query.Pattern) bool {
	return len(p) > 1 && !slices.ContainsFunc(p, func(run string) bool { return run != "" })
}

// parseNetwork parses a network. Bits behind the prefix do not count.
func parseNetwork(text string) (network, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return network{p.Masked()}, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return network{}, strconv.ErrSyntax
	}
	return network{netip.PrefixFrom(a, a.BitLen())}, nil
}

// network matches the text of an address in it. No IPv4 address is in an IPv6 network.
type network struct{ netip.Prefix }

func (m network) match(v msgpack.Value) bool {
	if !v.IsText() {
		return false
	}
	a, ok := event.ParseIP(v.Bytes())
	return ok && m.Contains(a.Unmap())
}

// anyValue matches whatever is not null.
type anyValue struct{}

func (anyValue) match(v msgpack.Value) bool { return v.Kind() != msgpack.Nil }

// anyOrder matches a number, or the text of one, by its order.
type anyOrder struct {
	op    query.Op
	bound float64
	order matcher
}

func (m anyOrder) match(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Int, msgpack.Uint, msgpack.Float:
		return m.order.match(v)
	case msgpack.Str, msgpack.Bin:
		n, ok := parseDouble(v.Bytes())
		switch {
		case !ok:
			return false
		case n < m.bound:
			return satisfies(m.op, -1)
		case n > m.bound:
			return satisfies(m.op, 1)
		}
		return satisfies(m.op, 0)
	}
	return false
}

// timePart matches a time by a part of it, in UTC.
type timePart struct {
	part query.TimeUnit
	op   query.Op
	n    int
}

func (m timePart) match(v msgpack.Value) bool {
	if !v.IsText() {
		return false
	}
	ms, _, ok := event.ParseDate(v.Bytes())
	if !ok {
		return false
	}
	t := time.UnixMilli(ms).UTC()
	n := 0
	switch m.part {
	case query.Minute:
		n = t.Minute()
	case query.Hour:
		n = t.Hour()
	case query.Day:
		n = t.Day()
	case query.Week:
		_, n = t.ISOWeek()
	case query.Month:
		n = int(t.Month())
	case query.Year:
		n = t.Year()
	}
	order := n - m.n
	if m.op == query.Is {
		return order == 0
	}
	return satisfies(m.op, order)
}

// anyText matches values whose text is one of some texts, or fits a pattern: numbers and
// truths as JSON writes them, and an object as JSON or as the source's other text.
type anyText struct {
	folded  foldedSet // texts of which case does not count
	exact   textSet
	globs   []*textpattern.Glob
	regexps []*textpattern.Regexp
	// guard has texts of which one is in everything that the patterns fit, and inMaps
	// those of which one is in every object that matches; nil: unknown.
	guard, inMaps *literal.Set
	appendMap     func(dst []byte, v msgpack.Value) []byte
}

func (m *anyText) add(p query.Pattern, fold query.Fold) {
	plain := len(p) == 1 && bytes.IndexByte([]byte(p[0]), query.AnyChar) < 0
	switch {
	case plain && fold == query.NoFold:
		m.exact[p[0]] = struct{}{}
	case plain && fold == query.SimpleFold && m.folded.add(p[0]):
	default:
		m.globs = append(m.globs, textpattern.NewGlob(p, fold))
	}
}

func (m *anyText) isEmpty() bool {
	return len(m.folded.texts)+len(m.exact)+len(m.globs)+len(m.regexps) == 0
}

func (m *anyText) prepare() {
	if all, ok := m.literals(); ok {
		m.inMaps = literal.NewSet(all)
	}
	if len(m.globs)+len(m.regexps) > 1 {
		patterns := anyText{globs: m.globs, regexps: m.regexps}
		if all, ok := patterns.literals(); ok {
			m.guard = literal.NewSet(all)
		}
	}
}

func (m *anyText) match(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		return m.fits(v.Bytes())
	case msgpack.Map:
		return m.inMap(v)
	}
	var buf [maxNumberText]byte
	text, ok := rawText(buf[:0], v)
	return ok && m.fits(text)
}

// rawText returns the text of a scalar: numbers and truths as in JSON, but a whole number
// without a fraction, whatever made a float of it.
func rawText(buf []byte, v msgpack.Value) ([]byte, bool) {
	if v.Kind() != msgpack.Float {
		return scalarText(buf, v)
	}
	f := v.Float()
	if math.Abs(f) < 1e15 && f == math.Trunc(f) {
		return strconv.AppendInt(buf, int64(f), 10), true
	}
	return jsontext.AppendFloat(buf, f), true
}

// fits reports whether a text is one of the texts or fits a pattern.
func (m *anyText) fits(text []byte) bool {
	if len(m.folded.texts) > 0 && m.folded.has(text) {
		return true
	}
	if _, ok := m.exact[string(text)]; ok {
		return true
	}
	if m.guard != nil && !m.guard.AnyIn(text) {
		return false
	}
	for _, g := range m.globs {
		if g.Fits(text) {
			return true
		}
	}
	for _, re := range m.regexps {
		if re.MayMatch(text) && re.Match(bytes.Clone(text)) { // which escapes
			return true
		}
	}
	return false
}

// inMap reports whether one of the texts of an object matches.
func (m *anyText) inMap(v msgpack.Value) bool {
	if m.inMaps != nil && !m.inMaps.AnyIn(v.Encoded()) {
		return false
	}
	if withText(func(dst []byte) []byte { return jsontext.AppendJSON(dst, v) }, m.fits) {
		return true
	}
	return m.appendMap != nil && withText(func(dst []byte) []byte { return m.appendMap(dst, v) }, m.fits)
}

// values returns the texts of a matcher that are all that it matches, folded, and false if
// there are others. Texts that an object may have are not returned.
func (m *anyText) values() (texts []string, ok bool) {
	if len(m.globs)+len(m.regexps) > 0 {
		return nil, false
	}
	texts = m.folded.list()
	for text := range m.exact {
		texts = append(texts, textpattern.Fold(text, query.SimpleFold))
	}
	for _, text := range texts {
		if text == "" || text[0] == '{' || len(text) > maxFolded/3 {
			return nil, false
		}
	}
	return texts, true
}

// literals returns texts of which at least one is in the record of every value that
// matches, and false if there are none that are worth searching for.
func (m *anyText) literals() (all []literal.Text, ok bool) {
	beyond := false
	add := func(text string, fold, simple bool) bool {
		text = longestBetween(text, jsonPunctuation)
		if !isLiteral(text) {
			return false
		}
		all = append(all, literal.Text{Text: text, Fold: fold})
		beyond = beyond || fold && simple && bytes.ContainsAny([]byte(text), "ks")
		return true
	}
	for text := range m.folded.texts {
		if !add(text, true, true) {
			return nil, false
		}
	}
	for text := range m.exact {
		if !add(text, false, false) {
			return nil, false
		}
	}
	for _, g := range m.globs {
		if text, fold := g.Literal(); !add(text, fold, true) {
			return nil, false
		}
	}
	for _, re := range m.regexps {
		if text, fold := re.Literal(); !add(text, fold, false) {
			return nil, false
		}
	}
	if beyond {
		all = append(all, literal.Exact(textpattern.BeyondASCII...)...)
	}
	return all, true
}

// jsonPunctuation is what is between the texts of an object, as JSON and as Elastic's
// pipeline writes them, and what JSON escapes.
const jsonPunctuation = "{}[]=,: \"\\/"

// anyValues returns the values that are compared with a field of type any.
func anyValues(list []*query.Compare) (op query.Op, values []query.Value) {
	for _, is := range list {
		values = append(values, is.Value)
	}
	return list[0].Op, values
}

// locate says that of a value that matches as a whole the whole counts.
func (m *anyText) locate(text []byte, parts []Part) []Part {
	if len(m.globs)+len(m.regexps) > 0 {
		return parts
	}
	return appendPart(parts, 0, len(text))
}

// keyword tests whether a text is anywhere in a record: in a value, or in its JSON text.
type keyword struct {
	*anyText
	raw   *Raw
	guard *literal.Set // texts of which one is in every record that matches; nil: unknown
}

// keywords compiles texts of which one has to be anywhere in the record.
func (c *compiler) keywords(n query.Node, list []*query.Compare) (int32, error) {
	raw, ok := c.mapping.(*Raw)
	if !ok {
		return 0, c.refuse(n.Span(), "texts can be searched for in records only")
	}
	op, values := anyValues(list)
	if slices.ContainsFunc(values, func(v query.Value) bool { return v.Kind == query.Glob && isAnything(v.Pattern) }) {
		return c.constant(true), nil // every record has some text
	}
	m, err := c.anyOf(op, values)
	if err != nil {
		return 0, err
	}
	text, ok := m.(*anyText)
	if !ok {
		return 0, c.refuse(n.Span(), "only texts can be searched for in a record")
	}
	cond := c.newCondition(n, "")
	cond.keyword = &keyword{anyText: text, raw: raw, guard: text.inMaps}
	return c.condition(cond), nil
}

// keywordList returns the comparisons below n if they are all without a field.
func keywordList(n query.Node) (list []*query.Compare, ok bool) {
	nodes := []query.Node{n}
	if or, isOr := n.(*query.Or); isOr {
		nodes = or.Nodes
	}
	for _, child := range nodes {
		is, ok := child.(*query.Compare)
		if !ok || !is.Field.Any {
			return nil, false
		}
		list = append(list, is)
	}
	return list, len(list) > 0
}

func (k *keyword) holds(e *event.Event) bool {
	record := e.Record(k.raw.original)
	if k.guard != nil && !k.guard.AnyIn(record.Encoded()) {
		return false
	}
	if e.AnyLeaf(record, func(_ []byte, v msgpack.Value) bool { return v.Kind() != msgpack.Map && k.match(v) }) {
		return true
	}
	return withText(func(dst []byte) []byte { return jsontext.AppendJSON(dst, record) }, k.fits)
}
