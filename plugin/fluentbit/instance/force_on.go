//go:build detect_force_panic

package instance

import "bytes"

// forcePanic panics over chunks that ask for it, so that a test can see what a
// panic in a flush does to the host.
func forcePanic(chunk []byte) {
	if bytes.Contains(chunk, []byte("detect_force_panic")) {
		panic("forced by the test")
	}
}
