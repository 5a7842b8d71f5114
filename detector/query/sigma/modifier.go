package sigma

import (
	"maps"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

var orders = map[string]query.Op{"gt": query.Gt, "gte": query.Gte, "lt": query.Lt, "lte": query.Lte}

var timeUnits = map[string]query.TimeUnit{
	"minute": query.Minute, "hour": query.Hour, "day": query.Day, "week": query.Week, "month": query.Month, "year": query.Year,
}

// encodings are the modifiers that encode a text, and whether they make bytes that
// another encoding has to follow.
var encodings = map[string]bool{
	"wide": true, "utf16le": true, "utf16be": true, "utf16": true, "base64": false, "base64offset": false,
}

var modifierNames = slices.Sorted(func(yield func(string) bool) {
	for _, name := range slices.Concat(
		[]string{"contains", "startswith", "endswith", "all", "cased", "re", "i", "m", "s", "cidr", "exists", "neq", "fieldref", "windash", "expand"},
		slices.Collect(maps.Keys(orders)), slices.Collect(maps.Keys(timeUnits)), slices.Collect(maps.Keys(encodings))) {
		if !yield(name) {
			return
		}
	}
})

// parseKey parses the key of an item: a field and modifiers.
func (p *part) parseKey(key *document.Value) (*item, *query.Error) {
	field, rest, hasModifiers := strings.Cut(key.Key, "|")
	it := &item{part: p, key: key, field: field}
	if !hasModifiers {
		if field == "" {
			return nil, p.refuse(atKey(key), "a field without a name")
		}
		return it, nil
	}
	it.modifiers = strings.Split(rest, "|")
	for i, name := range it.modifiers {
		if err := it.modify(i, name); err != nil {
			return nil, err
		}
	}
	return it, nil
}

// modify applies a modifier.
func (it *item) modify(i int, name string) *query.Error {
	fail := func(format string, args ...any) *query.Error { return it.refuse(atKey(it.key), format, args...) }
	op, isOrder := orders[name]
	unit, isTime := timeUnits[name]
	unfinished, encodes := encodings[name]
	switch {
	case name == "":
		return fail(`a "|" without a modifier behind it`)
	case !slices.Contains(modifierNames, name):
		return fail("unknown modifier %q%s", name, spelling.Suggest(name, modifierNames))
	case name == "expand":
		return nil
	case slices.Contains(it.modifiers[:i], name):
		return fail("the modifier %s is there twice", name)
	case isOrder:
		if it.ordered {
			return fail("%s: there is another comparison already", name)
		}
		it.order, it.ordered = op, true
	case isTime:
		if it.isTime {
			return fail("%s: there is another part of a time already", name)
		}
		if it.ordered {
			return fail("%s comes before the comparison", name)
		}
		it.unit, it.isTime = unit, true
	case encodes:
		if it.place != "" {
			return fail("%s comes before %s: modifiers apply in their order, and wildcards cannot be encoded", name, it.place)
		}
		if n := len(it.encoding); n > 0 && (encodings[it.encoding[n-1]] == unfinished) {
			return fail("%s cannot follow %s", name, it.encoding[n-1])
		}
		it.encoding = append(it.encoding, name)
	}
	switch name {
	case "contains", "startswith", "endswith":
		if it.place != "" {
			return fail("%s: there is %s already, and a value has one place", name, it.place)
		}
		it.place = name
	case "all":
		it.all = true
	case "cased":
		it.cased = true
	case "re":
		if i > 0 {
			return fail("re has to be the first modifier")
		}
		it.re = true
	case "i", "m", "s":
		if !it.re {
			return fail("%s is a flag of re, and comes behind it", name)
		}
		it.flags += name
	case "cidr":
		it.cidr = true
	case "exists":
		it.exists = true
	case "neq":
		it.neq = true
	case "fieldref":
		it.fieldref = true
	case "windash":
		it.windash = true
	}
	return nil
}

// check refuses modifiers that do not go together, and values of the wrong kind.
func (it *item) check(values []*document.Value) *query.Error {
	fail := func(format string, args ...any) *query.Error { return it.refuse(atKey(it.key), format, args...) }
	kinds := 0
	for _, is := range []bool{it.re, it.cidr, it.exists, it.fieldref, it.ordered || it.isTime} {
		if is {
			kinds++
		}
	}
	texts := it.cased || it.windash || len(it.encoding) > 0
	switch n := len(it.encoding); {
	case it.exists && len(it.modifiers) > 1:
		return fail("exists goes alone")
	case kinds > 1, kinds > 0 && (it.windash || len(it.encoding) > 0), (it.re || it.cidr || it.ordered || it.isTime) && (it.place != "" || it.cased):
		return fail("the modifiers %s do not go together", strings.Join(it.modifiers, ", "))
	case it.isKeyword() && kinds > 0 && !it.re:
		return fail("keywords have no field, and %s needs one", strings.Join(it.modifiers, ", "))
	case n > 0 && encodings[it.encoding[n-1]]:
		return fail("%s makes bytes: base64 or base64offset has to follow", it.encoding[n-1])
	case it.all && len(values) == 1:
		return fail("all needs a list of values, and there is one")
	}
	for _, v := range values {
		if err := it.checkValue(v, len(values), texts); err != nil {
			return err
		}
	}
	return nil
}

// checkValue refuses a value of the wrong kind.
func (it *item) checkValue(v *document.Value, n int, texts bool) *query.Error {
	fail := func(format string, args ...any) *query.Error { return it.refuse(at(v), format, args...) }
	number := v.Kind == document.Integer || v.Kind == document.Float
	switch {
	case v.Kind == document.Table || v.Kind == document.List:
		return fail("%s in a list of values, must be a text, a number, true or false", v.Kind)
	case v.Kind == document.Null && (it.isKeyword() || it.list || n > 1):
		return fail("null cannot be in a list: a field that is missing or null is a selection of its own")
	case v.Kind == document.Null && len(it.modifiers) > 0 && !(it.neq && len(it.modifiers) == 1):
		return fail("null cannot have modifiers")
	case it.exists && (n != 1 || it.list || v.Kind != document.Bool && !strings.EqualFold(v.Text, "true") && !strings.EqualFold(v.Text, "false")):
		return fail("must be true or false")
	case it.ordered && !it.isTime && !number:
		return fail("%q is %s, must be a number, without quotes", v.Text, v.Kind)
	case it.isTime:
		if _, err := strconv.Atoi(decimal(v.Text)); v.Kind != document.Integer || err != nil {
			return fail("%q is not a whole number", v.Text)
		}
	case it.ordered:
		if f, err := strconv.ParseFloat(decimal(v.Text), 64); err != nil || f-f != 0 {
			return fail("%q is out of range", v.Text)
		}
	case it.cidr && v.Kind != document.String:
		return fail("%q is %s, must be a network such as 10.0.0.0/8", v.Text, v.Kind)
	case it.cidr:
		if _, err := netip.ParsePrefix(v.Text); err != nil {
			if a, err := netip.ParseAddr(v.Text); err != nil || a.Zone() != "" {
				return fail("%q is not a network, must be such as 10.0.0.0/8 or 2001:db8::/32", v.Text)
			}
		}
	case it.fieldref:
		if v.Kind != document.String || v.Text == "" || strings.ContainsAny(v.Text, "*?|") {
			return fail("%q is not the name of a field", v.Text)
		}
	case slices.Contains(it.modifiers, "expand") && hasPlaceholder(v.Text):
		return fail("%q has a placeholder, and there are no values for placeholders", v.Text)
	case texts && v.Kind == document.Null:
		return fail("is null, must be a text")
	}
	return nil
}

// hasPlaceholder reports whether there is a %name% in a text.
func hasPlaceholder(text string) bool {
	for {
		_, after, ok := strings.Cut(text, "%")
		if !ok {
			return false
		}
		name, _, ok := strings.Cut(after, "%")
		if !ok {
			return false
		}
		if name != "" && strings.IndexFunc(name, func(r rune) bool {
			return !(r == '_' || r == '-' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
		}) < 0 {
			return true
		}
		text = after
	}
}

// decimal returns an integer that is written as 0o17 or 0x1f as a decimal number, and
// other numbers as they are.
func decimal(text string) string {
	if strings.HasPrefix(text, "0o") || strings.HasPrefix(text, "0x") {
		if n, ok := new(big.Int).SetString(text, 0); ok {
			return n.String()
		}
	}
	return text
}
