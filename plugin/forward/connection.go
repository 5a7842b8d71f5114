package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	// connectTimeout limits everything up to a connection on which alerts can
	// be sent: name resolution, TCP, TLS, handshake.
	connectTimeout = 10 * time.Second
	// ackTimeout is how long the receiver may take to read a message, and to
	// acknowledge it.
	ackTimeout = 10 * time.Second
	// window is the maximum number of messages without an acknowledgement. More
	// than one of them hide the latency when the tags of alerts alternate.
	window = 16
)

// dialer opens a network connection.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// connection is a connection after the handshake. It is used by one goroutine and
// has a second one that reads.
type connection struct {
	conn    net.Conn
	raw     net.Conn      // conn without TLS
	acks    chan string   // chunk ids that the receiver acknowledges
	closing chan struct{} // closed by close
	ended   chan struct{} // closed when reading has ended
	err     error         // why; set before ended is closed
	buf     []byte        // for messages
}

// connect opens a connection and does the handshake, until ctx is done at most.
func connect(ctx context.Context, c *Config, dial dialer) (*connection, error) {
	timeout, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	raw, err := dial(timeout, c.Network, c.Address)
	if err != nil {
		return nil, err
	}
	abort := func() { _ = raw.Close() } // what was not acknowledged is sent again
	conn := raw
	if c.TLS != nil {
		client := tls.Client(raw, c.TLS)
		if err := client.HandshakeContext(timeout); err != nil {
			abort()
			return nil, fmt.Errorf("TLS: %w", reason(err))
		}
		conn = client
	}
	in := &reader{from: conn}
	if c.hasHandshake() {
		stop := context.AfterFunc(timeout, abort)
		err := c.handshake(in, conn)
		if !stop() {
			err = fmt.Errorf("timeout of the handshake after %s: the receiver may have no shared key", connectTimeout)
		}
		if err != nil {
			abort()
			return nil, err
		}
	}
	k := &connection{conn: conn, raw: raw, acks: make(chan string, window), closing: make(chan struct{}), ended: make(chan struct{})}
	go k.receive(in)
	return k, nil
}

// abort closes the network connection: what was not acknowledged is sent again.
func (k *connection) abort() { _ = k.raw.Close() }

// receive passes acknowledgements on until the connection ends.
func (k *connection) receive(in *reader) {
	defer close(k.ended)
	defer func() { // a panic must not reach the host
		if p := recover(); p != nil {
			k.err = fmt.Errorf("panic while reading: %v", p)
		}
	}()
	for {
		id, err := in.ack()
		if err != nil {
			k.err = err
			return
		}
		select {
		case k.acks <- id:
		case <-k.closing:
			return
		}
	}
}

// closeTLSTimeout limits the closing alert of TLS, which may take five seconds
// otherwise, and the wait for the reason of a failed write.
const closeTLSTimeout = 100 * time.Millisecond

// close closes the connection and waits for its second goroutine.
func (k *connection) close() {
	close(k.closing)
	timer := time.AfterFunc(closeTLSTimeout, func() { _ = k.raw.Close() })
	_ = k.conn.Close() // what was not acknowledged is sent again
	timer.Stop()
	<-k.ended
}

// broken reports whether nothing more can be received.
func (k *connection) broken() bool {
	select {
	case <-k.ended:
		return true
	default:
		return false
	}
}

// deliver sends the messages and waits for their acknowledgements. It returns how
// many of them, from the first on, were acknowledged. If these are not all, it
// also returns an error, and the connection cannot be used any more.
func (k *connection) deliver(messages []message) (acked int, err error) {
	timer := time.NewTimer(ackTimeout)
	defer timer.Stop()
	for sent := 0; acked < len(messages); {
		for ; sent < len(messages) && sent < acked+window; sent++ {
			if err := k.send(&messages[sent]); err != nil {
				if k.endsSoon() {
					err = k.err // what the receiver said, if anything
				}
				return acked + k.drainAcks(messages[acked:sent]), err
			}
			timer.Reset(ackTimeout)
		}
		select {
		case id := <-k.acks:
			if !markAcked(messages[acked:sent], id) {
				return acked, fmt.Errorf("the receiver acknowledges %.40q, which was not sent", id)
			}
			timer.Reset(ackTimeout)
		case <-k.ended:
			return acked + k.drainAcks(messages[acked:sent]), k.err
		case <-timer.C:
			return acked, fmt.Errorf("no acknowledgement for %s", ackTimeout)
		}
		acked += leadingAcked(messages[acked:sent])
	}
	return acked, nil
}

// endsSoon reports whether reading ends as well, after a write has failed.
func (k *connection) endsSoon() bool {
	timer := time.NewTimer(closeTLSTimeout)
	defer timer.Stop()
	select {
	case <-k.ended:
		return true
	case <-timer.C:
		return false
	}
}

// send writes a message.
func (k *connection) send(m *message) error {
	k.buf = m.appendTo(k.buf[:0])
	if err := k.conn.SetWriteDeadline(time.Now().Add(ackTimeout)); err != nil {
		return err
	}
	_, err := k.conn.Write(k.buf)
	return err
}

// drainAcks handles the acknowledgements that were received before the connection
// broke. It returns how many messages, from the first on, are acknowledged.
func (k *connection) drainAcks(messages []message) int {
	for {
		select {
		case id := <-k.acks:
			markAcked(messages, id)
		default:
			return leadingAcked(messages)
		}
	}
}

// markAcked marks the message with that id, and reports whether there is one that
// was not marked before.
func markAcked(messages []message, id string) bool {
	for i := range messages {
		if m := &messages[i]; m.chunk == id && !m.acked {
			m.acked = true
			return true
		}
	}
	return false
}

// leadingAcked returns how many messages, from the first on, are marked.
func leadingAcked(messages []message) int {
	n := 0
	for n < len(messages) && messages[n].acked {
		n++
	}
	return n
}

// isClosed reports whether the error is only the end of the connection.
func isClosed(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.As(err, &op) && op.Op == "read"
}

// reason returns a network error without the addresses, which differ from one
// attempt to the next.
func reason(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the receiver closed the connection")
	case errors.As(err, &op) && op.Timeout():
		return fmt.Errorf("%s: the receiver does not answer", op.Op)
	case errors.As(err, &op):
		return op.Err
	}
	return err
}
