package forward

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// message is what is sent and acknowledged as one: alerts with the same tag
// that follow each other.
type message struct {
	tag    string
	alerts []outbox.Alert
	chunk  string // by which it is acknowledged
	acked  bool
}

// split makes messages of a batch, in its order.
func split(batch []outbox.Alert, tag string) []message {
	var all []message
	for i := range batch {
		if i == 0 || batch[i].Rule != batch[i-1].Rule || batch[i].Severity != batch[i-1].Severity {
			name := expand(tag, &batch[i])
			if last := len(all) - 1; last < 0 || all[last].tag != name {
				all = append(all, message{tag: name, chunk: newChunk()})
			}
		}
		last := &all[len(all)-1]
		last.alerts = append(last.alerts, batch[i])
	}
	return all
}

// What stands for the placeholders in the tags of reports, which are no alerts
// of a rule.
const (
	reportRule     = "report"
	reportSeverity = "none"
)

// expand fills in a tag's placeholders.
func expand(tag string, a *outbox.Alert) string {
	slug, severity := a.Rule, rule.Severity(a.Severity).String()
	if a.IsReport() {
		slug = reportRule
	}
	if severity == "" {
		severity = reportSeverity
	}
	return strings.NewReplacer("{rule}", slug, "{severity}", severity).Replace(tag)
}

// newChunk returns an id that no other message has: 128 random bits in base64,
// as the specification recommends.
func newChunk() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return base64.StdEncoding.EncodeToString(id[:])
}

// entryHead is the head of an entry: [EventTime, … .
const entryHead = 1 + 2 + 8

// appendTo appends the encoded message to dst.
func (m *message) appendTo(dst []byte) []byte {
	size := 0
	for i := range m.alerts {
		size += entryHead + len(m.alerts[i].Record)
	}
	dst = msgpack.AppendArrayHeader(dst, 3)
	dst = msgpack.AppendString(dst, m.tag)
	dst = msgpack.AppendBinHeader(dst, size)
	for i := range m.alerts {
		a := &m.alerts[i]
		dst = msgpack.AppendEventTime(msgpack.AppendArrayHeader(dst, 2), a.Time)
		dst = append(dst, a.Record...)
	}
	dst = msgpack.AppendMapHeader(dst, 2)
	dst = msgpack.AppendString(dst, "chunk")
	dst = msgpack.AppendString(dst, m.chunk)
	dst = msgpack.AppendString(dst, "size")
	return msgpack.AppendUint(dst, uint64(len(m.alerts)))
}
