package cloudtrail

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Tools between CloudTrail and a shipper respell the names of an event: they
// flatten objects (userIdentity.type, userIdentity_type), put a prefix before
// all names (detail_eventName), or make them lower-case (eventname, as Athena
// does, with requestparameters as JSON text).

// separators are what may stand between the parts of a flattened name.
const separators = "._-:/"

// otherPaths are members that fields follow from and that no table has.
var otherPaths = []string{
	"additionalEventData.UserName", "requestParameters.computerName", "requestParameters.resourceId",
	"requestParameters.targets.values", "responseElements.ConsoleLogin", "serviceEventDetails.sourceIpAddress",
	"userIdentity.sessionContext.sessionIssuer.userName", "userIdentity.userName", "userIdentity.principalId",
	"userIdentity.accountId",
}

// canonical has the names of events and of what rules ask for in them, by their
// lower-case form.
var canonical = func() map[string]string {
	names := map[string]string{}
	add := func(path string) {
		for name := range strings.SplitSeq(path, ".") {
			names[strings.ToLower(name)] = name
		}
	}
	for _, service := range slices.Sorted(maps.Keys(serviceEntityPaths)) {
		for _, path := range serviceEntityPaths[service] {
			add(path)
		}
	}
	for _, service := range slices.Sorted(maps.Keys(targetPaths)) {
		for _, action := range slices.Sorted(maps.Keys(targetPaths[service])) {
			for _, path := range targetPaths[service][action] {
				add(path)
			}
		}
	}
	for _, path := range otherPaths {
		add(path)
	}
	for _, path := range append(slices.Clone(asks[:]), objects...) {
		if below, ok := strings.CutPrefix(path, parameters); ok {
			add(below)
		}
	}
	for _, d := range fields {
		add(d.From)
	}
	for _, name := range ownNames {
		add(name)
	}
	return names
}()

// respell appends the event as CloudTrail writes it, a msgpack map, and reports
// whether its names were spelled otherwise; if not nothing is appended.
func respell(e *event.Event, dst []byte) (out []byte, ok bool) {
	prefix, lower, ok := spellingOf(e.Document())
	if !ok {
		return dst, false
	}
	if len(prefix) == 0 && !lower && !isFlattened(e.Document()) {
		return dst, false
	}
	s := speller{lower: lower}
	root := &respelled{}
	for pairs := e.Document().Members(); ; {
		key, value, more := pairs.Next()
		if !more {
			break
		}
		name, is := bytes.CutPrefix(key.Bytes(), prefix)
		if !is || len(name) == 0 {
			continue
		}
		s.add(root, name, value)
	}
	return s.append(dst, root), true
}

// spellingOf returns what stands before the names of an event, and whether they
// are lower-case. It reports whether the map has the marks of an event.
func spellingOf(document msgpack.Value) (prefix []byte, lower, ok bool) {
	if document.Len() < 2 {
		return nil, false, false
	}
	var name, source []byte
	for pairs := document.Members(); name == nil || source == nil; {
		k, _, more := pairs.Next()
		if !more {
			return nil, false, false
		}
		key := k.Bytes()
		if len(key) < len("eventName") || key[len(key)-1]|0x20 != 'e' { // most names
			continue
		}
		switch {
		case endsWith(key, "eventName"):
			name = key
		case endsWith(key, "eventSource"):
			source = key
		}
	}
	prefix = name[:len(name)-len("eventName")]
	if !bytes.Equal(source[:len(source)-len("eventSource")], prefix) {
		return nil, false, false
	}
	return prefix, string(name[len(prefix):]) != "eventName", true
}

// endsWith reports whether a key ends with the mark, in any case, behind nothing
// or a separator.
func endsWith(key []byte, mark string) bool {
	at := len(key) - len(mark)
	return at >= 0 && equalFold(key[at:], mark) &&
		(at == 0 || strings.IndexByte(separators, key[at-1]) >= 0)
}

// equalFold reports whether a key is a name of ASCII letters, in any case.
func equalFold(key []byte, name string) bool {
	if len(key) != len(name) {
		return false
	}
	for i, c := range key {
		if c|0x20 != name[i]|0x20 {
			return false
		}
	}
	return true
}

// speller respells one event.
type speller struct {
	lower bool // names are lower-case
}

// respelled is an object whose members are respelled, or a value.
type respelled struct {
	name    []byte
	members []*respelled
	value   msgpack.Value // without members
}

// flattened are the members that are objects.
var flattened = []string{"userIdentity", "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "tlsDetails", "resources"}

// objectOf returns the object that a flattened name is in, or "".
func objectOf(name []byte) string {
	if !bytes.ContainsAny(name, separators) {
		return ""
	}
	for _, object := range flattened {
		n := len(object)
		if len(name) > n+1 && equalFold(name[:n], object) && strings.IndexByte(separators, name[n]) >= 0 {
			return object
		}
	}
	return ""
}

// isFlattened reports whether some name of the event is flattened.
func isFlattened(document msgpack.Value) bool {
	for pairs := document.Members(); ; {
		key, _, more := pairs.Next()
		if !more {
			return false
		}
		if objectOf(key.Bytes()) != "" {
			return true
		}
	}
}

// add adds a member of the event.
func (s *speller) add(root *respelled, name []byte, value msgpack.Value) {
	if object := objectOf(name); object != "" {
		n := len(object)
		at := root.member([]byte(object))
		parts := bytes.Split(name[n+1:], name[n:n+1])
		for _, part := range parts[:len(parts)-1] {
			at = at.member(s.spell(part))
		}
		at.members = append(at.members, &respelled{name: s.spell(parts[len(parts)-1]), value: value})
		return
	}
	spelled := s.spell(name)
	root.members = append(root.members, &respelled{name: spelled, value: value})
}

// member returns the object of that name, a new one if there is none.
func (r *respelled) member(name []byte) *respelled {
	for _, m := range r.members {
		if m.value.Kind() == msgpack.Invalid && bytes.Equal(m.name, name) {
			return m
		}
	}
	m := &respelled{name: name}
	r.members = append(r.members, m)
	return m
}

// spell returns the name as CloudTrail spells it.
func (s *speller) spell(name []byte) []byte {
	if s.lower {
		if known, ok := canonical[strings.ToLower(string(name))]; ok {
			return []byte(known)
		}
	}
	return name
}

// append appends an object, or a list if its members are numbered.
func (s *speller) append(dst []byte, r *respelled) []byte {
	if r.isList() {
		dst = msgpack.AppendArrayHeader(dst, len(r.members))
		for _, m := range r.members {
			dst = s.appendMember(dst, m)
		}
		return dst
	}
	dst = msgpack.AppendMapHeader(dst, len(r.members))
	for _, m := range r.members {
		dst = s.appendMember(msgpack.AppendString(dst, m.name), m)
	}
	return dst
}

func (r *respelled) isList() bool {
	for i, m := range r.members {
		if string(m.name) != strconv.Itoa(i) {
			return false
		}
	}
	return len(r.members) > 0
}

func (s *speller) appendMember(dst []byte, m *respelled) []byte {
	if m.value.Kind() == msgpack.Invalid {
		return s.append(dst, m)
	}
	isObject := slices.Contains(flattened, string(m.name))
	if isObject && m.value.IsText() && s.lower { // as Athena has it
		text := bytes.TrimSpace(m.value.Bytes())
		if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
			if out, end, err := jsontext.AppendMsgpack(dst, text); err == nil && end == len(text) {
				return out
			}
		}
	}
	return s.appendValue(dst, m.value, event.MaxDepth)
}

// appendValue appends a value with respelled names.
func (s *speller) appendValue(dst []byte, v msgpack.Value, depth int) []byte {
	switch {
	case !s.lower || depth == 0:
	case v.Kind() == msgpack.Array:
		dst = msgpack.AppendArrayHeader(dst, v.Len())
		for elements := v.Elements(); ; {
			element, more := elements.Next()
			if !more {
				return dst
			}
			dst = s.appendValue(dst, element, depth-1)
		}
	case v.Kind() == msgpack.Map:
		dst = msgpack.AppendMapHeader(dst, v.Len())
		for pairs := v.Members(); ; {
			key, value, more := pairs.Next()
			if !more {
				return dst
			}
			dst = s.appendValue(msgpack.AppendString(dst, s.spell(key.Bytes())), value, depth-1)
		}
	}
	return msgpack.AppendValue(dst, v)
}
