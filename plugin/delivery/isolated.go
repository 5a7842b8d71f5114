package delivery

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// An alert that the destination fails to accept, again and again, must not keep others
// waiting. After a *FailedError a quarter of the alerts is sent, and so on. A single alert
// that fails is sent again once or twice, and then isolated: it is sent again by itself,
// with growing delays, while the others are delivered. In an outage of the receiver every attempt is with another alert,
// so that one that is accepted is found.
const (
	// maxSearches is how many failures in a row are followed by the shortest delay,
	// to find out whether one alert is the reason.
	maxSearches = 16
	// minAlone is from which failure in a row with a single alert on it is isolated: after
	// a short outage the order is kept.
	minAlone = 3
	// maxAttempt is how long an attempt with an isolated alert may take, during which
	// the others wait, unless the receiver is known to be slow.
	maxAttempt = 10 * time.Second
	// maxBrief is how many attempts are limited to about maxAttempt after one that took
	// longer and failed: enough to isolate the alert to which there is no answer.
	maxBrief = 64
)

// attempt returns the context of an attempt with alerts that are not isolated. A
// receiver that gave no answer for a long time may give none to one of the alerts only,
// which is to be found soon. If it is slow with all of them, the limit does not hold
// for long.
func (s *Sender) attempt() (context.Context, context.CancelFunc) {
	if s.brief == 0 || s.searches == maxSearches {
		return context.WithCancel(s.ctx)
	}
	return context.WithTimeout(s.ctx, max(maxAttempt, 2*s.took))
}

// patience returns how long the last attempt that succeeded took, and how many more are
// to be brief, after an attempt of that duration.
func (s *Sender) patience(duration time.Duration, err error) (took time.Duration, brief int) {
	switch {
	case err == nil:
		return duration, max(s.brief-1, 0)
	case duration >= maxAttempt && s.searches < maxSearches:
		return s.took, maxBrief
	}
	return s.took, max(s.brief-1, 0)
}

// isolated are the alerts that are sent one by one.
type isolated struct {
	alerts []*isolatedAlert
	next   time.Time // of the next attempt with any of them, at the earliest
}

type isolatedAlert struct {
	batch    Batch  // of this alert, with memory of its own
	number   uint64 // of the consumer
	failures int
	due      time.Time // of the next attempt
}

// due returns the alert that has waited longest of those that are to be sent again now,
// or nil.
func (i *isolated) due(now time.Time) *isolatedAlert {
	if now.Before(i.next) {
		return nil
	}
	var first *isolatedAlert
	for _, a := range i.alerts {
		if !now.Before(a.due) && (first == nil || a.due.Before(first.due)) {
			first = a
		}
	}
	return first
}

// remove removes an alert.
func (i *isolated) remove(a *isolatedAlert) {
	i.alerts = slices.DeleteFunc(i.alerts, func(x *isolatedAlert) bool { return x == a })
}

// isolate sets the only alert of a batch aside, which begins the sender's batch.
func (s *Sender) isolate(b Batch) {
	data := bytes.Clone(b.All())
	one := Batch{Alerts: slices.Clone(b.Alerts), data: data, ends: []int{len(data)}}
	s.batch.skip(1)
	a := &isolatedAlert{batch: one, number: s.consumer.SetAside(), failures: 1}
	a.due = time.Now().Add(delay(a.failures, s.options.MinDelay, s.options.MaxDelay))
	s.isolated.alerts = append(s.isolated.alerts, a)
	s.waiting.Store(int64(len(s.isolated.alerts)))
}

// sendAgain sends an isolated alert. The error is a *ClosedError.
func (s *Sender) sendAgain(a *isolatedAlert) error {
	ctx, cancel := context.WithTimeout(s.ctx, max(maxAttempt, 2*s.took))
	defer cancel()
	accepted, err := s.destination.Send(ctx, a.batch)
	var closed *ClosedError
	var rejected *RejectedError
	switch {
	case accepted > 0:
		s.delivered.Add(1)
		s.settle(a)
		for _, other := range s.isolated.alerts { // the reason may be gone
			other.due = time.Time{}
		}
		s.succeed("%s: delivers again after %s")
		return nil
	case errors.As(err, &closed):
		s.failed.Add(1)
		return err
	case errors.As(err, &rejected):
		s.failed.Add(1)
		s.options.Rejected(logger.Printable(rejected.Reason, maxReason), a.batch.All())
		s.settle(a)
		return nil
	}
	now := time.Now()
	a.failures++
	a.due = now.Add(delay(a.failures, s.options.MinDelay, s.options.MaxDelay))
	s.isolated.next = now.Add(s.options.MinDelay)
	if s.outage.failures > 0 { // none of the others was accepted, either
		s.fail(err)
		s.isolated.next = now.Add(delay(s.outage.failures-s.searches, s.options.MinDelay, s.options.MaxDelay))
		return nil
	}
	s.failed.Add(1)
	s.refusals.Warnf("%s: alert %s is not accepted, and sent again later; the others are delivered: %s",
		s, logger.Printable(a.batch.Alerts[0].ID, 64), logger.Printable(err.Error(), maxReason))
	return nil
}

// settle removes an alert that was accepted or rejected, also from the outbox.
func (s *Sender) settle(a *isolatedAlert) {
	s.isolated.remove(a)
	s.waiting.Store(int64(len(s.isolated.alerts)))
	s.consumer.AckAside(a.number)
	s.confirm()
}
