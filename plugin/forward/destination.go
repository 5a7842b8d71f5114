package forward

import (
	"context"
	"net"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// New returns a receiver as a destination. It connects when it is used.
func New(c Config, log logger.Log) delivery.Destination {
	return &destination{config: c, log: log, dial: (&net.Dialer{}).DialContext}
}

// destination implements [delivery.Destination].
type destination struct {
	config   Config
	log      logger.Log
	dial     dialer
	conn     *connection // nil: none
	healthy  bool        // there was a connection, and it did not fail: nothing has to be checked without one
	reported bool        // that there was a connection
}

// String returns forward_to and the address of the receiver.
func (d *destination) String() string {
	return "forward_to " + d.config.Network + "://" + d.config.Address
}

// AppendAlert appends an entry: [EventTime, record].
func (d *destination) AppendAlert(dst []byte, a *outbox.Alert) []byte {
	dst = msgpack.AppendEventTime(msgpack.AppendArrayHeader(dst, 2), a.Time)
	return append(dst, a.Record...)
}

// Check connects if there never was a connection or the last one failed. That a
// receiver closes an idle connection is not a failure.
func (d *destination) Check(ctx context.Context) error {
	if d.conn != nil && d.conn.broken() {
		err := d.conn.err
		d.Close()
		if !isClosed(err) {
			d.healthy = false
			return reason(err)
		}
	}
	if d.healthy {
		return nil
	}
	return d.connect(ctx)
}

// Send sends the messages of a batch and waits until they are acknowledged. When ctx is
// done the connection is closed.
func (d *destination) Send(ctx context.Context, b delivery.Batch) (accepted int, err error) {
	if err := d.Check(ctx); err != nil {
		return 0, err
	}
	if d.conn == nil {
		if err := d.connect(ctx); err != nil {
			return 0, err
		}
	}
	messages := split(b, d.config.Tag)
	stop := context.AfterFunc(ctx, d.conn.abort)
	n, err := d.conn.deliver(messages)
	stop()
	for _, m := range messages[:n] {
		accepted += m.size
	}
	if err != nil {
		d.Close()
		return accepted, reason(err)
	}
	return accepted, nil
}

func (d *destination) connect(ctx context.Context) (err error) {
	d.healthy = false
	if d.conn, err = connect(ctx, &d.config, d.dial); err != nil {
		return reason(err)
	}
	d.healthy = true
	if !d.reported {
		d.reported = true
		d.log.Infof("%s: connected", d)
	}
	return nil
}

// Close closes the connection.
func (d *destination) Close() {
	if d.conn != nil {
		d.conn.close()
		d.conn = nil
	}
}
