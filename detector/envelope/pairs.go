package envelope

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// isPairs reports whether the list of n elements at buf[off:] may be a map that is
// written as a list of names and values, as OpenTelemetry does: {"key": name, "value":
// value}. It looks at the first element.
func isPairs(buf []byte, off, n int) bool {
	if n < 2 {
		return false
	}
	first, body, err := msgpack.ReadHeader(buf, off)
	if err != nil || first.Kind() != msgpack.Map || first.Len() != 2 {
		return false
	}
	name, _, err := msgpack.ReadKey(buf, body)
	return err == nil && (isNameOfPair(name) || string(name) == "value")
}

// isNameOfPair reports whether a member has the name of a pair.
func isNameOfPair(member []byte) bool {
	return string(member) == "key" || string(member) == "name" || string(member) == "Key" || string(member) == "Name"
}

// pairs looks for events in the map that a list of names and values stands for. It
// returns the offset behind the list, and false if it is something else.
func (r *Reader) pairs(depth int, buf []byte, off, n int, o origin) (end int, ok bool) {
	l := r.level(depth + 1)
	if l == nil {
		return off, false
	}
	end = off
	for range n {
		var err error
		if end, err = msgpack.Skip(buf, end); err != nil {
			return off, false
		}
	}
	if r.budget.effort -= end - off; r.budget.effort < 0 {
		return off, false
	}
	l.paired = r.grow(l.paired[:0], end-off)
	if l.paired, ok = appendPairs(l.paired[:0], msgpack.ArrayOf(n, buf[off:end]), event.MaxDepth); !ok {
		return off, false
	}
	seen := r.seen.Events
	_, _ = r.value(depth, l.paired, 0, o) // it is whole: it was written here
	return end, r.seen.Events > seen
}

// appendPairs appends a list of names and values as a map, and reports whether it is
// one.
func appendPairs(dst []byte, list msgpack.Value, depth int) (out []byte, ok bool) {
	dst = msgpack.AppendMapHeader(dst, list.Len())
	for elements := list.Elements(); ; {
		element, more := elements.Next()
		if !more {
			return dst, true
		}
		name, value, ok := pairOf(element)
		if !ok || depth == 0 {
			return dst, false
		}
		dst = msgpack.AppendString(dst, name)
		if dst, ok = appendAnyValue(dst, value, depth-1); !ok {
			return dst, false
		}
	}
}

// pairOf returns the name and the value of a pair.
func pairOf(element msgpack.Value) (name []byte, value msgpack.Value, ok bool) {
	if element.Len() != 2 {
		return nil, value, false
	}
	for members := element.Members(); ; {
		key, v, more := members.Next()
		switch {
		case !more:
			return name, value, name != nil && value.Kind() != msgpack.Invalid
		case isNameOfPair(key.Bytes()) && v.IsText():
			name = v.Bytes()
		case string(key.Bytes()) == "value" || string(key.Bytes()) == "Value":
			value = v
		default:
			return nil, value, false
		}
	}
}

// appendAnyValue appends what a value of OpenTelemetry holds, {"stringValue": text}
// for instance, and any other value as it is.
func appendAnyValue(dst []byte, v msgpack.Value, depth int) (out []byte, ok bool) {
	if v.Kind() != msgpack.Map || v.Len() != 1 {
		return msgpack.AppendValue(dst, v), true
	}
	members := v.Members()
	kind, held, _ := members.Next()
	switch string(kind.Bytes()) {
	case "stringValue", "boolValue", "intValue", "doubleValue", "bytesValue":
		return msgpack.AppendValue(dst, held), true
	case "kvlistValue", "arrayValue":
		values := listIn(held)
		if string(kind.Bytes()) == "kvlistValue" {
			return appendPairs(dst, values, depth)
		}
		dst = msgpack.AppendArrayHeader(dst, values.Len())
		for elements := values.Elements(); ; {
			element, more := elements.Next()
			if !more {
				return dst, true
			}
			if depth == 0 {
				return dst, false
			}
			if dst, ok = appendAnyValue(dst, element, depth-1); !ok {
				return dst, false
			}
		}
	}
	return msgpack.AppendValue(dst, v), true
}

// listIn returns the list in {"values": list}, or an empty one.
func listIn(v msgpack.Value) msgpack.Value {
	for members := v.Members(); ; {
		key, list, more := members.Next()
		if !more {
			return msgpack.Value{}
		}
		if string(key.Bytes()) == "values" && list.Kind() == msgpack.Array {
			return list
		}
	}
}
