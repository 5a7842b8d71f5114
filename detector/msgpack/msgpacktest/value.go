package msgpacktest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Time is an EventTime: ext type 0 of 8 bytes.
type Time struct{ Sec, Nsec uint32 }

// Ext is an ext value.
type Ext struct {
	Type int8
	Data []byte
}

// Members is a map as key, value, key, value: in this order, duplicates included.
// Keys may be anything.
type Members []any

// Raw is encoded msgpack.
type Raw []byte

// JSON is JSON text. Its members are encoded in their order, duplicates included.
// Integers of up to 64 bits become integers, other numbers float64, and those
// beyond float64 a string of their digits. As in encoding/json, invalid UTF-8
// becomes U+FFFD.
type JSON string

// Value returns v as msgpack. The types of this package, map[string]any (with
// sorted keys), []any and json.Number are encoded as documented; everything else
// by vmihailenco's Encoder: []byte becomes bin, structs become maps.
func Value(t testing.TB, v any) []byte {
	t.Helper()
	var w writer
	w.enc = msgpack.NewEncoder(&w.buf)
	w.enc.UseCompactInts(true)
	w.enc.SetSortMapKeys(true)
	if err := w.value(v); err != nil {
		t.Fatalf("msgpacktest: %#v: %v", v, err)
	}
	return w.buf.Bytes()
}

type writer struct {
	buf bytes.Buffer
	enc *msgpack.Encoder
}

func (w *writer) value(v any) error {
	switch v := v.(type) {
	case Time:
		data := binary.BigEndian.AppendUint32(nil, v.Sec)
		return w.value(Ext{Data: binary.BigEndian.AppendUint32(data, v.Nsec)})
	case Ext:
		if err := w.enc.EncodeExtHeader(v.Type, len(v.Data)); err != nil {
			return err
		}
		w.buf.Write(v.Data)
		return nil
	case Raw:
		w.buf.Write(v)
		return nil
	case JSON:
		return w.json(string(v))
	case json.Number:
		return w.number(v)
	case Members:
		return w.members(v)
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		var m Members
		for _, k := range keys {
			m = append(m, k, v[k])
		}
		return w.members(m)
	case []any:
		if err := w.enc.EncodeArrayLen(len(v)); err != nil {
			return err
		}
		for _, element := range v {
			if err := w.value(element); err != nil {
				return err
			}
		}
		return nil
	}
	return w.enc.Encode(v)
}

func (w *writer) members(m Members) error {
	w.buf.WriteByte(msgpcode.Map32)
	w.buf.Write(binary.BigEndian.AppendUint32(nil, uint32(len(m)/2)))
	for _, v := range m {
		if err := w.value(v); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) number(n json.Number) error {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return w.value(i)
	}
	if u, err := strconv.ParseUint(string(n), 10, 64); err == nil {
		return w.value(u)
	}
	if f, err := n.Float64(); err == nil {
		return w.value(f)
	}
	return w.value(string(n))
}
