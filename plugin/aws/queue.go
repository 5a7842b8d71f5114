package aws

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// QueueOptions are what a Queue is made of.
type QueueOptions struct {
	URL        string
	Account    Account
	Visibility time.Duration // of messages that were received; it is extended
	Wait       time.Duration // of a receive
	Parallel   int           // objects that are read at the same time
	Insights   bool
	Payer      bool // the requester pays
	// MaxReceives is after how many receives a message that cannot be read is written to
	// DeadLetters and deleted; 0: never.
	MaxReceives int
	DeadLetters *DeadLetters
	Queue       *intake.Queue
	Stats       *intake.Stats
	Messages    *Messages
	Log         logger.Log
}

// timing says for how long things are waited for. Tests have less time.
type timing struct {
	tick     time.Duration // how often messages are deleted and extended
	retry    time.Duration // after an error of the queue
	idle     time.Duration // for more bytes of an object
	lifetime time.Duration // how long a message can be kept from its receive on
	depth    time.Duration // how often the depth of the queue is asked for
	close    time.Duration // how long the end may take
	abandon  time.Duration // until SQS has noticed that nobody waits for messages any more
	minDelay time.Duration // until a message comes again whose object cannot be read
	maxDelay time.Duration
}

var defaultTiming = timing{
	tick: time.Second, retry: 10 * time.Second, idle: time.Minute,
	// AWS ends it after twelve hours from the receive, whatever is extended.
	lifetime: 12*time.Hour - 5*time.Minute,
	depth:    time.Minute, close: 5 * time.Second, abandon: 300 * time.Millisecond, minDelay: 30 * time.Second, maxDelay: 15 * time.Minute,
}

// backoff returns how long an object is left alone that could not be read so often.
func (t *timing) backoff(tries int) time.Duration {
	d := t.minDelay
	for range min(max(tries-1, 0), 10) {
		d = min(2*d, t.maxDelay)
	}
	return d
}

// maxHeld is the maximum number of messages that are not deleted yet.
const maxHeld = 2000

// Queue reads the objects that the messages of a queue announce.
type Queue struct {
	QueueOptions
	timing
	clients *clients
	objects objects
	slow    logger.Log // rate-limited
	stop    context.CancelFunc
	ended   sync.WaitGroup
	jobs    chan job
	noDepth bool // asking for the depth is not allowed

	mu       sync.Mutex
	held     map[string]*message // by ID
	deleting []*message          // to be deleted
	giving   []*message          // to be given back
	givenUp  []*message          // to become dead letters
	stopping bool
}

// job is an object to read.
type job struct {
	message *message
	object  Object
	events  []byte // instead of an object
}

// message is a message that is not deleted yet. The queue's lock protects it.
type message struct {
	id, receipt string
	body        string // nothing or its beginning, once it is parsed
	cut         bool
	receives    int // including this one
	received    time.Time
	extendAt    time.Time
	pending     int   // objects that are not done
	err         error // of an object
	delay       time.Duration
	over        bool // it is to be deleted or given back, or was let go
}

// StartQueue checks that the queue exists, and starts to read. The error names the key.
func StartQueue(ctx context.Context, o QueueOptions) (*Queue, error) {
	return startQueue(ctx, o, defaultTiming)
}

func startQueue(ctx context.Context, o QueueOptions, t timing) (*Queue, error) {
	if o.Account.Region == "" {
		o.Account.Region = RegionOf(o.URL)
	}
	c, err := newClients(ctx, o.Account)
	if err != nil {
		return nil, err
	}
	q := &Queue{QueueOptions: o, timing: t, clients: c, slow: o.Log.Limited(), held: map[string]*message{}, jobs: make(chan job)}
	q.objects = objects{clients: c, payer: o.Payer, insights: o.Insights, idle: t.idle, stats: o.Stats, errors: &o.Messages.Errors, slow: q.slow}
	if err := q.look(ctx, true); err != nil {
		return nil, err
	}
	ctx, q.stop = context.WithCancel(context.Background())
	q.ended.Add(2 + o.Parallel)
	go q.receive(ctx)
	go q.keep(ctx)
	for range o.Parallel {
		go q.work(ctx)
	}
	return q, nil
}

// look asks for the depth of the queue. At the start it is an error if it does not
// exist.
func (q *Queue) look(ctx context.Context, start bool) error {
	if q.noDepth {
		return nil
	}
	out, err := q.clients.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.URL, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, types.QueueAttributeNameRedrivePolicy,
	}})
	switch {
	case err == nil:
	case strings.Contains(codeOf(err), "NonExistentQueue"), strings.Contains(codeOf(err), "QueueDoesNotExist"):
		if start {
			return fmt.Errorf("queue_url: %s: the queue does not exist: %w", q.URL, shortError(err))
		}
		return nil
	case isDenied(err):
		q.noDepth = true
		q.Log.Warnf("queue_url: sqs:GetQueueAttributes is not allowed: the depth of the queue is not known: %v", shortError(err))
		return nil
	default:
		if start {
			q.Log.Warnf("queue_url: %s cannot be reached: %v; it will be tried again", q.URL, shortError(err))
		}
		return nil
	}
	count := func(name types.QueueAttributeName) int64 {
		n, _ := strconv.ParseInt(out.Attributes[string(name)], 10, 64)
		return n
	}
	q.Messages.Visible.Store(count(types.QueueAttributeNameApproximateNumberOfMessages))
	q.Messages.NotVisible.Store(count(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible))
	if start && out.Attributes[string(types.QueueAttributeNameRedrivePolicy)] == "" {
		q.Log.Warnf("queue_url: %s has no dead-letter queue: a message that cannot be read comes again until its retention ends, and is then lost", q.URL)
	}
	return nil
}

// receive receives messages while there is room for what they announce.
func (q *Queue) receive(ctx context.Context) {
	defer q.ended.Done()
	defer close(q.jobs)
	for ctx.Err() == nil {
		if !q.Queue.HasRoom() || q.holds() >= maxHeld {
			sleep(ctx, q.tick/4)
			continue
		}
		out, err := q.clients.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &q.URL, MaxNumberOfMessages: 10, WaitTimeSeconds: int32(q.Wait / time.Second), VisibilityTimeout: int32(q.Visibility / time.Second),
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp, types.MessageSystemAttributeNameApproximateReceiveCount},
		})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			q.Messages.Errors.count(err)
			q.slow.Errorf("queue_url: receiving from %s: %v; it will be tried again", q.URL, shortError(err))
			sleep(ctx, q.retry)
			continue
		}
		var all []*message
		for i := range out.Messages {
			if m := q.hold(&out.Messages[i]); m != nil { // all are extended from now on
				all = append(all, m)
			}
		}
		for _, m := range all {
			q.announce(ctx, m)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (q *Queue) holds() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.held)
}

// hold makes a message one that is kept. It returns nil if it is already.
func (q *Queue) hold(in *types.Message) *message {
	if in.MessageId == nil || in.ReceiptHandle == nil || in.Body == nil {
		return nil
	}
	q.Messages.Received.Add(1)
	now := time.Now()
	m := &message{id: *in.MessageId, receipt: *in.ReceiptHandle, body: *in.Body, received: now, extendAt: now.Add(q.Visibility / 2)}
	m.receives, _ = strconv.Atoi(in.Attributes["ApproximateReceiveCount"])
	if ms, err := strconv.ParseInt(in.Attributes["SentTimestamp"], 10, 64); err == nil {
		q.Messages.Lag.Store(int64(now.Sub(time.UnixMilli(ms))))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if other := q.held[m.id]; other != nil { // SQS may deliver it more than once
		other.receipt = m.receipt
		return nil
	}
	q.held[m.id] = m
	m.pending = 1 // until all jobs are there
	return m
}

// announce passes on what a message announces, and waits until it is being read.
func (q *Queue) announce(ctx context.Context, m *message) {
	body := m.body
	n, err := Parse([]byte(body))
	switch {
	case q.MaxReceives == 0:
		m.body = ""
	case len(body) > maxBody:
		m.body, m.cut = strings.ToValidUTF8(strings.Clone(body[:maxBody]), ""), true
	}
	if err != nil {
		q.Messages.Unknown.Add(1)
		q.slow.Errorf("queue_url: message %s: %v: %s; it is left to the queue", m.id, err, logger.Printable(body, 200))
	}
	if n.Other != "" && len(n.Objects) == 0 {
		q.Messages.Ignored.Add(1)
	}
	for _, o := range n.Objects {
		q.add(ctx, job{message: m, object: o})
	}
	if n.Events != nil {
		q.add(ctx, job{message: m, events: n.Events})
	}
	q.done(m, err)
}

func (q *Queue) add(ctx context.Context, j job) {
	q.mu.Lock()
	j.message.pending++
	q.mu.Unlock()
	select {
	case q.jobs <- j:
	case <-ctx.Done():
		q.done(j.message, intake.ErrClosed)
	}
}

// work reads objects.
func (q *Queue) work(ctx context.Context) {
	defer q.ended.Done()
	reader := q.Queue.NewReader()
	for j := range q.jobs {
		done := func(err error) { q.done(j.message, err) }
		if j.events == nil {
			if err := q.objects.read(ctx, reader, q.Queue, j.object, done); err != nil && kindOf(err) == Throttled {
				sleep(ctx, q.retry) // fewer are read at the same time
			}
			continue
		}
		reading := q.Queue.Begin("message "+j.message.id, nil, done)
		_, err := reader.Read(ctx, reading, strings.NewReader(string(j.events)), 0)
		reading.End(err)
	}
}

// done handles that an object of a message is confirmed, or will not be.
func (q *Queue) done(m *message, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m.pending--
	if err != nil && m.err == nil {
		m.err = err
	}
	if m.pending > 0 || m.over {
		return
	}
	m.over = true
	if m.err == nil {
		q.deleting = append(q.deleting, m)
		return
	}
	if q.MaxReceives > 0 && m.receives >= q.MaxReceives && !q.interrupted(m) {
		q.givenUp = append(q.givenUp, m)
		return
	}
	m.delay = q.delay(m)
	q.giving = append(q.giving, m)
}

// interrupted reports whether the reading of a message failed since the input ends. The
// lock is held.
func (q *Queue) interrupted(m *message) bool {
	return q.stopping || errors.Is(m.err, intake.ErrClosed) || errors.Is(m.err, context.Canceled)
}

// writeDead writes messages to the dead letters, so that they are deleted.
func (q *Queue) writeDead() {
	for {
		batch := q.pop(&q.givenUp)
		if len(batch) == 0 {
			return
		}
		for _, m := range batch {
			err := q.DeadLetters.add(deadLetter{Kind: "message", Reason: m.err.Error(), Queue: q.URL, Message: m.id, Receives: m.receives, Cut: m.cut, Text: m.body})
			q.mu.Lock()
			if err != nil {
				q.giving = append(q.giving, m)
			} else {
				q.deleting = append(q.deleting, m)
				q.Messages.Dead.Add(1)
			}
			q.mu.Unlock()
			if err != nil {
				q.slow.Errorf("dead_letters: %v; message %s comes again", err, m.id)
			} else {
				q.slow.Errorf("queue_url: message %s could not be read %d times: %v; it is in the dead letters, and deleted", m.id, m.receives, shortError(m.err))
			}
		}
	}
}

// delay returns after which time a message whose object cannot be read comes again.
func (q *Queue) delay(m *message) time.Duration {
	if q.interrupted(m) {
		return 0
	}
	return q.backoff(m.receives)
}

// keep deletes, extends and gives back messages.
func (q *Queue) keep(ctx context.Context) {
	defer q.ended.Done()
	lookAt := time.Now().Add(q.depth)
	for ctx.Err() == nil {
		sleep(ctx, q.tick)
		if ctx.Err() != nil {
			return
		}
		q.writeDead()
		q.deleteDone(ctx)
		q.giveBack(ctx)
		q.extend(ctx)
		if now := time.Now(); now.After(lookAt) {
			lookAt = now.Add(q.depth)
			_ = q.look(ctx, false) // there is no error except at the start
		}
	}
}

// maxEntries is the maximum number of messages in a request.
const maxEntries = 10

// pop returns the next messages of a list. The lock is not held.
func (q *Queue) pop(list *[]*message) []*message {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(*list), maxEntries)
	batch := (*list)[:n:n]
	*list = (*list)[n:]
	return batch
}

// deleteDone deletes the messages whose objects are all confirmed.
func (q *Queue) deleteDone(ctx context.Context) {
	for {
		batch := q.pop(&q.deleting)
		if len(batch) == 0 {
			return
		}
		var entries []types.DeleteMessageBatchRequestEntry
		for i, m := range batch {
			entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: text(strconv.Itoa(i)), ReceiptHandle: text(q.receiptOf(m))})
		}
		out, err := q.clients.sqs.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.URL, Entries: entries})
		if err != nil {
			q.again(&q.deleting, batch, "deleting", err)
			return
		}
		failed := map[int]bool{}
		for _, f := range out.Failed {
			if i, ok := index(f.Id, batch); ok && !isInvalid(f.Code) {
				failed[i] = true
				q.slow.Warnf("queue_url: message %s cannot be deleted: %s; it will be tried again", batch[i].id, reason(f))
			}
		}
		q.mu.Lock()
		for i, m := range batch {
			if failed[i] {
				q.deleting = append(q.deleting, m)
				continue
			}
			delete(q.held, m.id)
			q.Messages.Deleted.Add(1)
		}
		q.mu.Unlock()
		if len(failed) > 0 {
			return
		}
	}
}

// again puts messages back on a list after a request failed.
func (q *Queue) again(list *[]*message, batch []*message, what string, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if list != nil {
		*list = append(*list, batch...)
	}
	q.Messages.Errors.count(err)
	q.slow.Errorf("queue_url: %s messages of %s: %v; it will be tried again", what, q.URL, shortError(err))
}

func (q *Queue) receiptOf(m *message) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return m.receipt
}

func text(s string) *string { return &s }

func index(id *string, batch []*message) (int, bool) {
	if id == nil {
		return 0, false
	}
	i, err := strconv.Atoi(*id)
	return i, err == nil && i >= 0 && i < len(batch)
}

// isInvalid reports whether an entry failed since the message is no longer ours: it was
// deleted, or is visible again.
func isInvalid(code *string) bool {
	return code != nil && (strings.Contains(*code, "ReceiptHandleIsInvalid") || strings.Contains(*code, "MessageNotInflight") || strings.Contains(*code, "InvalidParameterValue"))
}

func reason(f types.BatchResultErrorEntry) string {
	var parts []string
	for _, s := range []*string{f.Code, f.Message} {
		if s != nil && *s != "" {
			parts = append(parts, *s)
		}
	}
	return strings.Join(parts, ": ")
}

// giveBack lets messages come again.
func (q *Queue) giveBack(ctx context.Context) {
	for {
		batch := q.pop(&q.giving)
		if len(batch) == 0 {
			return
		}
		q.mu.Lock()
		for _, m := range batch { // first: it may be received again at once
			delete(q.held, m.id)
		}
		q.mu.Unlock()
		if err := q.change(ctx, batch, func(m *message) time.Duration { return m.delay }); err != nil {
			q.again(&q.giving, batch, "giving back", err)
			return
		}
		q.Messages.Returned.Add(uint64(len(batch)))
	}
}

// extend extends the visibility of messages of which half has passed. Those that cannot be
// kept any longer are let go: they come again.
func (q *Queue) extend(ctx context.Context) {
	now := time.Now()
	var due []*message
	q.mu.Lock()
	for _, m := range q.held {
		switch {
		case now.Before(m.extendAt) || m.over:
		case now.Sub(m.received) >= q.lifetime:
			m.over = true
			delete(q.held, m.id)
			q.Messages.Returned.Add(1)
			q.slow.Errorf("queue_url: message %s cannot be kept for more than 12 hours, and its objects are not confirmed: it comes again", m.id)
		default:
			due = append(due, m)
		}
	}
	q.mu.Unlock()
	for len(due) > 0 {
		batch := due[:min(len(due), maxEntries)]
		due = due[len(batch):]
		left := func(m *message) time.Duration { return min(q.Visibility, q.lifetime-now.Sub(m.received)) }
		if err := q.change(ctx, batch, left); err != nil {
			q.again(nil, nil, "extending", err)
			return
		}
		q.mu.Lock()
		for _, m := range batch {
			m.extendAt = now.Add(q.Visibility / 2)
			q.Messages.Extended.Add(1)
		}
		q.mu.Unlock()
	}
}

// change changes the visibility of messages. Those that are no longer ours are forgotten.
func (q *Queue) change(ctx context.Context, batch []*message, visibility func(*message) time.Duration) error {
	var entries []types.ChangeMessageVisibilityBatchRequestEntry
	for i, m := range batch {
		entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: text(strconv.Itoa(i)), ReceiptHandle: text(q.receiptOf(m)), VisibilityTimeout: int32(max(0, visibility(m)) / time.Second)})
	}
	out, err := q.clients.sqs.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.URL, Entries: entries})
	if err != nil {
		return err
	}
	for _, f := range out.Failed {
		if i, ok := index(f.Id, batch); ok {
			q.slow.Warnf("queue_url: the visibility of message %s cannot be changed: %s", batch[i].id, reason(f))
		}
	}
	return nil
}

// Stop ends receiving and reading. After the queue of records was closed Close must be
// called.
func (q *Queue) Stop() {
	q.mu.Lock()
	q.stopping = true
	q.mu.Unlock()
	q.stop()
	q.ended.Wait()
}

// Close deletes what is confirmed, and gives back the rest at once.
func (q *Queue) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), q.close)
	defer cancel()
	q.writeDead()
	q.deleteDone(ctx)
	q.mu.Lock()
	for _, m := range q.held {
		if !m.over {
			m.over = true
			q.giving = append(q.giving, m)
		}
	}
	for _, m := range q.giving {
		m.delay = 0
	}
	some := len(q.giving) > 0
	q.mu.Unlock()
	if some { // an abandoned receive would take what becomes visible, for nobody
		sleep(ctx, q.abandon)
		q.giveBack(ctx)
	}
}
