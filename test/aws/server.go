// Package aws is a stand-in for S3 and SQS, for tests: what fluent-detect uses of both, with
// failures as tests ask for them. It does not check signatures.
package aws

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server serves one queue and any buckets.
type Server struct {
	*httptest.Server
	// Fail, if not nil, is asked about each request: an operation such as ReceiveMessage
	// or GetObject and what it is about. It returns the code of an error, or "".
	Fail func(operation, subject string) string
	// Body, if not nil, may replace the body of an object while it is sent.
	Body func(key string, w http.ResponseWriter) bool
	// Second is how long a second of a visibility timeout is; 0: a second.
	Second time.Duration
	// RefuseDelete, if not nil, reports whether an entry of a DeleteMessageBatch fails.
	RefuseDelete func(body string) bool

	mu       sync.Mutex
	began    time.Time
	objects  map[string][]byte // by bucket/key
	page     int               // how many objects a listing has
	regions  map[string]string // of buckets
	messages []*message
	receipts int
	calls    map[string]int
	dead     []string
	max      int // receives until a message is dead; 0: never
}

type message struct {
	id, body string
	sent     time.Time
	visible  time.Time
	receives int
	receipt  string
}

// New starts a server, which ends with the test.
func New(t testing.TB) *Server {
	s := &Server{objects: map[string][]byte{}, regions: map[string]string{}, calls: map[string]int{}, page: 3, began: time.Now()}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// QueueURL returns the URL of the queue.
func (s *Server) QueueURL() string { return s.URL + "/111122223333/trail" }

// Put stores an object.
func (s *Server) Put(bucket, key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[bucket+"/"+key] = data
}

// Page sets how many objects a page of a listing has. Otherwise it has three.
func (s *Server) Page(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.page = n
}

// Delete deletes an object.
func (s *Server) Delete(bucket, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, bucket+"/"+key)
}

// Move makes a bucket one of another region.
func (s *Server) Move(bucket, region string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.regions[bucket] = region
}

// Send sends a message.
func (s *Server) Send(body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receipts++
	s.messages = append(s.messages, &message{id: fmt.Sprint("m-", s.receipts), body: body, sent: time.Now()})
}

// Redrive moves messages to the dead letters that were received as often.
func (s *Server) Redrive(receives int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.max = receives
}

// Messages returns how many messages there are, and how many of them are visible.
func (s *Server) Messages() (all, visible int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if !time.Now().Before(m.visible) {
			visible++
		}
	}
	return len(s.messages), visible
}

// Dead returns the dead letters.
func (s *Server) Dead() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.dead)
}

// Calls returns how often an operation was called.
func (s *Server) Calls(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[operation]
}

// ServeHTTP serves both services: a request for SQS has a target.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS."); ok {
		s.sqs(w, r, operation)
		return
	}
	s.s3(w, r)
}

func (s *Server) fails(operation, subject string) string {
	s.mu.Lock()
	s.calls[operation]++
	fail := s.Fail
	s.mu.Unlock()
	if fail == nil {
		return ""
	}
	return fail(operation, subject)
}

type entry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout int
}

func (s *Server) sqs(w http.ResponseWriter, r *http.Request, operation string) {
	var in struct {
		MaxNumberOfMessages, WaitTimeSeconds, VisibilityTimeout int
		Entries                                                 []entry
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer := func(v any) {
		text, _ := json.Marshal(v)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write(text)
	}
	if code := s.fails(operation, string(body)); code != "" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":"com.amazonaws.sqs#%s","message":"as the test wants"}`, code)
		return
	}
	switch operation {
	case "GetQueueAttributes":
		all, visible := s.Messages()
		answer(map[string]any{"Attributes": map[string]string{"ApproximateNumberOfMessages": fmt.Sprint(visible), "ApproximateNumberOfMessagesNotVisible": fmt.Sprint(all - visible)}})
	case "ReceiveMessage":
		end := time.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
		for r.Context().Err() == nil {
			if all := s.take(in.MaxNumberOfMessages, in.VisibilityTimeout); len(all) > 0 || time.Now().After(end) {
				answer(map[string]any{"Messages": all})
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	case "DeleteMessageBatch", "ChangeMessageVisibilityBatch":
		var ok, failed []map[string]any
		for _, e := range in.Entries {
			if code := s.change(e, operation == "DeleteMessageBatch"); code != "" {
				failed = append(failed, map[string]any{"Id": e.ID, "Code": code, "SenderFault": true})
			} else {
				ok = append(ok, map[string]any{"Id": e.ID})
			}
		}
		answer(map[string]any{"Successful": ok, "Failed": failed})
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (s *Server) take(n, visibility int) (all []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.messages = slices.DeleteFunc(s.messages, func(m *message) bool {
		gone := s.max > 0 && m.receives >= s.max && !now.Before(m.visible)
		if gone {
			s.dead = append(s.dead, m.body)
		}
		return gone
	})
	for _, m := range s.messages {
		if len(all) == n || now.Before(m.visible) {
			continue
		}
		s.receipts++
		m.receives++
		m.receipt = fmt.Sprint("r-", s.receipts)
		m.visible = now.Add(time.Duration(visibility) * s.second())
		sum := md5.Sum([]byte(m.body))
		all = append(all, map[string]any{"MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body, "MD5OfBody": hex.EncodeToString(sum[:]), "Attributes": map[string]string{
			"SentTimestamp": fmt.Sprint(m.sent.UnixMilli()), "ApproximateReceiveCount": fmt.Sprint(m.receives)}})
	}
	return all
}

func (s *Server) second() time.Duration {
	if s.Second > 0 {
		return s.Second
	}
	return time.Second
}

func (s *Server) change(e entry, remove bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range s.messages {
		if m.receipt != e.ReceiptHandle {
			continue
		}
		if !remove {
			m.visible = time.Now().Add(time.Duration(e.VisibilityTimeout) * s.second())
			return ""
		}
		if s.RefuseDelete != nil && s.RefuseDelete(m.body) {
			return "InternalError"
		}
		s.messages = append(s.messages[:i:i], s.messages[i+1:]...)
		return ""
	}
	return "ReceiptHandleIsInvalid"
}

func (s *Server) s3(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	operation := "GetObject"
	if key == "" {
		operation = "ListObjectsV2"
	}
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>as the test wants</Message></Error>`, code)
	}
	s.mu.Lock()
	region := s.regions[bucket]
	data, ok := s.objects[bucket+"/"+key]
	s.mu.Unlock()
	if region != "" && !strings.Contains(r.Header.Get("Authorization"), "/"+region+"/s3/") {
		w.Header().Set("X-Amz-Bucket-Region", region)
		refuse(http.StatusMovedPermanently, "PermanentRedirect")
		return
	}
	switch code := s.fails(operation, key); code {
	case "":
	case "AccessDenied", "ExpiredToken":
		refuse(http.StatusForbidden, code)
		return
	default:
		refuse(http.StatusServiceUnavailable, code)
		return
	}
	switch {
	case operation == "ListObjectsV2":
		s.list(w, r, bucket)
	case !ok:
		refuse(http.StatusNotFound, "NoSuchKey")
	case s.Body != nil && s.Body(key, w):
	default:
		_, _ = w.Write(data)
	}
}

// list answers ListObjectsV2, with small pages. All objects are as old as the server.
func (s *Server) list(w http.ResponseWriter, r *http.Request, bucket string) {
	q := r.URL.Query()
	encode := func(key string) string { return key }
	if q.Get("encoding-type") == "url" {
		encode = url.QueryEscape
	}
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	after := max(q.Get("start-after"), q.Get("continuation-token"))
	type object struct {
		Key          string
		Size         int
		LastModified string
	}
	type common struct{ Prefix string }
	var out struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		EncodingType          string   `xml:",omitempty"`
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []object
		CommonPrefixes        []common
	}
	out.EncodingType = q.Get("encoding-type")
	s.mu.Lock()
	page := s.page
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		page = min(page, n)
	}
	var keys []string
	for name := range s.objects {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	last := ""
	for _, key := range keys {
		if delimiter != "" {
			if i := strings.Index(key[len(prefix):], delimiter); i >= 0 {
				c := common{encode(key[:len(prefix)+i+len(delimiter)])}
				if !slices.Contains(out.CommonPrefixes, c) {
					out.CommonPrefixes = append(out.CommonPrefixes, c)
				}
				continue
			}
		}
		if len(out.Contents) == page {
			out.IsTruncated, out.NextContinuationToken = true, last
			break
		}
		last = key
		out.Contents = append(out.Contents, object{encode(key), len(s.objects[bucket+"/"+key]), s.began.UTC().Format(time.RFC3339)})
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(out)
}
