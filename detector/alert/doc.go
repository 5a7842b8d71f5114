// Package alert makes the alert records.
//
// A [Maker] belongs to one rule and one format. For each event that the rule
// matched, Make describes the alert once, as a list of dotted names and
// values; the list is encoded as msgpack for the pipeline, and [AppendJSON]
// shows the same bytes as JSON.
//
// The documents follow ECS, https://www.elastic.co/guide/en/ecs/current/,
// version [ecsVersion].
package alert
