package alert

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/dedup"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// idScheme names the way in which ids are made; another way would get another
// name, and so other ids.
const idScheme = "fluent-detect/1"

const separator = 0x1f

var (
	fieldAccount = cloudtrail.FieldNamed("aws.cloudtrail.recipient_account_id")
	fieldEventID = cloudtrail.FieldNamed("event.id")
)

// ID returns the id of the alert that a rule makes of an event: the SHA-256 of
// the scheme, the rule's id, the account that the event was delivered to and
// the event's id. It is the same on every host, over every route and after
// every restart. An event without an id stands for itself: a digest of the
// whole takes the id's place.
func ID(ruleID string, e *cloudtrail.Event) dedup.Key {
	h := sha256.New()
	write(h, []byte(idScheme))
	write(h, []byte(ruleID))
	write(h, e.First(fieldAccount).Bytes())
	if id := e.First(fieldEventID).Bytes(); len(id) > 0 {
		_, _ = h.Write(id)
	} else {
		d := digest(e.Document())
		_, _ = h.Write(d[:])
	}
	var k dedup.Key
	h.Sum(k[:0])
	return k
}

func write(h hash.Hash, part []byte) {
	_, _ = h.Write(part)
	_, _ = h.Write([]byte{separator})
}

// UUID returns the id as alerts show it, in hex.
func UUID(k dedup.Key) string { return hex.EncodeToString(k[:]) }

// digest returns a hash of a value that does not depend on the order of its
// members, nor on how wide its encoding is.
func digest(v record.Value) [sha256.Size]byte { return sha256.Sum256(canonical(nil, v, maxDepth)) }

// canonical appends v as JSON text with the members of maps in the order of
// their keys.
func canonical(dst []byte, v record.Value, depth int) []byte {
	if depth == 0 {
		return jsontext.AppendValue(dst, v)
	}
	switch v.Kind() {
	case record.Map:
		var members [][]byte
		for m := v.Members(); ; {
			key, value, ok := m.Next()
			if !ok {
				break
			}
			member := append(jsontext.AppendString(nil, key.Bytes()), ':')
			members = append(members, canonical(member, value, depth-1))
		}
		slices.SortFunc(members, bytes.Compare)
		dst = append(dst, '{')
		dst = append(dst, bytes.Join(members, []byte(","))...)
		return append(dst, '}')
	case record.Array:
		dst = append(dst, '[')
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				return append(dst, ']')
			}
			dst = append(canonical(dst, element, depth-1), ',')
		}
	}
	return jsontext.AppendValue(dst, v)
}
