package program

import (
	"net/netip"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// in says whether something that compares so lies on the operator's side.
func in(op kql.RangeOp, compared int) bool {
	switch op {
	case kql.Gt:
		return compared > 0
	case kql.Gte:
		return compared >= 0
	case kql.Lt:
		return compared < 0
	}
	return compared <= 0
}

// textOrder matches texts on one side of another, by code points: the order of
// the bytes of UTF-8.
type textOrder struct {
	op   kql.RangeOp
	text string
}

func (m textOrder) match(v record.Value) bool {
	var buf [numberText]byte
	text, ok := scalarText(buf[:0], v)
	return ok && in(m.op, strings.Compare(string(text), m.text))
}

// truthOrder matches booleans, of which false comes first.
type truthOrder struct {
	op    kql.RangeOp
	truth bool
}

func (m truthOrder) match(v record.Value) bool {
	return truth(true).match(v) && in(m.op, compareTruths(true, m.truth)) ||
		truth(false).match(v) && in(m.op, compareTruths(false, m.truth))
}

func compareTruths(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// addressOrder matches IP addresses on one side of another; Elasticsearch orders
// IPv4 as IPv4-mapped IPv6.
type addressOrder struct {
	op      kql.RangeOp
	address netip.Addr
}

func (m addressOrder) match(v record.Value) bool {
	a, ok := cloudtrail.ParseIP(v.Bytes())
	return ok && in(m.op, mapped(a.Unmap()).Compare(mapped(m.address)))
}

func mapped(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }

// anyOrder orders a value of a field whose type is not known: a number as a
// number if the query has one, all else as text.
type anyOrder struct {
	text     textOrder
	number   numberOrder
	isNumber bool
}

func (m anyOrder) match(v record.Value) bool {
	switch v.Kind() {
	case record.Int, record.Uint, record.Float:
		return m.isNumber && m.number.match(v)
	}
	return m.text.match(v)
}
