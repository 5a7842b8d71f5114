package sidecar

import (
	"context"
	"errors"
	"net/http"
	"time"
)

var errLate = errors.New("the disk or the processor is too slow: the event was not evaluated in time")

// eventBridge returns the endpoint /v1/eventbridge, for API destinations of Amazon
// EventBridge. They wait five seconds for the answer, and send the same event again after
// 503. An event that is still being evaluated then becomes a duplicate.
func (h *ingestHandler) eventBridge() *endpoint {
	e := h.endpoint(pushWait)
	running := make(chan struct{}, h.slots.total)
	e.read = func(r *http.Request, b *body, decompress decompressFunc, _ bool, d *letters) error {
		timer := time.NewTimer(h.limits.event)
		defer timer.Stop()
		waiting, cancel := context.WithTimeout(r.Context(), h.limits.event)
		defer cancel()
		text, err := h.readMessage(waiting, b, decompress, d)
		if err != nil {
			return err
		}
		select {
		case running <- struct{}{}:
		default:
			return errLate
		}
		done := make(chan error, 1)
		ctx := context.WithoutCancel(r.Context())
		go func() {
			defer func() { <-running }()
			own := &letters{all: d.all, client: d.client}
			err := h.evaluateText(ctx, text, text, own)
			own.end()
			done <- err
		}()
		select {
		case err := <-done:
			return err
		case <-timer.C:
			return errLate
		}
	}
	return e
}
