package rule

import (
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseTree reads a TOML document into a table that knows where everything
// is. go-toml's decoder judges the document first, so that the walk over its
// syntax tree meets valid TOML only: no duplicate keys, no impossible dates.
func (d *document) parseTree() (*value, *Error) {
	var whole map[string]any
	if err := toml.Unmarshal(d.text, &whole); err != nil {
		return nil, d.syntaxError(err)
	}
	root := &value{kind: kindTable}
	at := root
	p := unstable.Parser{}
	p.Reset(d.text)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			at = header(root, e.Key(), false)
		case unstable.ArrayTable:
			at = header(root, e.Key(), true)
		case unstable.KeyValue:
			d.put(at, e)
		}
	}
	if err := p.Error(); err != nil {
		return nil, &Error{Path: d.path, Message: "not TOML: " + err.Error(), Err: err}
	}
	return root, nil
}

func (d *document) syntaxError(err error) *Error {
	e := &Error{Path: d.path, Message: "not TOML: " + strings.TrimPrefix(err.Error(), "toml: "), Err: err}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, column := at.Position() // in bytes
		e.Line, e.Column = d.position(d.lineStart(line) + column - 1)
		e.Key = strings.Join(at.Key(), ".")
	}
	return e
}

// header opens the table that a [header] or a [[header]] names.
func header(root *value, keys unstable.Iterator, array bool) *value {
	at := root
	for keys.Next() {
		k := keys.Node()
		at = child(at, k, array && keys.IsLast())
	}
	return at
}

// child opens one key of a table: the table there, the newest table of the
// array there, or a new one, at the end of the array if append is set.
func child(table *value, k *unstable.Node, appended bool) *value {
	key, place := string(k.Data), int(k.Raw.Offset)
	m := table.get(key)
	if m == nil {
		v := &value{kind: kindTable, at: place}
		if appended {
			v.kind = kindArray
		}
		table.add(member{key: key, at: place, value: v})
		m = table.get(key)
	}
	if m.value.kind != kindArray {
		return m.value
	}
	if n := len(m.value.items); n > 0 && !appended {
		return m.value.items[n-1]
	}
	item := &value{kind: kindTable, at: place}
	m.value.items = append(m.value.items, item)
	return item
}

// put adds a "key = value" to a table. The key may be dotted.
func (d *document) put(table *value, e *unstable.Node) {
	keys := e.Key()
	for keys.Next() {
		k := keys.Node()
		if !keys.IsLast() {
			table = child(table, k, false)
			continue
		}
		place := int(k.Raw.Offset)
		v := d.read(e.Value(), d.afterEquals(place+int(k.Raw.Length)))
		table.add(member{key: string(k.Data), at: place, value: v})
	}
}

// afterEquals finds where the value of a key begins, for arrays, whose syntax
// nodes do not say.
func (d *document) afterEquals(i int) int {
	for i < len(d.text) && strings.IndexByte(" \t=", d.text[i]) >= 0 {
		i++
	}
	return i
}

// read takes a value from its syntax node. Nodes without a place of their own
// are at the place given.
func (d *document) read(n *unstable.Node, at int) *value {
	if n.Raw.Length > 0 {
		at = int(n.Raw.Offset)
	}
	v := &value{at: at}
	switch n.Kind {
	case unstable.InlineTable:
		v.kind = kindTable
		for it := n.Children(); it.Next(); {
			d.put(v, it.Node())
		}
		return v
	case unstable.Array:
		v.kind = kindArray
		for it := n.Children(); it.Next(); {
			v.items = append(v.items, d.read(it.Node(), at))
		}
		return v
	case unstable.String:
		v.kind = kindString
		v.raw = string(d.text[at : at+int(n.Raw.Length)])
	case unstable.Integer:
		v.kind = kindInteger
	case unstable.Float:
		v.kind = kindFloat
	case unstable.Bool:
		v.kind = kindBool
	default:
		v.kind = kindTime
	}
	v.text = string(n.Data)
	return v
}
