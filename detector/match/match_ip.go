package match

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// ipBlock matches the addresses of a block.
type ipBlock event.Block

func (m ipBlock) match(v msgpack.Value) bool {
	a, ok := event.ParseIP(v.Bytes())
	return ok && (*event.Block)(&m).Contains(a)
}

// ipOrder matches addresses by order.
type ipOrder struct {
	op      query.Op
	address [16]byte
}

func (m ipOrder) match(v msgpack.Value) bool {
	a, ok := event.ParseIP(v.Bytes())
	if !ok {
		return false
	}
	b := a.As16()
	return satisfies(m.op, bytes.Compare(b[:], m.address[:]))
}
