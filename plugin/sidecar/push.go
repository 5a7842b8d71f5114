package sidecar

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/sns"
)

// pushWait is how long a request of AWS waits for a slot: EventBridge waits five seconds
// for the answer.
const pushWait = 2 * time.Second

// servePush serves what AWS posts to.
func (s *Sidecar) servePush(mux *http.ServeMux) {
	c := &s.config
	firehose, eventBridge := s.ingest.firehose(), s.ingest.eventBridge()
	s.push = map[string]*endpoint{"firehose": firehose, "eventbridge": eventBridge}
	if c.FirehoseKey != "" { // Firehose can send no password
		mux.Handle("POST /v1/firehose", s.withSecret(firehose, firehoseAccessKey, string(c.FirehoseKey), "firehose_access_key"))
	} else {
		mux.Handle("POST /v1/firehose", s.requirePushLogin(firehose))
	}
	if c.EventBridgeKey != "" {
		mux.Handle("POST /v1/eventbridge", s.withSecret(eventBridge, c.EventBridgeHeader, string(c.EventBridgeKey), "eventbridge_key"))
	} else {
		mux.Handle("POST /v1/eventbridge", s.requirePushLogin(eventBridge))
	}
	if len(c.SNSTopics) > 0 {
		s.push["sns"] = s.notifications(sns.NewVerifier(c.SNSTopics, s.options.SNS))
		mux.Handle("POST /v1/sns", s.requirePushLogin(s.push["sns"]))
	} else {
		mux.HandleFunc("POST /v1/sns", func(w http.ResponseWriter, r *http.Request) {
			s.ingest.clients.Errorf("from %s: /v1/sns takes no message: sns_topics is not set", r.RemoteAddr)
			http.Error(w, "sns_topics is not set", http.StatusNotFound)
		})
	}
}

// deniedError means that a client may not send something.
type deniedError struct{ err error }

// Error returns the reason.
func (e *deniedError) Error() string { return e.err.Error() }

// requirePushLogin is requireLogin, with answers as the endpoint gives them.
func (s *Sidecar) requirePushLogin(e *endpoint) http.Handler {
	return s.requireLoginOr(e, func(w http.ResponseWriter, r *http.Request) {
		e.reject(w, r, r.RemoteAddr, http.StatusUnauthorized, errors.New("wrong user or password for "+r.URL.Path))
	})
}

// withSecret serves requests that have a secret in a header, and answers others with 401.
// what names the secret in the log.
func (s *Sidecar) withSecret(e *endpoint, header, secret, what string) http.Handler {
	want := sha256.Sum256([]byte(secret))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get(header))) // hides the length as well
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			e.ServeHTTP(w, r)
			return
		}
		e.reject(w, r, r.RemoteAddr, http.StatusUnauthorized, fmt.Errorf("%s: %s is not %s", r.URL.Path, header, what))
	})
}

// readMessage reads a body that is small, such as one event, and returns its text. An
// *unsupportedError means that it is not small.
func (h *ingestHandler) readMessage(ctx context.Context, b *body, decompress decompressFunc, d *letters) (text []byte, err error) {
	limited := &limitedReader{left: maxUnpacked}
	defer h.recoverRead(limited, d, &err)
	plain, err := decompress(b, h.reserve(ctx))
	if err == nil {
		defer plain.Close()
		limited.source = plain
		text, err = io.ReadAll(io.LimitReader(limited, sns.MaxMessage+1))
	}
	switch {
	case b.err != nil:
		return nil, b.err
	case errors.Is(err, errNoMemory):
		return nil, err
	case err != nil:
		return nil, &unsupportedError{err.Error()}
	case len(text) > sns.MaxMessage:
		return nil, &unsupportedError{fmt.Sprintf("it is longer than one message, %d MiB", sns.MaxMessage>>20)}
	}
	return text, nil
}

// evaluateText evaluates a text that was read before. It returns an *unsupportedError if the
// text announces objects in S3: what is announced is not evaluated, only other events of a list.
func (h *ingestHandler) evaluateText(ctx context.Context, text, announcement []byte, d *letters) (err error) {
	o, list := announcedIn(announcement)
	if o != nil && !list {
		return announcedError(o)
	}
	limited := &limitedReader{left: maxUnpacked, source: bytes.NewReader(text)}
	defer h.recoverRead(limited, d, &err)
	if err := h.readText(ctx, &body{limits: &h.limits}, limited, true, d); err != nil || o == nil {
		return err
	}
	return announcedError(o)
}

// announcedIn returns an object that a message announces, or one of the messages in a list.
func announcedIn(text []byte) (o *aws.Object, list bool) {
	if n, err := aws.Parse(text); err == nil && len(n.Objects) > 0 {
		return &n.Objects[0], false
	}
	var all []json.RawMessage
	if json.Unmarshal(text, &all) != nil {
		return nil, false
	}
	for _, one := range all {
		if n, err := aws.Parse(one); err == nil && len(n.Objects) > 0 {
			return &n.Objects[0], true
		}
	}
	return nil, true
}

func announcedError(o *aws.Object) error {
	return &unsupportedError{fmt.Sprintf("it announces objects in S3 such as s3://%s/%s, and not their events: let a queue of SQS receive it, from which they are read, or, at /v1/sns, set state_path and keys for S3 such as s3_region", o.Bucket, o.Key)}
}
