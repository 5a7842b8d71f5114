package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// errStalled is why the reading of an object is given up.
var errStalled = errors.New("no more bytes come")

// brokenError is why an object cannot be read although all of it came.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

// objects reads objects.
type objects struct {
	clients  *clients
	payer    bool // the requester pays
	insights bool
	idle     time.Duration // how long to wait for more of an object
	stats    *intake.Stats
	errors   *Errors
	slow     logger.Log // rate-limited
	denied   once
}

// open opens an object.
func (r *objects) open(ctx context.Context, o Object) (io.ReadCloser, error) {
	in := &s3.GetObjectInput{Bucket: &o.Bucket, Key: &o.Key, VersionId: optional(o.VersionID)}
	if r.payer {
		in.RequestPayer = types.RequestPayerRequester
	}
	for {
		out, err := r.clients.bucket(o.Bucket, o.Region).GetObject(ctx, in)
		if err == nil {
			return out.Body, nil
		}
		if r.clients.moved(o.Bucket, err) {
			continue
		}
		if isMissing(err) && o.OtherKey != "" && *in.Key != o.OtherKey {
			in.Key = &o.OtherKey
			continue
		}
		return nil, err
	}
}

// read reads an object and puts its records on the queue; done is called when they are
// confirmed, or with why they are not. An object that is not to be read is done. It returns
// why the object was not read to its end.
func (r *objects) read(ctx context.Context, reader *intake.Reader, queue *intake.Queue, o Object, done func(error)) error {
	switch {
	case !isTrail(o.Key, r.insights):
		r.stats.Count(intake.Skipped)
		done(nil)
		return nil
	case o.Size == 0:
		r.stats.Count(intake.Empty)
		done(nil)
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(r.idle, func() { cancel(errStalled) })
	defer timer.Stop()
	where := nameOfObject(o.Bucket, o.Key)
	body, err := r.open(ctx, o)
	switch {
	case err != nil && isMissing(err):
		r.stats.Count(intake.Missing)
		r.slow.Warnf("%s does not exist any more: its events are lost to this input", where)
		done(nil)
		return nil
	case err != nil:
		err = cause(ctx, err)
		r.failed(ctx, where, o, err)
		done(err)
		return err
	}
	defer body.Close()
	reading := queue.Begin(where, nil, done)
	in := &counted{body, timer, r.idle, 0}
	report, err := reader.Read(ctx, reading, in, 0)
	r.stats.Bytes.Add(uint64(in.n))
	r.stats.Unreadable.Add(uint64(report.Faults))
	for _, p := range report.Problems {
		r.slow.Warnf("%s: %s", where, p)
	}
	switch err = cause(ctx, err); {
	case err != nil && report.Truncated:
		r.stats.Count(intake.Incomplete)
		r.slow.Errorf("%s: %v; what came before, %d records, was read; it will be tried again", where, err, report.Records)
		err = &brokenError{err}
	case err != nil:
		r.failed(ctx, where, o, err)
		if in.n > 0 && ctx.Err() == nil && kindOf(err) == Other {
			err = &brokenError{err}
		}
	case in.n == 0:
		r.stats.Count(intake.Empty)
	case report.Truncated:
		r.stats.Count(intake.Incomplete)
	default:
		r.stats.Count(intake.Done)
	}
	reading.End(err)
	return err
}

// nameOfObject returns the name of an object for the log.
func nameOfObject(bucket, key string) string { return "s3://" + bucket + "/" + key }

// cause returns why a request failed: that the object stalled, if it did.
func cause(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return fmt.Errorf("%w for a while", errStalled)
	}
	return err
}

func (r *objects) failed(ctx context.Context, where string, o Object, err error) {
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errStalled) || errors.Is(err, intake.ErrClosed) {
		return // stopped
	}
	r.stats.Count(intake.Failed)
	r.errors.count(err)
	if isDenied(err) {
		if r.denied.first(o.Bucket + "\x00" + codeOf(err)) {
			r.slow.Errorf("%s: not allowed: %v. s3:GetObject on the object is needed, s3:GetObjectVersion if the bucket has versions, and kms:Decrypt if it is encrypted with a key of KMS; further objects of this bucket are counted only", where, shortError(err))
		}
		return
	}
	r.slow.Errorf("%s: %v; it will be tried again", where, shortError(err))
}

// counted counts bytes and restarts a timer when some come.
type counted struct {
	io.Reader
	timer *time.Timer
	idle  time.Duration
	n     int64
}

func (c *counted) Read(p []byte) (int, error) {
	c.timer.Reset(c.idle)
	n, err := c.Reader.Read(p)
	c.timer.Stop() // while the queue is full nobody reads
	c.n += int64(n)
	return n, err
}
