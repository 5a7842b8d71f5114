package cloudtrail

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// appendResources appends the list of resources, without those of which another one
// has everything. Fields in it are named by what they are in all of the list's
// elements, but an element is one object.
func appendResources(e *event.Event, dst []byte) (out []byte, ok bool) {
	return e.AppendList(dst, resources, func(name []byte) []byte {
		switch string(name) {
		case "ARN":
			return []byte("arn")
		case "accountId":
			return []byte("account_id")
		}
		return name
	}, sameResource)
}

// sameResource reports whether b has everything that a has, and both are the same
// resource of the same account.
func sameResource(a, b msgpack.Value) bool {
	for _, name := range []string{"arn", "account_id", "type"} {
		if !bytes.Equal(memberOf(a, name), memberOf(b, name)) {
			return false
		}
	}
	for members := a.Members(); ; {
		key, value, ok := members.Next()
		if !ok {
			return true
		}
		if !bytes.Equal(memberOf(b, string(key.Bytes())), msgpack.AppendValue(nil, value)) {
			return false
		}
	}
}

// memberOf returns the encoded value of a member, or nil.
func memberOf(v msgpack.Value, name string) []byte {
	for members := v.Members(); ; {
		key, value, ok := members.Next()
		if !ok {
			return nil
		}
		if string(key.Bytes()) == name {
			return msgpack.AppendValue(nil, value)
		}
	}
}
