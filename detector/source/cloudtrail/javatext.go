package cloudtrail

import (
	"math"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// javaText derives aws.cloudtrail.request_parameters and its siblings: the
// object as the text that Java's Map.toString gives, which is what Elastic's
// pipeline stores and what rules match wildcards on:
//
//	{instanceId=i-0abc, tags=[a, b], monitorMode=false}
//
// Members come in the order in which a java.util.HashMap walks them, those
// that are empty are left out. Where a key is repeated the last value counts;
// further texts follow in which an earlier one does, so that none is hidden.
func javaText(e *event.Event, p event.Place) []msgpack.Value {
	j := &e.State(newWorkspace).(*workspace).texts
	if j.number != e.Number() {
		j.number, j.made = e.Number(), j.made[:0]
	}
	for _, m := range j.made {
		if m.place == p.Member {
			return m.values
		}
	}
	without := ""
	if p.Member == additionalEventData {
		without = takenFromData(e)
	}
	j.event, j.text, j.truncated, j.keys, j.without = e, e.Arena(), false, j.keys[:0], without
	e.OpenTexts()
	mark := e.Mark()
	for o := e.Occurrences(p.Member); o.Next(); {
		v := o.Value()
		j.repeats = 1
		j.add(v, lastPick)
		earlier := j.repeats - 1
		if earlier > maxReadings {
			j.truncated, earlier = true, maxReadings
		}
		for pick := range earlier {
			j.add(v, pick)
		}
	}
	e.SetArena(j.text)
	j.text = nil
	if cap(j.table.nodes) > maxMembers || cap(j.order) > maxMembers || cap(j.keys) > 16*maxMembers {
		j.table, j.order, j.keys = hashMap{}, nil, nil
	}
	if j.truncated {
		e.Truncate()
	}
	values := e.Since(mark)
	j.made = append(j.made, madeTexts{p.Member, values[:len(values):len(values)]})
	return values
}

// madeTexts are the texts of a member. They are made once for an event.
type madeTexts struct {
	place  event.Member
	values []msgpack.Value
}

// maxMembers is the number of members of an object up to which memory is kept for the
// next one.
const maxMembers = 16 << 10

// lastPick picks the last value of a repeated key, as Java does.
const lastPick = math.MaxInt

// maxReadings bounds how many texts there are of an object with a key that is
// repeated over and over, besides the one that Java has.
const maxReadings = 16

// javaTexts is the working memory for the texts of objects.
type javaTexts struct {
	number uint64 // of the event that the texts in made are of
	made   []madeTexts

	event     *event.Event
	text      []byte // the event's arena
	truncated bool   // something was too deep, or too often repeated
	table     hashMap
	order     []javaMember // a stack
	keys      []byte       // arena of keys that are not text
	without   string       // a member of the object itself that is left out, or ""
	pick      int          // which value of a repeated key counts, from 0
	repeats   int          // how often a key was repeated at most
}

// workspace is the working memory for the fields of events.
type workspace struct {
	texts  javaTexts
	sets   [2]textSet
	caller caller
}

func newWorkspace() any { return new(workspace) }

// maxDepth bounds how deep objects are looked into.
const maxDepth = event.MaxDepth

// tooDeep reports whether the container v is not to be looked into any more,
// and remembers it.
func (j *javaTexts) tooDeep(v msgpack.Value, depth int) bool {
	if depth > 0 {
		return false
	}
	j.truncated = j.truncated || v.Len() > 0
	return true
}

// javaMember is a member of a map in the order of a HashMap.
type javaMember struct {
	key   []byte
	value msgpack.Value
}

// add appends the text of v to the values, if v is not empty.
func (j *javaTexts) add(v msgpack.Value, pick int) {
	j.pick = pick
	from := len(j.text)
	if j.append(v, maxDepth) {
		j.event.Add(msgpack.TextOf(j.text[from:]))
	}
}

// append appends v to the text as Java's toString prints it. It says
// whether v is more than empty, if not nothing is appended.
func (j *javaTexts) append(v msgpack.Value, depth int) bool {
	switch v.Kind() {
	case msgpack.Bool:
		j.text = strconv.AppendBool(j.text, v.Bool())
	case msgpack.Int:
		j.text = strconv.AppendInt(j.text, v.Int(), 10)
	case msgpack.Uint:
		j.text = strconv.AppendUint(j.text, v.Uint(), 10)
	case msgpack.Float:
		j.text = event.AppendDouble(j.text, v.Float())
	case msgpack.Array:
		return !j.tooDeep(v, depth) && j.appendList(v, depth)
	case msgpack.Map:
		return !j.tooDeep(v, depth) && j.appendMap(v, depth)
	case msgpack.Ext: // nothing that JSON has
		j.text = append(j.text, "null"...)
	default:
		if event.IsEmpty(v) {
			return false
		}
		j.text = append(j.text, v.Bytes()...)
	}
	return true
}

func (j *javaTexts) appendList(v msgpack.Value, depth int) bool {
	j.text = append(j.text, '[')
	begin := len(j.text)
	for elements := v.Elements(); ; {
		element, ok := elements.Next()
		if !ok {
			break
		}
		before := len(j.text)
		if before > begin {
			j.text = append(j.text, ", "...)
		}
		if !j.append(element, depth-1) {
			j.text = j.text[:before]
		}
	}
	return j.close(begin, ']')
}

// close closes the brackets that were opened before begin, or takes them
// back if nothing is in them.
func (j *javaTexts) close(begin int, bracket byte) bool {
	if len(j.text) == begin {
		j.text = j.text[:begin-1]
		return false
	}
	j.text = append(j.text, bracket)
	return true
}

func (j *javaTexts) appendMap(v msgpack.Value, depth int) bool {
	j.table.reset()
	for pairs := v.Members(); ; {
		key, value, ok := pairs.Next()
		if !ok {
			break
		}
		j.repeats = max(j.repeats, j.table.put(j.keyText(key), value, j.pick))
	}
	mark := len(j.order)
	j.order = j.table.appendOrder(j.order)
	j.text = append(j.text, '{')
	begin := len(j.text)
	for i := mark; i < len(j.order); i++ {
		m := j.order[i] // maps inside push theirs behind and take them off again
		if depth == maxDepth && j.without != "" && string(m.key) == j.without {
			continue
		}
		before := len(j.text)
		if before > begin {
			j.text = append(j.text, ", "...)
		}
		j.text = append(j.text, m.key...)
		j.text = append(j.text, '=')
		if !j.append(m.value, depth-1) {
			j.text = j.text[:before]
		}
	}
	j.order = j.order[:mark]
	return j.close(begin, '}')
}

// keyText returns the text of a key. Keys that are not text, which JSON does
// not have, have the text that JSON would give their value.
func (j *javaTexts) keyText(key msgpack.Value) []byte {
	if key.IsText() {
		return key.Bytes()
	}
	from := len(j.keys)
	j.keys = jsontext.AppendJSON(j.keys, key)
	return j.keys[from:]
}
