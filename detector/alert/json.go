package alert

import (
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// AppendJSON appends an alert record, as Make encoded it, as one line of JSON
// without the line end.
func AppendJSON(dst, alert []byte) []byte {
	v, _, err := msgpack.Read(alert, 0)
	if err != nil { // not what Make encoded
		return append(dst, "null"...)
	}
	return jsontext.AppendJSON(dst, v)
}
