package vector

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

const region = "us-east-1"

// aws is moto's S3 and SQS, with a bucket and a queue.
type aws struct {
	t       *testing.T
	address string
	queue   string // its URL
}

// newAWS starts moto, or skips the test.
func newAWS(t *testing.T) *aws {
	t.Helper()
	moto := program(t, "moto_server")
	a := &aws{t: t, address: freeport.Address(t)}
	host, port, _ := strings.Cut(a.address, ":")
	p := &process{t: t, name: "moto", dir: t.TempDir(), ready: answers("http://" + a.address + "/moto-api/"), args: []string{moto, "-H", host, "-p", port}}
	p.start()
	var made struct {
		URL string `xml:"CreateQueueResult>QueueUrl"`
	}
	if err := xml.Unmarshal(a.sqs("CreateQueue", "QueueName", "trail"), &made); err != nil {
		t.Fatal(err)
	}
	a.queue = made.URL
	a.call("s3", http.MethodPut, "/trail", "application/xml", nil)
	return a
}

// put makes an object and announces it in the queue as S3 does. (moto's own
// notifications have times without a zone, which Vector rejects.)
func (a *aws) put(name string, data []byte) {
	a.t.Helper()
	a.call("s3", http.MethodPut, "/trail/"+name, "application/octet-stream", data)
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
	return a.call("sqs", http.MethodPost, "/", "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// call makes a request. moto looks at the service in its signature only.
func (a *aws) call(service, method, path, kind string, body []byte) []byte {
	a.t.Helper()
	r, err := http.NewRequest(method, "http://"+a.address+path, bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=test/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=0", region, service))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		a.t.Fatalf("%s %s: %s %v\n%s", method, path, answer.Status, err, text)
	}
	return text
}
