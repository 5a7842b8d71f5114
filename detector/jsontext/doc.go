// Package jsontext turns JSON text into msgpack and msgpack into JSON text.
//
//	JSON text ──Append──▶ msgpack ──msgpack.Read──▶ msgpack.Value ──AppendValue──▶ JSON text
//
// Whatever reaches the detector as text (lines that a shipper did not parse,
// JSON in a string, NDJSON over HTTP) is made msgpack first, so that the rest
// knows one encoding only.
//
// # Who owns the bytes
//
// Every function appends to dst as append does and keeps nothing: the result
// may share memory with dst and never with the input. dst and the input must
// not overlap. What lies in dst between its length and its capacity may be
// overwritten, also behind what is returned. With room in dst nothing is
// allocated, but for errors and for the rare float that [Append] names.
package jsontext
