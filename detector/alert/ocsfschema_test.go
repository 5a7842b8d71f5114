package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// findingSchema are the facts of OCSF that decide whether a Detection Finding is valid:
// names, types, what is required, enumerations. They are in ocsfFacts, for the objects
// of which findings consist.
type findingSchema struct {
	Version string                   `json:"version"`
	Class   ocsfObject               `json:"class"`
	Objects map[string]ocsfObject    `json:"objects"`
	Types   map[string]ocsfPrimitive `json:"types"`
}

type ocsfObject struct {
	Attributes map[string]ocsfAttribute `json:"attributes"`
	AtLeastOne []string                 `json:"at_least_one,omitempty"`
	JustOne    []string                 `json:"just_one,omitempty"`
}

type ocsfAttribute struct {
	Type     string            `json:"type"`             // of a primitive, or object_t
	Object   string            `json:"object,omitempty"` // its type, of object_t
	List     bool              `json:"list,omitempty"`
	Required bool              `json:"required,omitempty"`
	Profile  string            `json:"profile,omitempty"` // with which it exists
	Enum     map[string]string `json:"enum,omitempty"`    // captions by number
	Sibling  string            `json:"sibling,omitempty"` // the attribute with the caption
}

type ocsfPrimitive struct {
	Base   string `json:"base,omitempty"` // another primitive
	MaxLen int    `json:"max_len,omitempty"`
	Form   bool   `json:"form,omitempty"` // the schema has a pattern for it
}

// ocsfFacts is the file; -update writes it anew of OCSF_SCHEMA.
const ocsfFacts = "testdata/ocsf-1.6.0.json"

// ocsfObjects are the objects of which findings of ours consist.
var ocsfObjects = fieldList(`account actor analytic api attack autonomous_system cloud evidences finding_info http_request location metadata
	network_endpoint observable product related_event request resource_details response service session
	sub_technique tactic technique tls user`)

var ocsfSchema = sync.OnceValues(func() (*findingSchema, error) {
	data, err := os.ReadFile(ocsfFacts)
	if err != nil {
		return nil, err
	}
	s := &findingSchema{}
	return s, json.Unmarshal(data, s)
})

// The facts are those of the schema. OCSF_SCHEMA is the path of the schema itself, as
// https://schema.ocsf.io/1.6.0/export/schema gives it.
func TestOCSFFacts(t *testing.T) {
	path := os.Getenv("OCSF_SCHEMA")
	if path == "" {
		t.Skipf("no OCSF_SCHEMA: not tested: whether %s agrees with the schema itself", ocsfFacts)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var of struct {
		Version string
		Classes map[string]exportedObject
		Objects map[string]exportedObject
		Types   map[string]struct {
			Type   string
			Regex  string
			MaxLen int `json:"max_len"`
		}
	}
	if err := json.Unmarshal(data, &of); err != nil {
		t.Fatal(err)
	}
	s := findingSchema{Version: of.Version, Class: of.Classes["detection_finding"].facts(), Objects: map[string]ocsfObject{}, Types: map[string]ocsfPrimitive{}}
	for _, name := range ocsfObjects {
		s.Objects[name] = of.Objects[name].facts()
	}
	for name, p := range of.Types {
		s.Types[name] = ocsfPrimitive{p.Type, p.MaxLen, p.Regex != ""}
	}
	got, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(ocsfFacts, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(ocsfFacts)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s does not agree with %s: -update writes it anew", ocsfFacts, path)
	}
}

// exportedObject is an object or a class as the schema's export has it.
type exportedObject struct {
	Constraints map[string][]string
	Attributes  map[string]struct {
		Type        string
		ObjectType  string `json:"object_type"`
		IsArray     bool   `json:"is_array"`
		Requirement string
		Profile     string
		Enum        map[string]struct{ Caption string }
		Sibling     string
	}
}

func (o exportedObject) facts() ocsfObject {
	f := ocsfObject{Attributes: map[string]ocsfAttribute{}, AtLeastOne: o.Constraints["at_least_one"], JustOne: o.Constraints["just_one"]}
	for name, a := range o.Attributes {
		x := ocsfAttribute{Type: a.Type, Object: a.ObjectType, List: a.IsArray, Required: a.Requirement == "required", Profile: a.Profile, Sibling: a.Sibling}
		// The enumerations of classes and observables are long.
		if len(a.Enum) > 0 && len(a.Enum) <= 50 {
			x.Enum = map[string]string{}
			for number, e := range a.Enum {
				x.Enum[number] = e.Caption
			}
		}
		f.Attributes[name] = x
	}
	return f
}

// finding is a Detection Finding that is checked.
type finding struct {
	*findingSchema
	profiles []string
	faults   []string
}

// faultsOf returns what is not valid in a Detection Finding.
func faultsOf(t *testing.T, d doc) []string {
	t.Helper()
	schema, err := ocsfSchema()
	if err != nil {
		t.Fatal(err)
	}
	f := finding{findingSchema: schema}
	if metadata, ok := d["metadata"].(map[string]any); ok {
		list, _ := metadata["profiles"].([]any)
		for _, p := range list {
			f.profiles = append(f.profiles, fmt.Sprint(p))
		}
	}
	f.object("", map[string]any(d), &schema.Class)
	for name, want := range map[string]string{"category_uid": "2", "class_uid": "2004", "type_uid": "200401", "metadata.version": `"` + schema.Version + `"`} {
		if got := d.at(name); got != want {
			f.fault("%s is %s, want %s", name, got, want)
		}
	}
	return f.faults
}

func (f *finding) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

func (f *finding) object(path string, v any, o *ocsfObject) {
	m, ok := v.(map[string]any)
	if !ok {
		f.fault("%s is not an object: %v", path, v)
		return
	}
	exists := func(a ocsfAttribute) bool { return a.Profile == "" || slices.Contains(f.profiles, a.Profile) }
	for name, value := range m {
		at := strings.TrimPrefix(path+"."+name, ".")
		a, ok := o.Attributes[name]
		switch {
		case !ok:
			f.fault("%s is not an attribute", at)
		case !exists(a):
			f.fault("%s exists with the profile %s only", at, a.Profile)
		case a.List:
			list, ok := value.([]any)
			if !ok {
				f.fault("%s is not a list", at)
			}
			for _, element := range list {
				f.value(at, element, a)
			}
		default:
			f.value(at, value, a)
			f.sibling(at, m, fmt.Sprint(value), a)
		}
	}
	for name, a := range o.Attributes {
		if _, ok := m[name]; a.Required && exists(a) && !ok {
			f.fault("%s is missing", strings.TrimPrefix(path+"."+name, "."))
		}
	}
	count := func(names []string) (n int) {
		for _, name := range names {
			if _, ok := m[name]; ok {
				n++
			}
		}
		return n
	}
	if len(o.AtLeastOne) > 0 && count(o.AtLeastOne) == 0 {
		f.fault("%s has none of %v", path, o.AtLeastOne)
	}
	if len(o.JustOne) > 0 && count(o.JustOne) != 1 {
		f.fault("%s has not one of %v", path, o.JustOne)
	}
}

// sibling checks the caption beside a number of an enumeration.
func (f *finding) sibling(path string, m map[string]any, value string, a ocsfAttribute) {
	caption, ok := m[a.Sibling].(string)
	switch {
	case len(a.Enum) == 0 || a.Sibling == "":
	case value == "99" && !ok:
		f.fault("%s is 99, without %s", path, a.Sibling)
	case value != "99" && ok && caption != a.Enum[value]:
		f.fault("%s is %s, and %s is %q, want %q", path, value, a.Sibling, caption, a.Enum[value])
	}
}

func (f *finding) value(path string, v any, a ocsfAttribute) {
	if a.Type == "object_t" {
		switch o, ok := f.Objects[a.Object]; {
		case ok:
			f.object(path, v, &o)
		case a.Object != "object":
			f.fault("%s: the facts do not have the object %s", path, a.Object)
		}
		return
	}
	base := a.Type
	for f.Types[base].Base != "" {
		base = f.Types[base].Base
	}
	fits := base == "json_t"
	switch v := v.(type) {
	case string:
		fits = fits || base == "string_t" && f.text(a.Type, v)
	case bool:
		fits = fits || base == "boolean_t"
	case json.Number:
		_, err := v.Int64()
		fits = fits || (base == "integer_t" || base == "long_t") && err == nil || base == "float_t"
		if _, ok := a.Enum[v.String()]; len(a.Enum) > 0 && !ok {
			f.fault("%s: %s is not in the enumeration", path, v)
		}
	}
	if !fits {
		f.fault("%s: %v is not of type %s", path, v, a.Type)
	}
}

// text reports whether a text has the form of its type.
func (f *finding) text(typ, v string) bool {
	p := f.Types[typ]
	if p.MaxLen > 0 && utf8.RuneCountInString(v) > p.MaxLen {
		return false
	}
	switch {
	case !p.Form:
		return true
	case typ == "ip_t":
		_, err := netip.ParseAddr(v)
		return err == nil
	}
	f.fault("the form of a %s is not tested", typ)
	return false
}

// Findings of all kinds of events, whole and with members left out, are valid.
func TestOCSFIsValid(t *testing.T) {
	r := anything(t)
	m := NewMaker(r, testObserver, FormatOCSF, testFields)
	n := 0
	check := func(what, text string) {
		t.Helper()
		visit(t, text, func(e *event.Event) {
			n++
			alert := m.Make(nil, idFor(r.ID, e), e, subjectOf(e), testArrival)
			for _, fault := range faultsOf(t, decode(t, alert)) {
				t.Errorf("%s: %s\n%s", what, fault, text)
			}
		})
	}
	var samples []string
	for _, name := range []string{"push", "serial", "older", "s3", "iam", "console-login", "ec2", "located"} {
		samples = append(samples, eventFile(t, name))
	}
	for _, file := range []string{"../../test/data/cloudtrail.ndjson", "../../../shared/corpus/stratus.ndjson"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Logf("not tested: these events: %v", err)
			continue
		}
		samples = append(samples, strings.Split(strings.TrimSpace(string(data)), "\n")...)
	}
	for _, text := range samples {
		check("an event", text)
	}
	for _, name := range []string{"push", "iam", "console-login", "located"} {
		for _, path := range memberPaths(t, eventFile(t, name)) {
			check("without "+path, with(t, eventFile(t, name), path, ""))
			for _, value := range []string{`""`, `"text"`, `7`, `true`, `["a","b"]`, `{"a":1}`, `[]`, `"::ffff:10.0.0.1"`} {
				check(path+" is "+value, with(t, eventFile(t, name), path, value))
			}
		}
	}
	for _, text := range []string{
		`{"eventSource":"s3.amazonaws.com"}`, `{"eventName":"X"}`,
		`{"eventName":"","eventSource":"s3.amazonaws.com","userAgent":"a","tlsDetails":{"tlsVersion":"TLSv1.2","cipherSuite":"c"},"requestParameters":{"a":1},"requestID":"r","errorCode":"e"}`,
		`{"eventSource":"s3.amazonaws.com","userIdentity":{"type":"AWSService"}}`,
		`{"eventName":"X","userIdentity":{"type":"Root","arn":"arn:aws:iam::111122223333:root"}}`,
		`{"event":{"action":"login","provider":"azure"},"user":{"name":"maria"}}`,
		`{"event":{"action":"login","dataset":"azure.signinlogs"},"cloud":{"provider":"azure","region":"west"}}`,
		`{"event":{"provider":"azure"},"cloud":{"account":{"id":"7"}}}`,
		`{"event":{"provider":"p"},"user_agent":{"original":"a"},"tls":{"cipher":"c"}}`,
		`{"event":{"provider":"p"},"tls":{"version":"1.2","cipher":"c"},"source":{"ip":["10.0.0.1","::1"]}}`,
	} {
		check("an event", text)
	}
	if n < 500 {
		t.Errorf("%d findings, want at least 500", n)
	}
	t.Logf("%d findings", n)
}

// The check finds what is not valid.
func TestOCSFFaults(t *testing.T) {
	for _, c := range []struct{ path, value, want string }{
		{"alert_id", `"a"`, "alert_id is not an attribute"},
		{"time", ``, "time is missing"},
		{"time", `"2025-03-04T09:15:00Z"`, "time: 2025-03-04T09:15:00Z is not of type timestamp_t"},
		{"severity_id", `7`, "severity_id: 7 is not in the enumeration"},
		{"status", `"Old"`, `status_id is 1, and status is "Old", want "New"`},
		{"metadata.profiles", `["security_control"]`, "cloud exists with the profile cloud only"},
		{"metadata.product", ``, "metadata.product is missing"},
		{"finding_info.types", `"one"`, "finding_info.types is not a list"},
		{"resources", `[{"region":"eu-west-1"}]`, "resources has none of [name uid]"},
		{"evidences", `[{"actor":{"user":{"type":"Root"}}}]`, "evidences.actor.user has none of [account name uid]"},
		{"evidences", `[{"api":{"operation":"X","request":{"data":1}}}]`, "evidences.api.request.uid is missing"},
		{"evidences", `[{"src_endpoint":{"ip":"here"}}]`, "evidences.src_endpoint.ip: here is not of type ip_t"},
		{"cloud", ``, "cloud is missing"},
	} {
		text := with(t, string(AppendJSON(nil, makeAlert(t, anything(t), FormatOCSF, eventFile(t, "push")))), c.path, c.value)
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v doc
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if faults := faultsOf(t, v); !slices.Contains(faults, c.want) {
			t.Errorf("%s = %s: %q, want %q", c.path, c.value, faults, c.want)
		}
	}
}

// memberPaths returns the paths of all members of an event.
func memberPaths(t *testing.T, text string) (paths []string) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var walk func(prefix string, m map[string]any)
	walk = func(prefix string, m map[string]any) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			paths = append(paths, prefix+key)
			if inner, ok := m[key].(map[string]any); ok {
				walk(prefix+key+".", inner)
			}
		}
	}
	walk("", v)
	return paths
}
