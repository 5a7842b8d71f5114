package document

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// The bounds of a YAML document. An alias counts as often as it is used.
const (
	maxYAMLValues = 100_000
	maxYAMLDepth  = 100
)

// YAML yields the documents of a YAML file, which "---" separates, in order. Those
// that are empty are left out. Scalars have the types of the core schema of YAML 1.2: an unquoted
// no is a text. A key that occurs twice in a map, a merge key and a tag beyond the core
// schema are errors.
func (d *Document) YAML() iter.Seq2[*Value, *rule.Error] {
	return func(yield func(*Value, *rule.Error) bool) {
		decoder := yaml.NewDecoder(bytes.NewReader(readable(d.text)))
		y := yamlReader{document: d, lines: yamlLines(d.text)}
		for {
			var node yaml.Node
			err := decoder.Decode(&node)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, d.yamlError(err))
				return
			}
			if len(node.Content) == 0 || node.Content[0].Kind == yaml.ScalarNode && kindOf(node.Content[0]) == Null {
				continue
			}
			y.left, y.err = maxYAMLValues, nil
			root := y.value(node.Content[0], maxYAMLDepth)
			if y.err != nil {
				root = nil
			}
			if !yield(root, y.err) {
				return
			}
		}
	}
}

var yamlVersion = regexp.MustCompile(`(?m)^%YAML[ \t]+1\.2[ \t\r]*$`)

// readable returns the text with directives that the decoder takes: it refuses version 1.2,
// of which it reads what is in files of rules. All places stay where they are.
func readable(text []byte) []byte {
	at := yamlVersion.FindAllIndex(text, -1)
	if at == nil {
		return text
	}
	text = bytes.Clone(text)
	for _, a := range at {
		text[a[0]+bytes.IndexByte(text[a[0]:a[1]], '2')] = '1'
	}
	return text
}

var yamlErrorLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// yamlError returns a syntax error with its line, if the library says one.
func (d *Document) yamlError(err error) *rule.Error {
	text := err.Error()
	e := &rule.Error{Path: d.path, Line: 1, Column: 1, Err: err} // of the first line it says nothing
	if m := yamlErrorLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ := strconv.Atoi(m[1])
		e.Line, e.Column = d.position(d.lineStart(line))
	}
	e.Message = "not YAML: " + strings.TrimPrefix(text, "yaml: ")
	return e
}

// yamlLines returns where each line starts, by the line breaks that YAML libraries know.
func yamlLines(text []byte) []int {
	starts := []int{0}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		switch r {
		case '\r':
			if i < len(text) && text[i] == '\n' {
				i++
			}
		case '\n', '\u0085', '\u2028', '\u2029':
		default:
			continue
		}
		starts = append(starts, i)
	}
	return starts
}

// yamlReader converts the nodes of one document.
type yamlReader struct {
	document *Document
	lines    []int // where each line starts
	left     int   // how many more values there may be
	err      *rule.Error
}

// offset returns the offset of a node.
func (y *yamlReader) offset(n *yaml.Node) int {
	text := y.document.text
	at := len(text)
	if line := n.Line - 1; 0 <= line && line < len(y.lines) {
		at = y.lines[line]
	}
	for range n.Column - 1 {
		if at >= len(text) {
			break
		}
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}

func (y *yamlReader) fail(at int, key, format string, args ...any) {
	if y.err == nil {
		y.err = y.document.errorf(at, key, format, args...)
	}
}

// value converts a node. After an error it returns what there is.
func (y *yamlReader) value(n *yaml.Node, depth int) *Value {
	v := &Value{at: y.offset(n)}
	at := v.at
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	y.left--
	switch {
	case y.err != nil:
		return v
	case y.left < 0:
		y.fail(at, "", "more than %d values, those of aliases counted as often as they are used", maxYAMLValues)
		return v
	case depth == 0:
		y.fail(at, "", "maps and lists are nested deeper than %d levels", maxYAMLDepth)
		return v
	}
	switch n.Kind {
	case yaml.MappingNode:
		y.checkTag(n, at, "!!map")
		for i := 0; i+1 < len(n.Content) && y.err == nil; i += 2 {
			y.member(v, n.Content[i], n.Content[i+1], depth)
		}
	case yaml.SequenceNode:
		y.checkTag(n, at, "!!seq")
		v.Kind = List
		for _, item := range n.Content {
			if y.err != nil {
				break
			}
			v.add(y.value(item, depth-1))
		}
	default:
		v.Kind, v.Text = kindOf(n), n.Value
		if v.Kind == String {
			y.checkTag(n, at, "!!str")
		}
	}
	return v
}

// member adds a member of a map.
func (y *yamlReader) member(table *Value, key, value *yaml.Node, depth int) {
	at := y.offset(key)
	if key.Kind == yaml.AliasNode {
		key = key.Alias
	}
	switch {
	case key.Kind != yaml.ScalarNode:
		y.fail(at, "", "a key is a map or a list, must be a text")
		return
	case key.Style == 0 && key.Value == "<<":
		y.fail(at, "<<", "merge keys are not part of YAML 1.2")
		return
	}
	if other := table.Get(key.Value); other != nil {
		line, _ := y.document.position(other.key)
		y.fail(at, key.Value, "the key is in the map twice, first in line %d", line)
		return
	}
	v := y.value(value, depth-1)
	v.Key, v.key = key.Value, at
	table.add(v)
}

// checkTag refuses tags that are written and not of the core schema.
func (y *yamlReader) checkTag(n *yaml.Node, at int, plain string) {
	if n.Style&yaml.TaggedStyle != 0 && n.ShortTag() != plain {
		y.fail(at, "", "the tag %s is not of the core schema of YAML 1.2, or not for such a value", n.Tag)
	}
}

var (
	yamlInteger = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	yamlFloat   = regexp.MustCompile(`^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// kindOf returns the kind of a scalar by the core schema of YAML 1.2.
func kindOf(n *yaml.Node) Kind {
	if n.Style&yaml.TaggedStyle != 0 {
		if kind, ok := map[string]Kind{"!!null": Null, "!!bool": Bool, "!!int": Integer, "!!float": Float}[n.ShortTag()]; ok && plainKind(n.Value) == kind {
			return kind
		}
		return String
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return String
	}
	return plainKind(n.Value)
}

func plainKind(text string) Kind {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	}
	switch {
	case yamlInteger.MatchString(text):
		return Integer
	case yamlFloat.MatchString(text):
		return Float
	}
	return String
}

// Offset returns the offset of a value in the text of the document, after a byte order
// mark.
func (v *Value) Offset() int { return v.at }

// KeyOffset returns the offset of the key of a value.
func (v *Value) KeyOffset() int { return v.key }

// Text returns the text of the document without a byte order mark.
func (d *Document) Text() string { return string(d.text) }

// SpanOf returns the place of an error in the text of the document.
func (d *Document) SpanOf(e *rule.Error) query.Span {
	at := d.lineStart(e.Line)
	for range e.Column - 1 {
		if at >= len(d.text) {
			break
		}
		_, size := utf8.DecodeRune(d.text[at:])
		at += size
	}
	return query.Span{Start: at, End: at}
}
