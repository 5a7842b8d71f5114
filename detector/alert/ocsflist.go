package alert

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// observable is a field that an analyst searches for, with its place in a
// Detection Finding. Only places that the schema defines have a name: what is
// under unmapped has none.
type observable struct {
	field    slot
	name     string
	typeID   int64
	typeName string
}

var ocsfObservables = []observable{
	{slotOf("ocsf.actor"), "evidences.actor.user.name", 4, "User Name"},
	{slotOf(userIdentity + "access_key_id"), "evidences.actor.session.credential_uid", 19, "User Credential ID"},
	{slotOf("source.ip"), "evidences.src_endpoint.ip", 2, "IP Address"},
	{slotOf("user_agent.original"), "evidences.http_request.user_agent", 16, "HTTP User-Agent"},
	{slotOf("user.target.name"), "evidences.user.name", 4, "User Name"},
	{slotOf("cloud.target.instance.id"), "resources.uid", 10, "Resource UID"},
	{slotOf("aws.cloudtrail.resources.arn"), "resources.uid", 10, "Resource UID"},
	{slotOf("related.user"), "", 4, "User Name"},
	{slotOf("related.hash"), "", 99, "SSH Public Key Fingerprint"},
}

// addOCSFLists adds the lists that a Detection Finding makes of other fields of
// the document: the observables, and the resources that were affected.
func (d *document) addOCSFLists() {
	w := &d.w
	begin := len(d.text)
	w.begin(d.text)
	header, n := w.openList(1<<16-1), 0
	for _, o := range ocsfObservables {
		for i := range d.count(o.field) {
			text := d.nth(o.field, i)
			if o.name == "" && d.isObserved(o, text) {
				continue
			}
			w.observable(o, text)
			n++
		}
	}
	w.closeList(header, n)
	if d.text = w.end(); n > 0 {
		d.put(slotOCSFObservables, value{kind: encoded, text: d.text[begin:]})
	}

	begin = len(d.text)
	w.begin(d.text)
	header, n = w.openList(1<<16-1), 0
	for i := range d.count(slotCloudTargetInstance) {
		d.resource("AWS::EC2::Instance", d.nth(slotCloudTargetInstance, i))
		n++
	}
	arn, typ := slotResourceARN, slotResourceType
	for i := range d.count(arn) {
		name := ""
		if d.count(typ) == d.count(arn) { // else nobody knows whose a type is
			name = string(d.nth(typ, i))
		}
		d.resource(name, d.nth(arn, i))
		n++
	}
	w.closeList(header, n)
	if d.text = w.end(); n > 0 {
		d.put(slotOCSFResources, value{kind: encoded, text: d.text[begin:]})
	}
}

// isObserved reports whether the text is there already, as one of the same type
// that has a place.
func (d *document) isObserved(o observable, text []byte) bool {
	for _, other := range ocsfObservables {
		if other.name == "" || other.typeID != o.typeID {
			continue
		}
		for i := range d.count(other.field) {
			if bytes.Equal(d.nth(other.field, i), text) {
				return true
			}
		}
	}
	return false
}

func (w *writer) observable(o observable, text []byte) {
	header := w.openMap(4)
	n := 3
	if o.name != "" {
		w.pair("name", view(o.name))
		n++
	}
	w.pair("type", view(o.typeName))
	w.string(view("type_id"))
	w.out = msgpack.AppendInt(w.out, o.typeID)
	w.pair("value", clean(text))
	w.closeMap(header, n)
}

// resource writes a resource that was affected.
func (d *document) resource(typeName string, uid []byte) {
	w := &d.w
	header := w.openMap(4)
	n := 1
	if d.count(slotCloudRegion) > 0 {
		w.pair("region", clean(d.nth(slotCloudRegion, 0)))
		n++
	}
	if typeName != "" {
		w.pair("type", clean(view(typeName)))
		n++
	}
	w.pair("uid", clean(uid))
	w.closeMap(header, n)
}

func (w *writer) pair(key string, text []byte) {
	w.string(view(key))
	w.string(text)
}
