package sns_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/plugin/sns"
	"github.com/fluent-detect/fluent-detect/test/aws"
)

func verifier(s *aws.SNS) *sns.Verifier {
	return sns.NewVerifier([]string{aws.Topic, "arn:aws-cn:sns:cn-north-1:111122223333:trail"}, sns.Service{Transport: s, Roots: s.Roots})
}

func parse(t *testing.T, body []byte) *sns.Message {
	t.Helper()
	m, err := sns.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A message is verified with what it was signed with, and only with that.
func TestVerify(t *testing.T) {
	t.Parallel()
	s := aws.NewSNS(t, "sns.amazonaws.com")
	v := verifier(s)
	subject := "Trail"
	for _, test := range []struct {
		name   string
		change func(*sns.Message)
		err    string // the beginning
	}{
		{"as sent", func(*sns.Message) {}, ""},
		{"another text", func(m *sns.Message) { m.Message = `{"detail":[]}` }, "the signature is wrong"},
		{"another time", func(m *sns.Message) { m.Timestamp = "2026-03-02T09:00:01.000Z" }, "the signature is wrong"},
		{"a subject that was not signed", func(m *sns.Message) { m.Subject = &subject }, "the signature is wrong"},
		{"another type", func(m *sns.Message) { m.Type = sns.SubscriptionConfirmation }, "the signature is wrong"},
		{"another version", func(m *sns.Message) { m.SignatureVersion = "3" }, `SignatureVersion is "3": it must be 1 or 2`},
		{"no signature", func(m *sns.Message) { m.Signature = "" }, "the message has no signature"},
		{"another topic", func(m *sns.Message) { m.TopicARN += "x" }, `the topic "` + aws.Topic + `x" is not listed in sns_topics`},
		{"the topic of another region", func(m *sns.Message) { m.TopicARN = "arn:aws-cn:sns:cn-north-1:111122223333:trail" },
			`SigningCertURL: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem" does not begin with https://sns.cn-north-1.amazonaws.com.cn/`},
		{"http", func(m *sns.Message) { m.SigningCertURL = strings.Replace(m.SigningCertURL, "https", "http", 1) }, "SigningCertURL: "},
		{"another host", func(m *sns.Message) {
			m.SigningCertURL = "https://sns.eu-west-1.amazonaws.com.example.com/SimpleNotificationService-0a1b.pem"
		}, "SigningCertURL: "},
		{"a bucket", func(m *sns.Message) {
			m.SigningCertURL = "https://sns.s3.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
		}, "SigningCertURL: "},
		{"a user", func(m *sns.Message) {
			m.SigningCertURL = "https://sns.eu-west-1.amazonaws.com@example.com/SimpleNotificationService-0a1b.pem"
		}, "SigningCertURL: "},
		{"a port", func(m *sns.Message) {
			m.SigningCertURL = "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0a1b.pem"
		}, "SigningCertURL: "},
		{"another path", func(m *sns.Message) { m.SigningCertURL = "https://sns.eu-west-1.amazonaws.com/?Action=Publish&x.pem" }, "SigningCertURL: the path"},
		{"a path in a directory", func(m *sns.Message) {
			m.SigningCertURL = "https://sns.eu-west-1.amazonaws.com/x/SimpleNotificationService-0a1b.pem"
		}, "SigningCertURL: the path"},
		{"a query", func(m *sns.Message) { m.SigningCertURL += "?x" }, "SigningCertURL: the path"},
		{"a chain that is cut", func(m *sns.Message) { m.SigningCertURL = strings.Replace(m.SigningCertURL, "0a1b", "cut", 1) }, "SigningCertURL: the certificate is not trusted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, version := range []string{"1", "2"} {
				m := parse(t, s.Notification(version, `{"detail":{}}`))
				test.change(m)
				err := v.Verify(t.Context(), m)
				if got := fmt.Sprint(err); test.err == "" && err != nil || test.err != "" && (err == nil || !strings.HasPrefix(got, test.err)) {
					t.Errorf("version %s: the error is %v, want %q", version, err, test.err)
				}
				var temporary *sns.TemporaryError
				if errors.As(err, &temporary) {
					t.Errorf("version %s: the error is temporary: %v", version, err)
				}
			}
		})
	}
	with := s.Sign("2", map[string]string{"Type": "Notification", "MessageId": "m-1", "TopicArn": aws.Topic, "Message": "x", "Timestamp": "now", "Subject": subject},
		"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
	if err := v.Verify(t.Context(), parse(t, with)); err != nil {
		t.Errorf("with a subject: %v", err)
	}
	for _, u := range s.Requested() {
		if !strings.HasPrefix(u, "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-") {
			t.Errorf("%s was requested", u)
		}
	}
	if n := len(s.Requested()); n != 3 { // the right one once, the cut one each time
		t.Errorf("%d requests for certificates, want 3: %q", n, s.Requested())
	}
}

// Certificates are for SNS, by their name.
func TestCertificateNames(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"sns.amazonaws.com": true, "sns.eu-west-1.amazonaws.com": true, "sns-signing.eu-west-1.amazonaws.com": true,
		"sns.us-east-1.amazonaws.com": false, "www.example.com": false,
	} {
		s := aws.NewSNS(t, name)
		err := verifier(s).Verify(t.Context(), parse(t, s.Notification("2", "x")))
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be told now is temporary.
func TestTemporary(t *testing.T) {
	t.Parallel()
	s := aws.NewSNS(t, "sns.amazonaws.com")
	v, m := verifier(s), parse(t, s.Notification("2", "x"))
	s.Down = true
	var temporary *sns.TemporaryError
	if err := v.Verify(t.Context(), m); !errors.As(err, &temporary) {
		t.Errorf("SNS cannot be reached: %v", err)
	}
	s.Down = false
	if err := v.Verify(t.Context(), m); err != nil {
		t.Errorf("SNS is back: %v", err)
	}
}

// A subscription to a listed topic is confirmed at SNS, and nowhere else.
func TestConfirm(t *testing.T) {
	t.Parallel()
	s := aws.NewSNS(t, "sns.amazonaws.com")
	v, signed := verifier(s), parse(t, s.Confirmation(aws.SubscribeURL))
	if err := v.Verify(t.Context(), signed); err != nil {
		t.Fatal(err)
	}
	if err := v.Confirm(t.Context(), signed); err != nil {
		t.Error(err)
	}
	for _, u := range []string{
		"https://example.com/?Action=ConfirmSubscription&Token=t&TopicArn=" + aws.Topic,
		"http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t&TopicArn=" + aws.Topic,
		"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&TopicArn=" + aws.Topic,
		"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t&TopicArn=" + aws.Topic + "x",
	} {
		signed.SubscribeURL = u
		if err := v.Confirm(t.Context(), signed); err == nil {
			t.Errorf("%s was requested", u)
		}
	}
	if n := len(s.Requested()); n != 2 {
		t.Errorf("%d requests, want 2: %q", n, s.Requested())
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	m := parse(t, aws.NewSNS(t, "sns.amazonaws.com").Notification("1", "x"))
	if m.MessageID != "m-1" || m.TopicARN != aws.Topic || m.Subject != nil {
		t.Errorf("%+v", m)
	}
	for _, bad := range []string{"", "[]", "{}", `{"Type":"Other"}`, `{"Type":"Notification","Message":1}`} {
		if _, err := sns.Parse([]byte(bad)); err == nil {
			t.Errorf("%q is a message", bad)
		}
	}
	for arn, region := range map[string]string{
		aws.Topic: "eu-west-1", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:a.fifo": "us-gov-west-1",
		"arn:aws:sqs:eu-west-1:111122223333:trail": "", "arn:aws:sns:eu-west-1.example.com/:111122223333:trail": "", "": "",
	} {
		if got, err := sns.ParseTopic(arn); got != region || (err == nil) != (region != "") {
			t.Errorf("ParseTopic(%q) = %q, %v", arn, got, err)
		}
	}
}

// redirecting is an SNS that redirects, which it does not do.
type redirecting struct{ requested []string }

func (r *redirecting) RoundTrip(q *http.Request) (*http.Response, error) {
	r.requested = append(r.requested, q.URL.String())
	return &http.Response{StatusCode: http.StatusFound, Status: "302 Found", Body: http.NoBody, Request: q,
		Header: http.Header{"Location": {"https://www.example.com/SimpleNotificationService-0a1b.pem"}}}, nil
}

// Redirects are not followed, neither to a certificate nor to confirm.
func TestRedirects(t *testing.T) {
	t.Parallel()
	s, r := aws.NewSNS(t, "sns.amazonaws.com"), new(redirecting)
	v := sns.NewVerifier([]string{aws.Topic}, sns.Service{Transport: r, Roots: s.Roots})
	if err := v.Verify(t.Context(), parse(t, s.Notification("2", "x"))); err == nil {
		t.Error("verified by what a redirect leads to")
	}
	if err := v.Confirm(t.Context(), parse(t, s.Confirmation(aws.SubscribeURL))); err == nil {
		t.Error("confirmed by a redirect")
	}
	if len(r.requested) != 2 || r.requested[0] != aws.Certificate || r.requested[1] != aws.SubscribeURL {
		t.Errorf("%q were requested", r.requested)
	}
}
