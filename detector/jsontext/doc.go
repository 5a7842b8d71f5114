// Package jsontext converts JSON text to msgpack and msgpack to JSON text.
//
//	JSON text ──AppendMsgpack──▶ msgpack ──msgpack.Read──▶ msgpack.Value ──AppendJSON──▶ JSON text
//
// Everything that reaches the detector as text (lines that a shipper did not
// parse, JSON in a string, NDJSON over HTTP) is converted to msgpack first, so that
// the other packages handle one encoding only.
//
// # Ownership of the bytes
//
// Every function appends to dst as append does and retains nothing: the result may
// share memory with dst, but never with the input. dst and the input must not
// overlap. The bytes between the length and the capacity of dst may be overwritten,
// even those after the result. With room in dst nothing is allocated, except for
// errors and for the rare floats that [AppendMsgpack] names.
package jsontext
