package aws

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// sns wraps a message in the envelope of SNS.
func sns(message string) string {
	text, _ := json.Marshal(message)
	return `{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:eu-west-1:111122223333:trail","Subject":"Amazon S3 Notification","Message":` + string(text) +
		`,"Timestamp":"2026-03-02T09:05:00.000Z","SignatureVersion":"1","Signature":"x","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/x.pem"}`
}

// created is a notification of S3 for an object, whose key is encoded as in a form.
func created(bucket, key string, size int) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":"2026-03-02T09:05:00.000Z","eventName":"ObjectCreated:Put",`+
		`"s3":{"s3SchemaVersion":"1.0","bucket":{"name":%q},"object":{"key":%q,"size":%d,"eTag":"e","versionId":"v1","sequencer":"00"}}}]}`, bucket, key, size)
}

// eventBridge is the same by EventBridge.
func eventBridge(bucket, key string) string {
	return fmt.Sprintf(`{"version":"0","id":"i","detail-type":"Object Created","source":"aws.s3","account":"111122223333","time":"2026-03-02T09:05:00Z","region":"eu-west-1",`+
		`"resources":["arn:aws:s3:::b"],"detail":{"version":"0","bucket":{"name":%q},"object":{"key":%q,"size":5,"etag":"e","version-id":"v1","sequencer":"00"},"reason":"PutObject"}}`, bucket, key)
}

func TestParse(t *testing.T) {
	const event = `{"eventVersion":"1.08","eventSource":"sts.amazonaws.com","eventName":"AssumeRole"}`
	wrapped := `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.sts","detail":` + event + `}`
	f := func(body string, want Notification) {
		t.Helper()
		for _, body := range []string{body, sns(body), " " + body + "\n", sns(sns(body))} {
			got, err := Parse([]byte(body))
			got.Events = []byte(strings.TrimSpace(string(got.Events)))
			if want.Events == nil {
				want.Events = []byte{}
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\n got %+v, %v\nwant %+v", body, got, err, want)
			}
		}
	}
	o := func(key, other string) Notification {
		return Notification{Objects: []Object{{Bucket: "b", Key: key, OtherKey: other, VersionID: "v1", Region: "eu-west-1", Size: 5}}}
	}
	f(created("b", "a+b%2Bc/%C3%A9.json.gz", 5), o("a b+c/é.json.gz", ""))
	f(created("b", "100%.gz", 5), o("100%.gz", "")) // not encoded after all
	f(eventBridge("b", "a+b.gz"), o("a+b.gz", "a b.gz"))
	f(eventBridge("b", "plain.gz"), o("plain.gz", ""))
	f(`{"s3Bucket":"b","s3ObjectKey":["x.gz","y+z.gz"]}`, Notification{Objects: []Object{{Bucket: "b", Key: "x.gz", Size: -1}, {Bucket: "b", Key: "y+z.gz", OtherKey: "y z.gz", Size: -1}}})
	f(`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-03-02T09:05:00.000Z","Bucket":"b","RequestId":"r","HostId":"h"}`, Notification{Other: "s3:TestEvent"})
	f("CloudTrail validation message.", Notification{Other: validation})
	f(strings.Replace(created("b", "x", 5), "ObjectCreated:Put", "ObjectRemoved:Delete", 1), Notification{Other: "ObjectRemoved:Delete"})
	f(strings.Replace(eventBridge("b", "x"), "Object Created", "Object Deleted", 1), Notification{Other: "Object Deleted"})
	f(event, Notification{Events: []byte(event)})
	f(wrapped, Notification{Events: []byte(wrapped)})
	f(`{"Records":[`+event+`]}`, Notification{Events: []byte(`{"Records":[` + event + `]}`)})

	for _, body := range []string{``, `x`, `{}`, `[]`, `{"Records":[]}`, `{"Records":[5]}`, `{"Records":[{"s3":{}}]}`, `{"s3Bucket":"b"}`, sns(`x`), sns(sns(sns(sns(`{}`)))),
		strings.Replace(created("b", "x", 1), `"2.1"`, `"3.0"`, 1), strings.Replace(eventBridge("b", "x"), `"bucket"`, `"pail"`, 1)} {
		if n, err := Parse([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, n)
		}
	}
}

func TestIsTrail(t *testing.T) {
	for key, want := range map[string]bool{
		"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/x.json.gz":                     true,
		"p/q/AWSLogs/o-abc123/111122223333/CloudTrail/eu-west-1/2026/03/02/x.json.gz":        true,
		"p/q/AWSLogs/o-abc123/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/x.json.gz": false,
		"AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/03/02/x.json.gz":             false,
		"AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/03/02/x.log.gz":                     false,
		"AWSLogs/111122223333/CloudTrail/":                                                   false,
		"copies/x.json.gz":                                                                   true,
		"AWSLogs/notanaccount/CloudTrail-Digest/of/somebody/else":                            true,
	} {
		if got := isTrail(key, false); got != want {
			t.Errorf("%s: %v", key, got)
		}
	}
	if !isTrail("AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/03/02/x.json.gz", true) {
		t.Error("insights")
	}
}

func TestRegionOf(t *testing.T) {
	for url, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/111122223333/q":     "eu-west-1",
		"https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q": "cn-north-1",
		"https://sqs-fips.us-gov-west-1.amazonaws.com/1/q":       "us-gov-west-1",
		"https://us-west-2.queue.amazonaws.com/111122223333/q":   "us-west-2",
		"http://127.0.0.1:4566/000000000000/q":                   "",
	} {
		if got := RegionOf(url); got != want {
			t.Errorf("%s: %q", url, got)
		}
	}
}
