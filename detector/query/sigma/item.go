package sigma

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// search reads the value of a search identifier.
func (p *part) search(v *document.Value) (query.Node, *query.Error) {
	switch v.Kind {
	case document.Table:
		return p.table(v)
	case document.List:
		if len(v.Items) == 0 {
			return nil, p.refuse(at(v), "%s is an empty list, must have maps or keywords", v.Key)
		}
		or := &query.Or{At: atKey(v)}
		for _, item := range v.Items {
			node, err := p.member(item)
			if err != nil {
				return nil, err
			}
			or.Nodes = append(or.Nodes, node)
		}
		return p.or(or)
	}
	return p.member(v)
}

// member reads a map or a keyword.
func (p *part) member(v *document.Value) (query.Node, *query.Error) {
	switch v.Kind {
	case document.Table:
		return p.table(v)
	case document.List:
		return nil, p.refuse(at(v), "is a list in a list, must be a map or a keyword")
	}
	return p.item(&item{part: p, key: v}, []*document.Value{v})
}

// table reads a map: all of its items hold.
func (p *part) table(v *document.Value) (query.Node, *query.Error) {
	if len(v.Items) == 0 {
		return nil, p.refuse(at(v), "is an empty map, must have fields with values")
	}
	and := &query.And{At: at(v)}
	for _, field := range v.Items {
		it, err := p.parseKey(field)
		if err != nil {
			return nil, err
		}
		values := []*document.Value{field}
		switch field.Kind {
		case document.Table:
			return nil, p.refuse(at(field), "%s is a map, must be a value or a list of values: members of maps are named with dots, as in requestParameters.userName", field.Key)
		case document.List:
			it.list = true
			if values = field.Items; len(values) == 0 {
				return nil, p.refuse(at(field), "%s is an empty list, must have values", field.Key)
			}
		}
		node, err := p.item(it, values)
		if err != nil {
			return nil, err
		}
		and.Nodes = append(and.Nodes, node)
	}
	if len(and.Nodes) == 1 {
		return and.Nodes[0], nil
	}
	return and, nil
}

// or returns a list of alternatives, without itself if there is one.
func (p *part) or(or *query.Or) (query.Node, *query.Error) {
	if len(or.Nodes) == 1 {
		return or.Nodes[0], nil
	}
	return or, nil
}

// item is a field with modifiers, or keywords if the field is empty.
type item struct {
	*part
	key       *document.Value
	field     string
	list      bool // the values were written as a list
	modifiers []string

	place    string // contains, startswith, endswith
	order    query.Op
	ordered  bool
	all      bool
	neq      bool
	cased    bool
	fieldref bool
	exists   bool
	cidr     bool
	windash  bool
	re       bool
	flags    string
	encoding []string // wide, base64 and so on, in their order
	unit     query.TimeUnit
	isTime   bool
}

func (it *item) isKeyword() bool { return it.field == "" }

// name returns the field of nodes.
func (it *item) name() query.Field {
	if it.isKeyword() {
		return query.Field{Any: true}
	}
	return query.Field{Name: it.field, At: atKey(it.key)}
}

// item returns the node of an item.
func (p *part) item(it *item, values []*document.Value) (query.Node, *query.Error) {
	if err := it.check(values); err != nil {
		return nil, err
	}
	group := make([]query.Node, 0, len(values))
	for _, v := range values {
		nodes, err := it.value(v)
		if err != nil {
			return nil, err
		}
		if err := p.add(len(nodes), at(v)); err != nil {
			return nil, err
		}
		if len(nodes) == 1 || !it.all {
			group = append(group, nodes...)
		} else {
			group = append(group, &query.Or{Nodes: nodes, At: at(v)})
		}
	}
	span := at(it.key)
	if it.key.Key != "" {
		span = atKey(it.key)
	}
	var node query.Node
	switch {
	case len(group) == 1:
		node = group[0]
	case it.all:
		node = &query.And{Nodes: group, At: span}
	default:
		node = &query.Or{Nodes: group, At: span}
	}
	if it.neq {
		node = &query.Not{Node: node, At: node.Span()}
	}
	return node, nil
}

// value returns the nodes of a value, one of which has to be true.
func (it *item) value(v *document.Value) ([]query.Node, *query.Error) {
	one := func(op query.Op, value query.Value) []query.Node {
		value.At = at(v)
		return []query.Node{&query.Compare{Field: it.name(), Op: op, Value: value, At: at(v)}}
	}
	switch {
	case it.exists:
		exists := &query.Exists{Field: it.name(), At: at(v)}
		if isFalse(v) {
			return []query.Node{&query.Not{Node: exists, At: at(v)}}, nil
		}
		return []query.Node{exists}, nil
	case v.Kind == document.Null:
		any := one(query.Is, query.Value{Kind: query.AnyValue, Text: "null"})
		return []query.Node{&query.Not{Node: any[0], At: at(v)}}, nil
	case it.fieldref:
		return it.reference(v)
	case it.isTime:
		return one(it.order, query.Value{Kind: query.TimePart, Part: it.unit, Text: decimal(v.Text)}), nil
	case it.ordered:
		return one(it.order, query.Value{Kind: query.Number, Text: decimal(v.Text)}), nil
	case it.cidr:
		return one(query.Is, query.Value{Kind: query.Block, Text: v.Text}), nil
	case it.re:
		return it.expression(v)
	case !it.isKeyword() && (v.Kind == document.Integer || v.Kind == document.Float) && len(it.encoding) == 0 && it.place == "":
		return one(query.Is, query.Value{Kind: query.Number, Text: decimal(v.Text)}), nil
	}
	return it.texts(v)
}

func isFalse(v *document.Value) bool { return strings.EqualFold(v.Text, "false") }
