package sigma

import (
	"fmt"
	"sync/atomic"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// Language is the language of Sigma's detections.
var Language = query.Language{Name: "sigma", Parse: Parse, Format: Format, NamesMembers: true}

// Bounds of one query.
const (
	maxNodes = 50_000 // of the tree
	maxDepth = 100    // of parentheses and not
)

// Parse parses a query. The error is a [*query.Error].
func Parse(text string) (query.Node, error) {
	d, err := Read(text)
	if err != nil {
		return nil, err
	}
	return d.Root(), nil
}

// Detection is a parsed query.
type Detection struct {
	parts []*part
}

// Root returns the tree: all parts hold.
func (d *Detection) Root() query.Node {
	if len(d.parts) == 1 {
		return d.parts[0].root
	}
	and := &query.And{At: d.parts[0].root.Span()}
	for _, p := range d.parts {
		and.Nodes = append(and.Nodes, p.root)
	}
	return and
}

// Identifier is a search identifier.
type Identifier struct {
	Name string
	Node query.Node
	At   query.Span
	Used bool // by the condition
}

// Identifiers returns the search identifiers of the detection, without those of filters.
func (d *Detection) Identifiers() []Identifier {
	var list []Identifier
	for _, one := range d.parts[0].identifiers {
		list = append(list, *one)
	}
	return list
}

// Implies reports, of the node of a search identifier, whether it holds for every event that
// the detection matches, or for none; else known is false.
func (d *Detection) Implies(of query.Node) (holds, known bool) {
	for n, holds := range query.Implied(d.parts[0].root, true) {
		if n == of {
			return holds, true
		}
	}
	return false, false
}

// Condition returns the text of the conditions, each on a line.
func (d *Detection) Condition() string {
	text := ""
	for _, p := range d.parts {
		for _, c := range p.conditions {
			if text != "" {
				text += "\n"
			}
			text += c
		}
	}
	return text
}

// part is a map with search identifiers and a condition.
type part struct {
	text        string // of the query
	identifiers []*Identifier
	byName      map[string]*Identifier
	conditions  []string
	root        query.Node
	nodes       int
}

// last is the query that was read last. Those who load a rule read its query one after
// the other: for the whole, for its search identifiers, for warnings.
var last atomic.Pointer[lastRead]

type lastRead struct {
	text      string
	detection *Detection
}

// Read parses a query. What it returns must not be changed. The error is a [*query.Error].
func Read(text string) (*Detection, error) {
	if known := last.Load(); known != nil && known.text == text {
		return known.detection, nil
	}
	d, err := read(text)
	if err == nil {
		last.Store(&lastRead{text, d})
	}
	return d, err
}

func read(text string) (*Detection, error) {
	d := &Detection{}
	doc := document.New("", []byte(text))
	if doc.Text() != text {
		return nil, &query.Error{Query: text, Message: "begins with a byte order mark"}
	}
	for root, err := range doc.YAML() {
		if err != nil {
			return nil, &query.Error{Query: text, Span: doc.SpanOf(err), Message: err.Message}
		}
		key := "detection"
		if len(d.parts) > 0 {
			key = "filter"
		}
		v := root.Get(key)
		if v == nil {
			return nil, &query.Error{Query: text, Span: at(root), Message: fmt.Sprintf("%s is missing", key)}
		}
		p := &part{text: text, byName: map[string]*Identifier{}}
		if err := p.read(v, key == "filter"); err != nil {
			return nil, err
		}
		d.parts = append(d.parts, p)
	}
	if len(d.parts) == 0 {
		return nil, &query.Error{Query: text, Message: "detection is missing"}
	}
	return d, nil
}

// at returns the place of a value.
func at(v *document.Value) query.Span {
	return query.Span{Start: v.Offset(), End: v.Offset() + max(1, len(v.Text))}
}

func atKey(v *document.Value) query.Span {
	return query.Span{Start: v.KeyOffset(), End: v.KeyOffset() + len(v.Key)}
}

func (p *part) refuse(span query.Span, format string, args ...any) *query.Error {
	span.Start = min(span.Start, len(p.text))
	span.End = min(max(span.End, span.Start), len(p.text))
	return &query.Error{Query: p.text, Span: span, Message: fmt.Sprintf(format, args...)}
}

// add counts nodes of the tree.
func (p *part) add(n int, span query.Span) *query.Error {
	if p.nodes += n; p.nodes > maxNodes {
		return p.refuse(span, "the detection is too large: it has more than %d conditions", maxNodes)
	}
	return nil
}

// read reads the map: its identifiers, then its conditions.
func (p *part) read(v *document.Value, isFilter bool) *query.Error {
	if v.Kind != document.Table {
		return p.refuse(at(v), "is %s, must be a map of search identifiers with a condition", v.Kind)
	}
	var condition *document.Value
	for _, item := range v.Items {
		switch {
		case item.Key == "condition":
			condition = item
			continue
		case item.Key == "timeframe":
			return p.refuse(atKey(item), "timeframe belongs to aggregations of Sigma 1: Sigma 2 has correlations for them")
		case isFilter && item.Key == "rules":
			continue
		case item.Key == "":
			return p.refuse(atKey(item), "a search identifier without a name")
		}
		node, err := p.search(item)
		if err != nil {
			return err
		}
		id := &Identifier{Name: item.Key, Node: node, At: atKey(item)}
		p.identifiers = append(p.identifiers, id)
		p.byName[item.Key] = id
	}
	if condition == nil || condition.Kind == document.Null {
		return p.refuse(at(v), "condition is missing")
	}
	list := []*document.Value{condition}
	if condition.Kind == document.List {
		if list = condition.Items; len(list) == 0 {
			return p.refuse(at(condition), "condition is an empty list")
		}
	}
	or := &query.Or{At: at(condition)}
	for _, one := range list {
		if one.Kind != document.String {
			return p.refuse(at(one), "is %s, must be a condition, such as \"selection and not filter\"", one.Kind)
		}
		c := conditionParser{part: p, text: one.Text, begin: one.Offset()}
		node, err := c.parse()
		if err != nil {
			return err
		}
		p.conditions = append(p.conditions, one.Text)
		or.Nodes = append(or.Nodes, node)
	}
	if p.root = or; len(or.Nodes) == 1 {
		p.root = or.Nodes[0]
	}
	return nil
}
