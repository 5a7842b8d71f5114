package document

import (
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// TOML parses the document as TOML and returns its top-level table.
//
// go-toml's decoder checks the document first, so that the walk over its syntax
// tree meets only valid TOML: no duplicate keys, no impossible dates.
func (d *Document) TOML() (*Value, *rule.Error) {
	var whole map[string]any
	if err := toml.Unmarshal(d.text, &whole); err != nil {
		return nil, d.syntaxError(err)
	}
	root := &Value{}
	table := root
	p := unstable.Parser{}
	p.Reset(d.text)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = root
			for keys := e.Key(); keys.Next(); {
				table = subtable(table, keys.Node(), e.Kind == unstable.ArrayTable && keys.IsLast())
			}
		case unstable.KeyValue:
			d.keyValue(table, e)
		}
	}
	if err := p.Error(); err != nil {
		return nil, &rule.Error{Path: d.path, Message: "not TOML: " + err.Error(), Err: err}
	}
	return root, nil
}

func (d *Document) syntaxError(err error) *rule.Error {
	e := &rule.Error{Path: d.path, Message: "not TOML: " + strings.TrimPrefix(err.Error(), "toml: "), Err: err}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, column := at.Position() // in bytes
		e.Line, e.Column = d.position(d.lineStart(line) + column - 1)
		e.Key = strings.Join(at.Key(), ".")
	}
	return e
}

// subtable returns the table that a key of a table stands for: that table, the
// last table of that list, or, if it does not exist or appended is set, a new
// one.
func subtable(table *Value, k *unstable.Node, appended bool) *Value {
	at := int(k.Raw.Offset)
	v := table.Get(string(k.Data))
	if v == nil {
		v = &Value{Key: string(k.Data), key: at, at: at}
		if appended {
			v.Kind = List
		}
		table.add(v)
	}
	if v.Kind != List {
		return v
	}
	if n := len(v.Items); n > 0 && !appended {
		return v.Items[n-1]
	}
	item := &Value{at: at}
	v.add(item)
	return item
}

// keyValue adds a "key = value" to a table. The key may be dotted.
func (d *Document) keyValue(table *Value, e *unstable.Node) {
	for keys := e.Key(); keys.Next(); {
		k := keys.Node()
		if !keys.IsLast() {
			table = subtable(table, k, false)
			continue
		}
		at := int(k.Raw.Offset)
		v := d.tomlValue(e.Value(), d.afterEquals(at+int(k.Raw.Length)))
		v.Key, v.key = string(k.Data), at
		table.add(v)
	}
}

// afterEquals returns where the value of a key begins, because the syntax nodes
// of lists do not have it.
func (d *Document) afterEquals(i int) int {
	for i < len(d.text) && strings.IndexByte(" \t=", d.text[i]) >= 0 {
		i++
	}
	return i
}

// tomlValue converts a syntax node. A node that has no offset gets the one given.
func (d *Document) tomlValue(n *unstable.Node, at int) *Value {
	if n.Raw.Length > 0 {
		at = int(n.Raw.Offset)
	}
	v := &Value{at: at, Text: string(n.Data)}
	switch n.Kind {
	case unstable.InlineTable:
		v.Text = ""
		for it := n.Children(); it.Next(); {
			d.keyValue(v, it.Node())
		}
	case unstable.Array:
		v.Kind, v.Text = List, ""
		for it := n.Children(); it.Next(); {
			v.add(d.tomlValue(it.Node(), at))
		}
	case unstable.String:
		v.Kind, v.raw = String, string(d.text[at:at+int(n.Raw.Length)])
	case unstable.Integer:
		v.Kind = Integer
	case unstable.Float:
		v.Kind = Float
	case unstable.Bool:
		v.Kind = Bool
	default:
		v.Kind = Time
	}
	return v
}
