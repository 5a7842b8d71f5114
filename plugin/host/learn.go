package host

import (
	"errors"
	"fmt"

	"github.com/fluent-detect/fluent-detect/detector"
)

// LearnSafely lets an Engine learn from a chunk. What is broken in the chunk is left out, and
// a chunk that makes the engine panic too. The error means that it has to be learned again.
func LearnSafely(e *Engine, tag string, chunk []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.Panicked(tag, p)
			err = nil
		}
	}()
	_, err = e.Learn(tag, chunk)
	var broken *detector.ScanError
	if err == nil || errors.As(err, &broken) {
		return nil
	}
	return fmt.Errorf("%s: %w", tag, err)
}
