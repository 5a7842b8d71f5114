package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"testing"
	"unicode/utf8"

	vmsgpack "github.com/vmihailenco/msgpack/v5"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxAlert is more than an alert can have in bytes, whatever the event.
const maxAlert = 2 << 20

// maxTerm is how many bytes an index takes as one term.
const maxTerm = 32_766

var isoTime = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$`)

// checkAlert checks what holds for every alert, whatever the event was: others
// can decode it, its JSON says the same, no consumer has a reason to refuse it.
func checkAlert(t *testing.T, f Format, alert []byte) {
	t.Helper()
	if len(alert) > maxAlert {
		t.Fatalf("%d bytes", len(alert))
	}
	if fault := unreadable(valueOf(t, alert), "", 0); fault != "" {
		t.Errorf("%s: %s", f, fault)
	}
	var fromMsgpack any
	if err := vmsgpack.Unmarshal(alert, &fromMsgpack); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(AppendJSON(nil, alert)))
	d.UseNumber()
	var fromJSON any
	if err := d.Decode(&fromJSON); err != nil {
		t.Fatal(err)
	}
	if fault := different(fromMsgpack, fromJSON, ""); fault != "" {
		t.Errorf("%s: msgpack and JSON are not the same: %s", f, fault)
	}
	doc := doc(fromJSON.(map[string]any))
	if f == FormatOCSF {
		for _, fault := range faultsOf(t, doc) {
			t.Errorf("ocsf: %s", fault)
		}
		return
	}
	for _, name := range []string{"alert_id", "alert_rule", "alert_severity", "message"} {
		if v, ok := doc[name].(string); !ok || v == "" {
			t.Errorf("%s: %s is %s", f, name, or(doc.at(name), "absent"))
		}
	}
	for _, name := range []string{"@timestamp", "event.start", "event.created", "fluent_detect.key.expires",
		"aws.cloudtrail.user_identity.session_context.creation_date", "kibana.alert.start", "kibana.alert.original_time"} {
		text := doc.at(name)
		if text == "" && name != "@timestamp" {
			continue
		}
		for _, one := range oneByOne(text) {
			if !isoTime.MatchString(one) {
				t.Errorf("%s: %s is %s", f, name, text)
			}
		}
	}
	for _, name := range []string{"source.ip", "related.ip"} {
		for _, one := range oneByOne(doc.at(name)) {
			text, _ := strconv.Unquote(one)
			if _, err := netip.ParseAddr(text); err != nil {
				t.Errorf("%s: %s is %s", f, name, one)
			}
		}
	}
	for _, name := range []string{"aws.cloudtrail.read_only", "aws.cloudtrail.console_login.additional_eventdata.mfa_used"} {
		if v := doc.at(name); v != "" && v != "true" && v != "false" {
			t.Errorf("%s: %s is %s", f, name, v)
		}
	}
}

func oneByOne(text string) (list []string) {
	var values []json.RawMessage
	if text == "" {
		return nil
	}
	if json.Unmarshal([]byte(text), &values) != nil {
		return []string{text}
	}
	for _, v := range values {
		list = append(list, string(v))
	}
	return list
}

// unreadable looks for what some consumer does not take, and says where it is.
func unreadable(v msgpack.Value, path string, depth int) string {
	if depth > maxDepth+10 {
		return path + " is too deep"
	}
	switch v.Kind() {
	case msgpack.Str:
		if !utf8.Valid(v.Bytes()) {
			return path + " is not UTF-8"
		}
		if v.Len() > 3*maxText {
			return fmt.Sprintf("%s has %d bytes", path, v.Len())
		}
		if n := len(path) + v.Len(); n > maxTerm {
			return fmt.Sprintf("%.100s…: the keys and the value have %d bytes, more than an index takes", path, n)
		}
	case msgpack.Bin, msgpack.Ext, msgpack.Invalid:
		return fmt.Sprintf("%s is %s", path, v.Kind())
	case msgpack.Float:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return path + " is not finite"
		}
	case msgpack.Array:
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return ""
			}
			if fault := unreadable(element, path+"[]", depth+1); fault != "" {
				return fault
			}
		}
	case msgpack.Map:
		seen := map[string]bool{}
		for members := v.Members(); ; {
			key, value, ok := members.Next()
			if !ok {
				return ""
			}
			name := path + "." + string(key.Bytes())
			switch {
			case key.Kind() != msgpack.Str || !utf8.Valid(key.Bytes()):
				return name + " is not a key"
			case seen[string(key.Bytes())]:
				return name + " is there twice"
			case bytes.IndexByte(key.Bytes(), 0) >= 0:
				return name + " has a NUL in it"
			}
			seen[string(key.Bytes())] = true
			if fault := unreadable(value, name, depth+1); fault != "" {
				return fault
			}
		}
	}
	return ""
}

// different compares what two decoders made of the two encodings of a
// document, and says where they differ.
func different(m, j any, path string) string {
	switch m := m.(type) {
	case map[string]any:
		object, ok := j.(map[string]any)
		if !ok || len(object) != len(m) {
			return fmt.Sprintf("%s: %v, %v", path, m, j)
		}
		for key, value := range m {
			if fault := different(value, object[key], path+"."+key); fault != "" {
				return fault
			}
		}
	case []any:
		list, ok := j.([]any)
		if !ok || len(list) != len(m) {
			return fmt.Sprintf("%s: %v, %v", path, m, j)
		}
		for i, value := range m {
			if fault := different(value, list[i], path+"[]"); fault != "" {
				return fault
			}
		}
	case float64:
		n, ok := j.(json.Number)
		if f, err := n.Float64(); !ok || err != nil || f != m {
			return fmt.Sprintf("%s: %v, %v", path, m, j)
		}
	case nil, bool, string:
		if m != j {
			return fmt.Sprintf("%s: %q, %q", path, m, j)
		}
	default: // the integers
		if n, ok := j.(json.Number); !ok || n.String() != fmt.Sprint(m) {
			return fmt.Sprintf("%s: %v, %v", path, m, j)
		}
	}
	return ""
}
