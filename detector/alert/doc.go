// Package alert makes the alert records.
//
// A [Maker] belongs to one rule and one [Format]. For each event that the rule
// matched, Make describes the alert once, by the names of ECS; the layout of the
// format says where each field goes and in which form. What is the same in all
// alerts of the rule is in the layout already, encoded.
//
//	event ──Make──▶ document: name → value ──layout──▶ msgpack ──AppendJSON──▶ JSON
//
// The names follow ECS, https://www.elastic.co/guide/en/ecs/current/, version
// [ecsVersion]. Alerts are msgpack for the pipeline; [AppendJSON] shows the same
// bytes as JSON.
//
// # What every consumer can read
//
// All texts are UTF-8 and at most [maxText] bytes before that; no map has a key
// twice; no field has a value of a type that its mapping refuses. What the event
// has beyond that is cut, replaced by U+FFFD or left out.
//
// # Who owns the bytes
//
// An alert does not alias the event. A Maker keeps nothing of an event but
// buffers.
package alert
