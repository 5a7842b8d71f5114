package stateful

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	rowtable "github.com/fluent-detect/fluent-detect/detector/table"
)

// Aggregate is what a group of a rule that aggregates takes from an event.
type Aggregate struct {
	rowtable.Occurrence
	Stream *rowtable.Stream
}

const (
	// maxValues is about how many bytes of memory the values of a group take at most.
	maxValues = 1 << 18
	// maxValue is how many bytes of a text are kept.
	maxValue = 1 << 10
)

// Groups calls do for each group that an event is in, with its key: at most
// [MaxCombinations], and it returns how many more there are.
func (p *Plan) Groups(e *event.Event, d *Digester, id RuleID, do func(Key, *Aggregate)) (beyond int) {
	var inputs []expr.Value
	return p.Stream.Groups(e, MaxCombinations, func(o *rowtable.Occurrence) {
		if inputs == nil {
			inputs = make([]expr.Value, len(o.Inputs))
			for i, v := range o.Inputs {
				if p.Stream.Digested(i) {
					inputs[i] = d.digests(id, v)
				} else {
					inputs[i] = shortened(v)
				}
			}
		}
		o.Inputs = inputs
		d.Begin(id)
		for _, v := range o.Keys {
			d.Add(v.AppendKey(nil))
		}
		do(d.Key(), &Aggregate{*o, p.Stream})
	})
}

// digests returns a number for each value, which tells the values apart.
func (d *Digester) digests(id RuleID, v expr.Value) expr.Value {
	members := v.Members()
	list := make([]expr.Value, len(members))
	for i, member := range members {
		d.Begin(id)
		d.Add(member.AppendKey(nil))
		list[i] = expr.IntOf(int64(d.Short()))
	}
	return expr.ListOf(list)
}

// shortened returns a value of which long texts are cut. What is behind the cut tells texts
// apart that begin alike.
func shortened(v expr.Value) expr.Value {
	members := v.Members()
	var list []expr.Value
	for i, member := range members {
		short, cut := member.Cut(maxValue)
		if !cut {
			continue
		}
		if list == nil {
			list = append(list, members...)
		}
		sum := sha256.Sum256(member.AppendText(nil))
		list[i] = expr.TextOf(fmt.Appendf(short.AppendText(nil), "… (SHA-256 %x)", sum[:8]))
	}
	if list == nil {
		return v
	}
	return expr.ListOf(list)
}

// GroupDigest returns what the alert about a group is known by, on every host: a digest of
// the rule, the group, and, unless a bucket of time is a part of the group, of the time of
// the event that completes it, in milliseconds since 1970.
func (p *Plan) GroupDigest(a *Aggregate, at int64) [sha256.Size]byte {
	b := append([]byte(event.IDScheme+"/group"), event.IDSeparator)
	b = append(append(b, p.ruleID...), event.IDSeparator)
	for i, v := range a.Keys {
		b = append(append(b, a.Stream.Keys[i]...), event.IDSeparator)
		b = append(v.AppendKey(b), event.IDSeparator)
	}
	if a.Stream.Class != rowtable.Bucket {
		b = binary.BigEndian.AppendUint64(b, uint64(at))
	}
	return sha256.Sum256(b)
}

// By returns "user.name: alice" for each value of the group.
func (a *Aggregate) By() (list []string) {
	for i, v := range a.Keys {
		list = append(list, a.Stream.Keys[i]+": "+shown(v))
	}
	return list
}

// shown returns a value as a text for people.
func shown(v expr.Value) string {
	members := v.Members()
	if len(members) == 0 {
		return "null"
	}
	var texts []string
	for i, member := range members {
		if i == 8 {
			texts = append(texts, fmt.Sprintf("and %d more", len(members)-i))
			break
		}
		short, _ := member.Cut(256)
		texts = append(texts, string(short.AppendText(nil)))
	}
	return strings.Join(texts, ", ")
}

// Group is the row of a group that made a rule alert.
type Group struct {
	From, To time.Time // of the first and the last event of the group
	Count    int       // events of the group
	EventIDs []string
	Columns  []rowtable.Column // behind the last command
}
