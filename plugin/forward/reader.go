package forward

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxReply is the maximum size of a value that a receiver sends. Usual ones have
// less than 500 bytes.
const maxReply = 64 << 10

// reader reads the msgpack values that the receiver sends.
type reader struct {
	from io.Reader
	data []byte // read from it
	used int    // size of the value in data that was returned last
}

// next returns the next value, which is valid until the next call.
func (r *reader) next() (msgpack.Value, error) {
	r.data = slices.Delete(r.data, 0, r.used)
	r.used = 0
	for {
		if len(r.data) > 0 {
			v, end, err := msgpack.Read(r.data, 0)
			if err == nil {
				r.used = end
				return v, nil
			}
			var broken *msgpack.Error
			if !errors.As(err, &broken) || broken.Fault != msgpack.Truncated {
				return msgpack.Value{}, fmt.Errorf("the receiver sends invalid msgpack: %w", err)
			}
			if len(r.data) >= maxReply {
				return msgpack.Value{}, fmt.Errorf("the receiver sends a value of more than %d bytes", maxReply)
			}
		}
		r.data = slices.Grow(r.data, 512)
		n, err := r.from.Read(r.data[len(r.data):cap(r.data)])
		r.data = r.data[:len(r.data)+n]
		if n == 0 && err != nil {
			return msgpack.Value{}, err
		}
	}
}

// errHandshake means that the receiver has a shared key and the sender has none.
var errHandshake = errors.New("the receiver begins a handshake: it has a shared key or users, so forward_shared_key must be set")

// ack reads an acknowledgement and returns the id of the chunk.
func (r *reader) ack() (string, error) {
	v, err := r.next()
	if err != nil {
		return "", err
	}
	if id := member(v, "ack"); id.IsText() {
		return string(id.Bytes()), nil
	}
	if first, _ := elements(v, 1); first != nil && string(first[0].Bytes()) == "HELO" {
		return "", errHandshake
	}
	return "", fmt.Errorf("the receiver sends a %s that is not an acknowledgement", v.Kind())
}

// member returns the last member of a map with that name.
func member(v msgpack.Value, name string) (found msgpack.Value) {
	members := v.Members()
	for {
		key, value, ok := members.Next()
		if !ok {
			return found
		}
		if key.IsText() && string(key.Bytes()) == name {
			found = value
		}
	}
}

// elements returns the first n elements of an array. ok reports whether these are
// all of them.
func elements(v msgpack.Value, n int) (list []msgpack.Value, ok bool) {
	if v.Len() < n || v.Kind() != msgpack.Array {
		return nil, false
	}
	all := v.Elements()
	for range n {
		e, _ := all.Next()
		list = append(list, e)
	}
	return list, v.Len() == n
}
