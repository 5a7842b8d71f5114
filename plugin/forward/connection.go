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
	// connectTimeout bounds the way to a connection on which alerts can be
	// sent: name, TCP, TLS, handshake.
	connectTimeout = 10 * time.Second
	// ackTimeout is how long the receiver may take for a message or for its
	// acknowledgement.
	ackTimeout = 10 * time.Second
	// window is how many messages are on their way at once. It hides the
	// distance to the receiver when alerts of many rules follow each other.
	window = 16
)

// dialer makes the bare connection.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// connection is a connection that is past the handshake. It is used by one
// goroutine; a second one reads.
type connection struct {
	net     net.Conn
	below   net.Conn      // without TLS
	acks    chan string   // ids of chunks that the receiver acknowledges
	shut    chan struct{} // closed by close
	end     chan struct{} // closed when nothing more comes in
	err     error         // why; set before end is closed
	out     []byte        // memory for messages
	release func() bool   // of the context
}

// connect returns a connection with the handshake behind it. The end of ctx
// closes it, at whatever it is.
func connect(ctx context.Context, c *Config, dial dialer) (*connection, error) {
	limit, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	below, err := dial(limit, c.Network, c.Address)
	if err != nil {
		return nil, err
	}
	abort := func() { _ = below.Close() } // what was not acknowledged is sent again
	conn := below
	if c.TLS != nil {
		secure := tls.Client(below, c.TLS)
		if err := secure.HandshakeContext(limit); err != nil {
			abort()
			return nil, fmt.Errorf("TLS: %w", reason(err))
		}
		conn = secure
	}
	in := &reader{from: conn}
	if c.handshakes() {
		inTime := context.AfterFunc(limit, abort)
		err := c.handshake(in, conn)
		if !inTime() {
			err = fmt.Errorf("the handshake was not over after %s: the receiver may have no shared key", connectTimeout)
		}
		if err != nil {
			abort()
			return nil, err
		}
	}
	k := &connection{net: conn, below: below, acks: make(chan string, window), shut: make(chan struct{}), end: make(chan struct{})}
	k.release = context.AfterFunc(ctx, abort)
	go k.receive(in)
	return k, nil
}

// receive passes acknowledgements on until the connection ends.
func (k *connection) receive(in *reader) {
	defer close(k.end)
	defer func() { // the host must not die of it
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
		case <-k.shut:
			return
		}
	}
}

// partingTime bounds TLS's good-bye, which by itself waits for five seconds.
const partingTime = 100 * time.Millisecond

// close ends the connection and its second goroutine.
func (k *connection) close() {
	k.release()
	close(k.shut)
	timer := time.AfterFunc(partingTime, func() { _ = k.below.Close() })
	_ = k.net.Close() // what was not acknowledged is sent again
	timer.Stop()
	<-k.end
}

// broken reports whether nothing can come in any more.
func (k *connection) broken() bool {
	select {
	case <-k.end:
		return true
	default:
		return false
	}
}

// deliver sends the messages and waits for their acknowledgements. It returns
// how many from the first on were acknowledged: all of them, or there is an
// error and the connection cannot be used any more.
func (k *connection) deliver(messages []message) (acked int, err error) {
	timer := time.NewTimer(ackTimeout)
	defer timer.Stop()
	for sent := 0; acked < len(messages); {
		for ; sent < len(messages) && sent < acked+window; sent++ {
			if err := k.send(&messages[sent]); err != nil {
				if k.ends() {
					err = k.err // what the receiver said, if anything
				}
				return acked + k.late(messages[acked:sent]), err
			}
			timer.Reset(ackTimeout)
		}
		select {
		case id := <-k.acks:
			if !note(messages[acked:sent], id) {
				return acked, fmt.Errorf("the receiver acknowledges %.40q, which was not sent", id)
			}
			timer.Reset(ackTimeout)
		case <-k.end:
			return acked + k.late(messages[acked:sent]), k.err
		case <-timer.C:
			return acked, fmt.Errorf("no acknowledgement for %s", ackTimeout)
		}
		acked += leading(messages[acked:sent])
	}
	return acked, nil
}

// ends reports whether reading ends as well, after writing failed.
func (k *connection) ends() bool {
	timer := time.NewTimer(partingTime)
	defer timer.Stop()
	select {
	case <-k.end:
		return true
	case <-timer.C:
		return false
	}
}

// send writes one message.
func (k *connection) send(m *message) error {
	k.out = m.appendTo(k.out[:0])
	if err := k.net.SetWriteDeadline(time.Now().Add(ackTimeout)); err != nil {
		return err
	}
	_, err := k.net.Write(k.out)
	return err
}

// late takes the acknowledgements that came before the connection broke, and
// returns how many messages from the first on have one.
func (k *connection) late(messages []message) int {
	for {
		select {
		case id := <-k.acks:
			note(messages, id)
		default:
			return leading(messages)
		}
	}
}

// note marks the message that has the id, if there is one that is not marked.
func note(messages []message, id string) bool {
	for i := range messages {
		if m := &messages[i]; m.chunk == id && !m.acked {
			m.acked = true
			return true
		}
	}
	return false
}

// leading returns how many messages from the first on are marked.
func leading(messages []message) int {
	n := 0
	for n < len(messages) && messages[n].acked {
		n++
	}
	return n
}

// closed reports whether the error is only the end of the connection.
func closed(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.As(err, &op) && op.Op == "read"
}

// reason says why a connection failed, without what is different each time.
func reason(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the receiver closed the connection")
	case errors.As(err, &op) && op.Timeout():
		return fmt.Errorf("%s: the receiver does not answer", op.Op)
	case errors.As(err, &op):
		return op.Err // not the addresses: our port changes
	}
	return err
}
