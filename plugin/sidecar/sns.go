package sidecar

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/sns"
)

// The headers of Amazon SNS.
const (
	snsRaw   = "X-Amz-Sns-Rawdelivery"
	snsTopic = "X-Amz-Sns-Topic-Arn"
	snsType  = "X-Amz-Sns-Message-Type"
)

// notifications returns the endpoint /v1/sns, for subscriptions of HTTP endpoints to topics
// of Amazon SNS. It takes messages that SNS has signed, of listed topics, and confirms
// subscriptions to them. Raw messages are not signed, and are taken only from clients that
// have sent a password. After a status of 4xx SNS does not send the same again.
func (s *Sidecar) notifications(verifier *sns.Verifier) *endpoint {
	h := s.ingest
	e := h.endpoint(pushWait)
	e.read = func(r *http.Request, b *body, decompress decompressFunc, _ bool, d *letters) error {
		text, err := h.readMessage(r.Context(), b, decompress, d)
		if err != nil {
			return err
		}
		// Confirmations are never raw, whatever the subscription has.
		if kind := r.Header.Get(snsType); r.Header.Get(snsRaw) == "true" && (kind == "" || kind == sns.Notification) {
			switch topic := r.Header.Get(snsTopic); {
			case s.config.Login.Username == "":
				return &deniedError{errors.New("a raw message has no signature: turn raw delivery off, or set listen_username and listen_password")}
			case !verifier.IsListed(topic):
				return &deniedError{fmt.Errorf("the topic %.300q is not listed in sns_topics", topic)}
			}
			return s.take(r.Context(), text, text, d)
		}
		m, err := sns.Parse(text)
		if err != nil {
			return &unsupportedError{err.Error()}
		}
		if err := verifier.Verify(r.Context(), m); err != nil {
			return denied(err)
		}
		switch m.Type {
		case sns.SubscriptionConfirmation:
			if err := verifier.Confirm(r.Context(), m); err != nil {
				return denied(err)
			}
			s.options.Log.Infof("subscribed to %s", m.TopicARN)
		case sns.UnsubscribeConfirmation:
			s.options.Log.Warnf("the subscription to %s has ended: somebody has removed it", m.TopicARN)
		default:
			return s.take(r.Context(), m.Envelope(), []byte(m.Message), d)
		}
		return nil
	}
	return e
}

// take notes the objects that a message announces, so that they are read, if the sidecar
// reads any, and evaluates the events of other messages.
func (s *Sidecar) take(ctx context.Context, text, message []byte, d *letters) error {
	if s.objects == nil || s.objects.input.Announced == nil {
		return s.ingest.evaluateText(ctx, text, message, d)
	}
	switch n, err := aws.Parse(message); {
	case err == nil && len(n.Objects) > 0:
		return s.objects.input.Announced.Note(n.Objects)
	case err == nil && n.Other != "" && n.Events == nil:
		s.options.Log.Infof("/v1/sns: a message announces nothing to read: %s", logger.Printable(n.Other, 300))
		return nil
	}
	return s.ingest.evaluateText(ctx, text, message, d)
}

// denied returns the error for a message that is not verified. It does not change a
// temporary error, after which SNS sends the message again.
func denied(err error) error {
	var temporary *sns.TemporaryError
	if errors.As(err, &temporary) {
		return err
	}
	return &deniedError{err}
}
