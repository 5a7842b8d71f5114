package forward

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
)

// message is a unit of acknowledgement: consecutive alerts with the same tag.
type message struct {
	tag     string
	size    int    // number of alerts
	entries []byte // the encoded alerts
	chunk   string // the id by which the message is acknowledged
	acked   bool
}

// split splits a batch into messages, in its order.
func split(b delivery.Batch, tag string) []message {
	var all []message
	var name string
	begin := 0
	for i := range b.Alerts {
		a := &b.Alerts[i]
		if i > 0 && a.Rule == b.Alerts[i-1].Rule && a.Severity == b.Alerts[i-1].Severity {
			continue
		}
		if next := expand(tag, a); i == 0 {
			name = next
		} else if next != name {
			all = append(all, newMessage(name, b, begin, i))
			name, begin = next, i
		}
	}
	if len(b.Alerts) > 0 {
		all = append(all, newMessage(name, b, begin, len(b.Alerts)))
	}
	return all
}

func newMessage(tag string, b delivery.Batch, begin, end int) message {
	return message{tag: tag, size: end - begin, entries: b.Encoded(begin, end), chunk: newChunk()}
}

// The values of the placeholders for reports, which do not belong to a rule.
const (
	reportRule     = "report"
	reportSeverity = "none"
)

// expand replaces the placeholders in a tag.
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

// newChunk returns a unique id: 128 random bits in base64, as the specification
// recommends.
func newChunk() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return base64.StdEncoding.EncodeToString(id[:])
}

// appendTo appends the encoded message to dst.
func (m *message) appendTo(dst []byte) []byte {
	dst = msgpack.AppendArrayHeader(dst, 3)
	dst = msgpack.AppendString(dst, m.tag)
	dst = msgpack.AppendBinHeader(dst, len(m.entries))
	dst = append(dst, m.entries...)
	dst = msgpack.AppendMapHeader(dst, 2)
	dst = msgpack.AppendString(dst, "chunk")
	dst = msgpack.AppendString(dst, m.chunk)
	dst = msgpack.AppendString(dst, "size")
	return msgpack.AppendUint(dst, uint64(m.size))
}
