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
// flatten objects (userIdentity.type, userIdentity_type, UserIdentityType), put a
// prefix before all names (detail_eventName), make them lower-case (eventname, as
// Athena does, with requestparameters as JSON text) or write them as other languages
// do (event_name, Event-Name).

// separators are those of two bytes that may stand between the parts of a flattened
// name. Each ASCII character that is neither a letter nor a digit may as well.
var separators = []string{"__", "..", "::", "->", "--", "//", "=>", "||"}

// otherPaths are members that fields follow from and that no table has.
var otherPaths = []string{
	"additionalEventData.UserName", "requestParameters.computerName", "requestParameters.resourceId",
	"requestParameters.targets.values", "responseElements.ConsoleLogin", "serviceEventDetails.sourceIpAddress",
	"userIdentity.sessionContext.sessionIssuer.userName", "userIdentity.userName", "userIdentity.principalId",
	"userIdentity.accountId",
}

// canonical has the names of events and of what rules ask for in them, and paths the
// places of what is in their objects, both by what squeeze makes of them.
var canonical, paths = func() (names, paths map[string]string) {
	names, paths = map[string]string{}, map[string]string{}
	add := func(path string) {
		for name := range strings.SplitSeq(path, ".") {
			names[squeeze([]byte(name))] = name
		}
		if strings.Contains(path, ".") {
			paths[squeeze([]byte(path))] = path
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
			add("requestParameters." + below)
		}
	}
	for _, d := range fields {
		add(d.From)
	}
	for _, name := range ownNames {
		add(name)
	}
	return names, paths
}()

// squeeze returns a name in lower case, without what stands between its words.
func squeeze(name []byte) string {
	out := make([]byte, 0, len(name))
	for _, c := range name {
		switch {
		case 'A' <= c && c <= 'Z':
			out = append(out, c|0x20)
		case !isSeparator(c):
			out = append(out, c)
		}
	}
	return string(out)
}

// isSeparator reports whether c is an ASCII character that is neither a letter nor a
// digit.
func isSeparator(c byte) bool {
	return c < 0x80 && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9')
}

// respell appends the event as CloudTrail writes it, a msgpack map, and reports
// whether its names were spelled otherwise or its objects were texts; if not nothing is
// appended.
func respell(e *event.Event, dst []byte) (out []byte, ok bool) {
	var prefix []byte
	var lower bool
	if has := e.Members(); !has.Has(eventName) || !has.Has(eventSource) {
		if prefix, lower, ok = spellingOf(e.Document()); !ok {
			return dst, false
		}
	}
	if len(prefix) == 0 && !lower && !changes(e) {
		return dst, false
	}
	s := speller{lower: lower}
	s.below = lower && !hasOwnNames(e.Document())
	root := &respelled{}
	for pairs := e.Document().Members(); ; {
		key, value, more := pairs.Next()
		if !more {
			break
		}
		name, is := bytes.CutPrefix(key.Bytes(), prefix)
		if !is && !own.Has(event.Lookup(key.Bytes())) { // a shipper added it
			root.members = append(root.members, &respelled{name: key.Bytes(), value: value})
			continue
		}
		if !is || len(name) == 0 {
			continue
		}
		s.add(root, name, value)
	}
	return s.append(dst, root), true
}

// spellingOf returns what stands before the names of an event, and whether they are
// spelled in another way. It reports whether the map has the marks of an event.
func spellingOf(document msgpack.Value) (prefix []byte, lower, ok bool) {
	if document.Len() < 2 {
		return nil, false, false
	}
	var name, source, other []byte // the names that were found, and what is before them
	for pairs := document.Members(); name == nil || source == nil; {
		k, _, more := pairs.Next()
		if !more {
			return nil, false, false
		}
		key := k.Bytes()
		if len(key) < len("eventName") || key[len(key)-1]|0x20 != 'e' { // most names
			continue
		}
		if n := markAt(key, "name"); n >= 0 {
			name, prefix = key, key[:n]
		} else if n := markAt(key, "source"); n >= 0 {
			source, other = key, key[:n]
		}
	}
	if !bytes.Equal(prefix, other) {
		return nil, false, false
	}
	return prefix, string(name[len(prefix):]) != "eventName", true
}

// markAt returns where a mark of events begins in a key that ends with it: the word
// event and the second word, in any case, with nothing or a separator between them. It
// returns -1 if the key does not end so, or if the mark is a part of another word.
func markAt(key []byte, second string) int {
	at := len(key) - len(second)
	if at < len("event") || !equalFold(key[at:], second) {
		return -1
	}
	if isSeparator(key[at-1]) {
		at--
	}
	at -= len("event")
	switch {
	case at < 0 || !equalFold(key[at:at+len("event")], "event"):
		return -1
	case at == 0 || isSeparator(key[at-1]) || key[at] == 'E' && key[at-1] >= 'a':
		return at
	}
	return -1
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
	lower bool // names are not as CloudTrail writes them
	below bool // those in objects either
}

// respelled is an object whose members are respelled, or a value.
type respelled struct {
	name    []byte
	members []*respelled
	value   msgpack.Value // without members
}

// flattened are the members that are objects.
var flattened = []string{"userIdentity", "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "tlsDetails", "resources"}

var (
	isFlattened    = event.SetNamed(flattened...)
	objectPrefixes = event.PrefixesOf(flattened...)
)

// objectOf returns the object that a flattened name is in, and what stands between it
// and the next part of the name, or "". Without a separator the next part begins with
// another case.
func objectOf(name []byte) (object, separator string, below []byte) {
	for _, object := range flattened {
		n := prefixFold(name, object)
		switch {
		case n < 0 || n == len(name):
		case 'A' <= name[n] && name[n] <= 'Z':
			return object, "", name[n:]
		case isSeparator(name[n]):
			for _, s := range separators {
				if rest, ok := bytes.CutPrefix(name[n:], []byte(s)); ok && len(rest) > 0 {
					return object, s, rest
				}
			}
			if n+1 < len(name) {
				return object, string(name[n : n+1]), name[n+1:]
			}
		}
	}
	return "", "", nil
}

// prefixFold returns how many bytes of a name are the object's, in any case and with
// separators in it, or -1.
func prefixFold(name []byte, object string) int {
	at := 0
	for i := range len(object) {
		if at > 0 && at < len(name) && isSeparator(name[at]) {
			at++
		}
		if at == len(name) || name[at]|0x20 != object[i]|0x20 {
			return -1
		}
		at++
	}
	return at
}

// hasOwnNames reports whether some object of the event has a name of two words as
// CloudTrail writes it: then only the names of the event itself were respelled.
func hasOwnNames(document msgpack.Value) bool {
	for pairs := document.Members(); ; {
		_, object, more := pairs.Next()
		if !more {
			return false
		}
		for members := object.Members(); ; {
			key, _, more := members.Next()
			if !more {
				break
			}
			if name := string(key.Bytes()); canonical[squeeze(key.Bytes())] == name && strings.ToLower(name) != name {
				return true
			}
		}
	}
}

// changes reports whether some name of the event is flattened, or an object of it a text.
func changes(e *event.Event) bool {
	return e.AnyName(objectPrefixes, func(name []byte, m event.Member, value []byte) bool {
		switch {
		case isFlattened.Has(m):
			return event.BeginsObjectText(value)
		case own.Has(m): // nearly all
			return false
		}
		object, _, _ := objectOf(name)
		return object != ""
	})
}

// add adds a member of the event.
func (s *speller) add(root *respelled, name []byte, value msgpack.Value) {
	if path, ok := paths[squeeze(name)]; ok && s.lower {
		s.place(root, []byte(path), []byte("."), value)
		return
	}
	switch object, separator, below := objectOf(name); {
	case object == "":
		root.members = append(root.members, &respelled{name: s.spell(name), value: value})
	case separator == "":
		lower := s.lower
		s.lower = true
		at := root.member([]byte(object))
		at.members = append(at.members, &respelled{name: s.spell(below), value: value})
		s.lower = lower
	case separator == "[":
		s.place(root.member([]byte(object)), bytes.TrimSuffix(below, []byte("]")), []byte("]["), value)
	default:
		s.place(root.member([]byte(object)), below, []byte(separator), value)
	}
}

// place adds a value at a path below an object.
func (s *speller) place(at *respelled, path, separator []byte, value msgpack.Value) {
	parts := bytes.Split(path, separator)
	for _, part := range parts[:len(parts)-1] {
		at = at.member(s.spell(part))
	}
	at.members = append(at.members, &respelled{name: s.spell(parts[len(parts)-1]), value: value})
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
		if known, ok := canonical[squeeze(name)]; ok {
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
	if isObject && event.IsObjectText(m.value) { // as Athena has it
		text := bytes.TrimSpace(m.value.Bytes())
		if out, end, err := jsontext.AppendMsgpack(dst, text); err == nil && end == len(text) {
			return out // its names are CloudTrail's
		}
	}
	return s.appendValue(dst, m.value, event.MaxDepth)
}

// appendValue appends a value with respelled names.
func (s *speller) appendValue(dst []byte, v msgpack.Value, depth int) []byte {
	switch {
	case !s.below || depth == 0:
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
