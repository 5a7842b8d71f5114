//go:build !detect_force_panic

package instance

// forcePanic does nothing: only a test's build panics on demand.
func forcePanic([]byte) {}
