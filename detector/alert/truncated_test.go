package alert

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

// proven makes the alert of an event that the query matches.
func proven(t *testing.T, f Format, query string, rec any) doc {
	t.Helper()
	q, err := kql.Language.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	p, err := match.Compile(q, match.ECS{Schema: testFields.schema})
	if err != nil {
		t.Fatal(err)
	}
	r := anything(t)
	m := NewMaker(r, testObserver, f, testFields)
	m.Prove(p)
	var alert []byte
	if n := visit(t, rec, func(e *event.Event) {
		if p.Match(e) {
			alert = m.Make(nil, idFor(r.ID, e), e, subjectOf(e), testArrival)
		}
	}); n != 1 || alert == nil {
		t.Fatalf("%d events, and %q matches none", n, query)
	}
	checkAlert(t, f, alert)
	return decode(t, alert)
}

// What an alert does not carry of its event is said in it, and what made the rule match
// is carried all the same.
func TestTruncated(t *testing.T) {
	const (
		params = "aws.cloudtrail.request_parameters"
		object = "aws.cloudtrail.flattened.request_parameters"
	)
	push := eventFile(t, "push")
	x := func(n int) string { return strings.Repeat("x", n) }
	policy := func(text string) string { return with(t, push, "requestParameters", `{"policyDocument":"`+text+`"}`) }
	var many []any
	for i := range 600 {
		many = append(many, fmt.Sprintf("i-%04d", i))
	}
	instances := msgpacktest.Members{"instancesSet", msgpacktest.Members{"items", msgpacktest.Members{"instanceId", many}}}
	for _, c := range []struct {
		about     string
		event     any
		query     string
		truncated string // and nothing else
		evidence  []string
	}{
		{"nothing", push, `event.action: *`, ``, nil},
		{"a text as long as may be", with(t, push, "requestID", `"`+x(maxText)+`"`), `event.action: *`, ``, nil},
		{"a text", with(t, push, "requestID", `"`+x(maxText+1)+`"`), `event.action: *`, "aws.cloudtrail.request_id", nil},
		{"the ID", with(t, push, "eventID", `"`+x(maxText+1)+`"`), `event.id: x*x`, "event.id", []string{"event.id: " + x(1+aroundPart) + "…" + x(1+aroundPart)}},
		{"the user agent", with(t, push, "userAgent", `"`+x(2000)+`curl"`), `user_agent.original: *curl*`, "user_agent.original", []string{"user_agent.original: …" + x(aroundPart) + "curl"}},
		{"the end of long parameters", policy(x(20000) + `iam:PassRole`), params + ": *PassRole*", object + " " + params,
			[]string{params + ": …" + x(aroundPart-len("iam:")) + "iam:PassRole}"}},
		{"of which an object has no whole text", policy(x(20000) + `iam:PassRole` + x(500)), object + ".policyDocument: *PassRole*", object + " " + params,
			[]string{object + ".policyDocument: …" + x(aroundPart-len("iam:")) + "iam:PassRole" + x(aroundPart) + "…"}},
		{"an object that is too large", policy(x(40000) + `iam:PassRole`), object + ".policyDocument: *PassRole* and event.action: SendSSHPublicKey", object + " " + params,
			[]string{object + ".policyDocument: …" + x(aroundPart-len("iam:")) + "iam:PassRole"}},
		{"any leaf of it", with(t, push, "requestParameters", `{"a":"`+x(40000)+`","b":7,"c":"seven"}`), object + ": (7 or seven)", object + " " + params,
			[]string{object + ": 7", object + ": seven"}},
		{"what is not asked for", policy(x(20000)), `event.action: * and not ` + params + `: *PassRole*`, object + " " + params, nil},
		{"a deep object", with(t, push, "requestParameters", strings.Repeat(`{"a":`, 25)+`"b"`+strings.Repeat(`}`, 25)), params + `: *b*`, object, nil},
		{"a long list", pushWith(t, "requestParameters", instances), object + `.instancesSet.items.instanceId: i-0599`, "cloud.target.instance.id", nil},
		{"values that are not of their type", with(t, push, "readOnly", `"maybe"`), `event.action: *`, "aws.cloudtrail.read_only", nil},
		{"a field that alerts do not have", `{"event":{"dataset":"acme.system","action":"x"},"acme":{"actor":"` + x(2000) + `eve` + x(2000) + `"},"event.id":"1"}`, `acme.actor: *eve* and event.action: x`, ``,
			[]string{"acme.actor: …" + x(aroundPart) + "eve" + x(aroundPart) + "…"}},
	} {
		t.Run(c.about, func(t *testing.T) {
			for _, f := range formats {
				d, below := proven(t, f, c.query, c.event), ""
				if f == FormatOCSF {
					below = "unmapped."
				}
				text := func(list string) string {
					return strings.NewReplacer("[", "", "]", "", `"`, "", ",", " ").Replace(d.at(below + "fluent_detect." + list))
				}
				names := strings.Fields(text("truncated_fields"))
				slices.Sort(names)
				if got := strings.Join(names, " "); got != c.truncated {
					t.Errorf("%s: truncated_fields has %q, want %q", f, got, c.truncated)
				}
				if got := strings.Contains(text("integrity"), "truncated"); got != (c.truncated != "") {
					t.Errorf("%s: integrity has %q", f, text("integrity"))
				}
				var want string
				if len(c.evidence) > 0 {
					want = `["` + strings.Join(c.evidence, `","`) + `"]`
				}
				if got := d.at(below + "fluent_detect.evidence"); got != want {
					t.Errorf("%s: evidence is %.500s, want %.500s", f, got, want)
				}
			}
		})
	}
}

// An excerpt of a text that fits a pattern fits it.
func TestExcerpt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		size := r.IntN(20000)
		text := []byte(strings.Repeat("aé€𝄞b", size/10+1))
		var parts []match.Part
		for at := r.IntN(1000); at < len(text) && len(parts) < 9; at += r.IntN(3000) {
			if at < 1000 && r.IntN(2) == 0 {
				at = 0
			}
			end := min(at+r.IntN(50), len(text))
			parts = append(parts, match.Part{Start: at, End: end})
			at = end
		}
		got := appendExcerpt([]byte("name: "), text, slices.Clone(parts))
		if len(got) > 4*maxExcerpt {
			t.Fatalf("%d bytes of a text of %d", len(got), len(text))
		}
		rest := got
		for _, p := range parts {
			i := bytes.Index(rest, text[p.Start:p.End])
			if i < 0 {
				t.Fatalf("part %v of %v is not in %q", p, parts, got)
			}
			rest = rest[i+p.End-p.Start:]
		}
		if whole := len(text) <= maxExcerpt; whole != (string(got) == "name: "+string(text)) {
			t.Fatalf("a text of %d bytes, whole: %v", len(text), !whole)
		}
		if len(parts) == 0 && !utf8.Valid(got) {
			t.Fatalf("a character is broken: %q", got)
		}
	}
}
