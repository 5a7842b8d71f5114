package forward

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// receiver is a forward input that misbehaves according to scripts. It reads with
// vmihailenco's decoder, so that our own code does not check our own output.
type receiver struct {
	t *testing.T

	mu       sync.Mutex
	scripts  []script   // of the connections to come; then they are good
	sessions []*session // in order
	dials    []time.Time
	handlers sync.WaitGroup
}

// script is what the receiver does with one connection. The connection is
// closed when it returns.
type script func(s *session)

// session is one connection at the receiver.
type session struct {
	t    *testing.T
	conn net.Conn
	in   *msgpack.Decoder

	mu       sync.Mutex
	arrived  []int // numbers of alerts, in the order in which they came
	messages []string
}

// entry is [EventTime, record].
type entry struct {
	time   time.Time
	record map[string]any
}

// arrival is one message.
type arrival struct {
	tag     string
	entries []entry
	chunk   string
}

func newReceiver(t *testing.T, scripts ...script) *receiver {
	return &receiver{t: t, scripts: scripts}
}

var errRefused = errors.New("connection refused")

// dial is the sender's dialer. The network is in memory, for synctest.
func (r *receiver) dial(context.Context, string, string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dials = append(r.dials, time.Now())
	do := script(good)
	if len(r.scripts) > 0 {
		do = r.scripts[0]
		r.scripts = r.scripts[1:]
	}
	if do == nil {
		return nil, errRefused
	}
	ours, theirs := net.Pipe()
	r.serve(theirs, do)
	return ours, nil
}

func (r *receiver) serve(conn net.Conn, do script) {
	s := &session{t: r.t, conn: conn, in: msgpack.NewDecoder(conn)}
	r.sessions = append(r.sessions, s)
	r.handlers.Go(func() {
		defer conn.Close()
		do(s)
	})
}

// listen is the receiver on a real socket.
func (r *receiver) listen(l net.Listener) {
	r.handlers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			r.mu.Lock()
			do := script(good)
			if len(r.scripts) > 0 {
				do = r.scripts[0]
				r.scripts = r.scripts[1:]
			}
			r.serve(conn, do)
			r.mu.Unlock()
		}
	})
}

// read reads one message. The error is that of the connection.
func (s *session) read() (a arrival, err error) {
	n, err := s.in.DecodeArrayLen()
	if err != nil {
		return a, err
	}
	if n != 3 {
		s.t.Errorf("a message has %d elements", n)
	}
	if a.tag, err = s.in.DecodeString(); err != nil {
		return a, err
	}
	code, err := s.in.PeekCode()
	if err != nil {
		return a, err
	}
	if code < 0xc4 || 0xc6 < code {
		s.t.Errorf("the entries begin with %#x, which is not a bin", code)
	}
	packed, err := s.in.DecodeBytes()
	if err != nil {
		return a, err
	}
	var option struct {
		Chunk string `msgpack:"chunk"`
		Size  int    `msgpack:"size"`
	}
	if err := s.in.Decode(&option); err != nil {
		return a, err
	}
	a.chunk = option.Chunk
	for len(packed) > 0 {
		if len(packed) < 11 || string(packed[:3]) != "\x92\xd7\x00" {
			s.t.Fatalf("an entry begins with % x", packed[:min(len(packed), 11)])
		}
		e := entry{time: time.Unix(int64(binary.BigEndian.Uint32(packed[3:])), int64(binary.BigEndian.Uint32(packed[7:])))}
		rest := strings.NewReader(string(packed[11:]))
		if err := msgpack.NewDecoder(rest).Decode(&e.record); err != nil {
			s.t.Fatal(err)
		}
		packed = packed[len(packed)-rest.Len():]
		a.entries = append(a.entries, e)
	}
	if len(a.entries) != option.Size || option.Size == 0 {
		s.t.Errorf("a message of %d entries has size %d", len(a.entries), option.Size)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, a.tag)
	for _, e := range a.entries {
		var n int
		if _, err := fmt.Sscan(fmt.Sprint(e.record["n"]), &n); err != nil {
			s.t.Errorf("record %v: %v", e.record, err)
		}
		s.arrived = append(s.arrived, n)
	}
	return a, nil
}

func (s *session) write(v any) bool {
	b, err := msgpack.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.conn.Write(b)
	return err == nil
}

func (s *session) ack(a arrival) bool { return s.write(map[string]string{"ack": a.chunk}) }

// good acknowledges all messages.
func good(s *session) { acknowledge(s, -1) }

// acknowledge acknowledges that many messages, or all with -1.
func acknowledge(s *session, n int) {
	for ; n != 0; n-- {
		a, err := s.read()
		if err != nil || !s.ack(a) {
			return
		}
	}
}

// wait reads until the sender closes the connection.
func (s *session) wait() { _, _ = io.Copy(io.Discard, s.conn) }

// arrivals returns the numbers that arrived at each connection.
func (r *receiver) arrivals() (all [][]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		s.mu.Lock()
		all = append(all, slices.Clone(s.arrived))
		s.mu.Unlock()
	}
	return all
}

func (r *receiver) count() (n int) {
	for _, list := range r.arrivals() {
		n += len(list)
	}
	return n
}

// want checks that the alerts from 0 to n-1 arrived, in order on each connection, and
// with once that none arrived twice.
func (r *receiver) want(n int, once bool) {
	r.t.Helper()
	seen := map[int]int{}
	for i, list := range r.arrivals() {
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			r.t.Errorf("connection %d: not in order: %v", i, list)
		}
		for _, a := range list {
			seen[a]++
		}
	}
	for a := range n {
		if seen[a] == 0 {
			r.t.Errorf("alert %d did not arrive", a)
		}
		if once && seen[a] > 1 {
			r.t.Errorf("alert %d arrived %d times", a, seen[a])
		}
	}
	if len(seen) > n {
		r.t.Errorf("%d different alerts arrived, want %d", len(seen), n)
	}
}

// logbook keeps what is logged.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) log() logger.Log {
	return func(level logger.Level, line string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, level.String()+" "+line)
	}
}

func (l *logbook) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// alerts returns n alerts, numbered from first. The rule and the severity change
// repeatedly.
func alerts(first, n int) (list []outbox.Alert) {
	rules := []string{"red", "green", "blue"}
	severities := []int{21, 47, 73, 99}
	for i := first; i < first+n; i++ {
		record, err := msgpack.Marshal(map[string]any{"n": i, "text": strings.Repeat("x", 50+i%7*30)})
		if err != nil {
			panic(err)
		}
		list = append(list, outbox.Alert{
			ID:       fmt.Sprint(i),
			Rule:     rules[i/3%len(rules)],
			Severity: severities[i/10%len(severities)],
			Time:     time.Unix(1_800_000_000+int64(i), int64(i)),
			Record:   record,
		})
	}
	return list
}

func put(t *testing.T, b *outbox.Box, list []outbox.Alert) {
	t.Helper()
	if unwanted, err := b.Put(list); err != nil || len(unwanted) > 0 {
		t.Fatalf("%d unwanted, %v", len(unwanted), err)
	}
}

const closeTimeout = 2 * time.Second

func start(c Config, consumer *outbox.Consumer, log logger.Log, dial dialer) *delivery.Sender {
	d := &destination{config: c, log: log, dial: dial}
	return delivery.Start(d, consumer, delivery.Options{Log: log, CloseTimeout: closeTimeout})
}

const tagged = "alert.{severity}.{rule}"
