package delivery

import (
	"context"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// Destination is a protocol and the connection to a receiver. The methods except
// String are called from one goroutine.
type Destination interface {
	// String returns the key and the address, for messages.
	String() string
	// AppendAlert appends an alert in the form in which Send needs it.
	AppendAlert(dst []byte, a *outbox.Alert) []byte
	// Send sends a batch. It returns how many alerts, from the first on, were
	// accepted; if not all of them were, also an error. After a *RejectedError
	// or a *ClosedError the same batch is not sent again; after a *FailedError some
	// of it is, so that others do not wait for an alert that is never accepted.
	Send(ctx context.Context, b Batch) (accepted int, err error)
	// Check connects if necessary. It is called at the start and from time to
	// time while there are no alerts, so that a wrong configuration and a broken
	// connection are noticed early.
	Check(ctx context.Context) error
	// Close closes the connection. Another Send or Check opens it again.
	Close()
}

// RejectedError means that the receiver does not accept the alerts of a batch as
// they are, now or later.
type RejectedError struct{ Reason string }

// Error returns the reason.
func (e *RejectedError) Error() string { return e.Reason }

// FailedError means that the receiver was reached and did not accept a batch, perhaps
// because of one of its alerts. It may accept it later.
type FailedError struct{ Err error }

// Error returns the reason.
func (e *FailedError) Error() string { return e.Err.Error() }

func (e *FailedError) Unwrap() error { return e.Err }

// ClosedError means that nothing can be delivered to the destination any more.
type ClosedError struct{ Err error }

// Error returns the reason.
func (e *ClosedError) Error() string { return e.Err.Error() }

func (e *ClosedError) Unwrap() error { return e.Err }
