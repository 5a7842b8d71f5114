package forward

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxReply is how many bytes one value of a receiver may have. Real ones have
// less than 500.
const maxReply = 64 << 10

// reader reads what the receiver sends, one msgpack value after the other.
type reader struct {
	from io.Reader
	data []byte // read from it
	used int    // of data, by the value that was returned last
}

// next returns the next value. It aliases the reader's memory until the next
// call. The error is that of the connection, or says what is wrong with the
// value.
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
				return msgpack.Value{}, fmt.Errorf("the receiver sends no msgpack: %w", err)
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

// errWantsHandshake says that the receiver has a shared key and the sender has
// none.
var errWantsHandshake = errors.New("the receiver begins a handshake: it has a shared key or users, so forward_shared_key must be set")

// ack reads an acknowledgement and returns the chunk's id.
func (r *reader) ack() (string, error) {
	v, err := r.next()
	if err != nil {
		return "", err
	}
	if id := member(v, "ack"); id.IsText() {
		return string(id.Bytes()), nil
	}
	if first, _ := elements(v, 1); first != nil && string(first[0].Bytes()) == "HELO" {
		return "", errWantsHandshake
	}
	return "", fmt.Errorf("the receiver sends a %s that is no acknowledgement", v.Kind())
}

// member returns the last member of that name of a map.
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

// elements returns the first n elements of an array; ok says that these are
// all.
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
