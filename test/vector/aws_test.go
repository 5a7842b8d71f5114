package vector

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

const region = "us-east-1"

// aws is moto's S3 and SQS, with a bucket and a queue.
type aws struct {
	*fake.Moto
	t     *testing.T
	queue string // its URL
}

// newAWS starts moto, or skips the test.
func newAWS(t *testing.T) *aws {
	t.Helper()
	a := &aws{Moto: fake.NewMoto(t, region), t: t}
	var made struct {
		URL string `xml:"CreateQueueResult>QueueUrl"`
	}
	if err := xml.Unmarshal(a.sqs("CreateQueue", "QueueName", "trail"), &made); err != nil {
		t.Fatal(err)
	}
	a.queue = made.URL
	a.Call("s3", http.MethodPut, "/trail", "application/xml", nil)
	return a
}

// put makes an object and announces it in the queue as S3 does. (moto's own
// notifications have times without a zone, which Vector rejects.)
func (a *aws) put(name string, data []byte) {
	a.t.Helper()
	a.Call("s3", http.MethodPut, "/trail/"+name, "application/octet-stream", data)
	a.sqs("SendMessage", "QueueUrl", a.queue, "MessageBody", fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":%q,"eventTime":"2026-03-02T09:00:00.000Z",`+
		`"eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","configurationId":"new","bucket":{"name":"trail"},"object":{"key":%q,"size":%d}}}]}`, region, url.QueryEscape(name), len(data)))
}

// messages returns how many messages are in the queue, whether or not they are with a
// receiver.
func (a *aws) messages() int {
	a.t.Helper()
	var got struct {
		Attributes []struct {
			Name, Value string
		} `xml:"GetQueueAttributesResult>Attribute"`
	}
	if err := xml.Unmarshal(a.sqs("GetQueueAttributes", "QueueUrl", a.queue, "AttributeName.1", "All"), &got); err != nil {
		a.t.Fatal(err)
	}
	n := 0
	for _, attribute := range got.Attributes {
		if strings.HasPrefix(attribute.Name, "ApproximateNumberOfMessages") {
			count, err := strconv.Atoi(attribute.Value)
			if err != nil {
				a.t.Fatal(err)
			}
			n += count
		}
	}
	return n
}

func (a *aws) sqs(action string, parameters ...string) []byte {
	a.t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2012-11-05"}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	return a.Call("sqs", http.MethodPost, "/", "application/x-www-form-urlencoded", []byte(form.Encode()))
}
