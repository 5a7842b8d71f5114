package alert

import (
	"fmt"
	"slices"
	"strings"
)

// Format is the form of an alert record.
type Format uint8

// The formats. alert_id, alert_rule and alert_severity stand at the top of each but
// FormatOCSF, whose schema has no room for them.
const (
	// FormatECS is a document in Elastic's Common Schema, nested.
	FormatECS Format = iota
	// FormatKibana is the same with kibana.*, as the alerts of Kibana's own
	// detection engine have it. It is for an index of its own: Kibana takes such a
	// document for an alert that it made itself.
	FormatKibana
	// FormatOCSF is a Detection Finding of the Open Cybersecurity Schema
	// Framework, version [ocsfVersion], that is valid by its schema. The id of the
	// alert is finding_info.uid.
	FormatOCSF
	// FormatBrief is the part of FormatECS that says what happened, by whom, and which rule
	// found it: a short line for those who read many. It is not for an index.
	FormatBrief
)

var formatNames = []string{"ecs", "kibana", "ocsf", "brief"}

// String returns the name of the format as configurations spell it.
func (f Format) String() string { return formatNames[f] }

// ParseFormat returns the format with that name. It does not accept FormatBrief, which is
// not for sending alerts. The error lists the names.
func ParseFormat(name string) (Format, error) {
	sent := formatNames[:FormatBrief]
	if i := slices.Index(sent, name); i >= 0 {
		return Format(i), nil
	}
	return 0, fmt.Errorf("%q is not an alert format: want one of %s", name, strings.Join(sent, ", "))
}

// place is where a format has a field, and in which form.
type place struct {
	path string // dotted; a part that ends in [] is a list with one map in it
	as   form
}

// form is how a value is written at a place.
type form uint8

const (
	asItIs      form = iota // times as ECS has them, 2025-03-04T09:01:00.000Z
	asMillis                // a time, or a text that is one, as milliseconds since 1970
	asTruth                 // the texts true and false as truths, others not at all
	asSingle                // of a list the first
	asLatitude              // of a place
	asLongitude             // of a place
)

// places returns where the format has the field of that name; nowhere if it has
// no use for it.
func (f Format) places(name string) []place {
	switch {
	case f == FormatOCSF:
		return ocsfPlaces(name)
	case strings.HasPrefix(name, ocsfOnly), f == FormatBrief && !briefNames[name]:
		return nil
	case f == FormatKibana:
		return append([]place{{path: name}}, kibanaPlaces[name]...)
	case strings.HasPrefix(name, kibanaOnly):
		return nil
	}
	return []place{{path: name}}
}
