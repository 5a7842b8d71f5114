package event

import (
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// appendFull appends v as msgpack without what is empty in it, and reports whether
// anything is left; if not nothing is appended. What lies deeper than maxDepth
// is left out.
func appendFull(dst []byte, v msgpack.Value) (out []byte, ok bool) {
	return appendWithin(dst, v, maxDepth)
}

func appendWithin(dst []byte, v msgpack.Value, depth int) (out []byte, ok bool) {
	switch v.Kind() {
	case msgpack.Array:
		return appendList(dst, v, depth)
	case msgpack.Map:
		return appendMap(dst, v, depth, nil)
	}
	if IsEmpty(v) {
		return dst, false
	}
	return msgpack.AppendValue(dst, v), true
}

func appendList(dst []byte, v msgpack.Value, depth int) (out []byte, ok bool) {
	header := len(dst)
	if depth == 0 {
		return dst, false
	}
	dst = msgpack.AppendArrayHeader(dst, v.Len())
	n := 0
	for elements := v.Elements(); ; {
		element, more := elements.Next()
		if !more {
			break
		}
		if dst, ok = appendWithin(dst, element, depth-1); ok {
			n++
		}
	}
	if n == 0 {
		return dst[:header], false
	}
	msgpack.SetLen(dst[header:], n)
	return dst, true
}

// appendRenamed is appendFull with other names for the members of v itself.
func appendRenamed(dst []byte, v msgpack.Value, rename func([]byte) []byte) (out []byte, ok bool) {
	if v.Kind() != msgpack.Map {
		return appendFull(dst, v)
	}
	return appendMap(dst, v, maxDepth, rename)
}

func appendMap(dst []byte, v msgpack.Value, depth int, rename func([]byte) []byte) (out []byte, ok bool) {
	header := len(dst)
	if depth == 0 {
		return dst, false
	}
	dst = msgpack.AppendMapHeader(dst, v.Len())
	n := 0
	for pairs := v.Members(); ; {
		key, value, more := pairs.Next()
		if !more {
			break
		}
		before := len(dst)
		switch {
		case !key.IsText(): // JSON has none; their text is that of their value
			dst = msgpack.AppendString(dst, jsontext.AppendJSON(nil, key))
		case rename != nil:
			dst = msgpack.AppendString(dst, rename(key.Bytes()))
		default:
			dst = msgpack.AppendString(dst, key.Bytes())
		}
		if dst, ok = appendWithin(dst, value, depth-1); ok {
			n++
		} else {
			dst = dst[:before]
		}
	}
	if n == 0 {
		return dst[:header], false
	}
	msgpack.SetLen(dst[header:], n)
	return dst, true
}
