package sidecar

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/plugin/sns"
	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

// Objects come from a real server of S3, which announces them to a topic as S3 does. What the
// topic posts is signed anew on its way to the sidecar, as that server has no key of SNS; as it
// is, it is refused.
func TestAnnouncedByMoto(t *testing.T) {
	t.Parallel()
	moto := fake.NewMoto(t, "eu-west-1")
	service := fake.NewSNS(t, "sns.amazonaws.com")
	r := runWith(t, keys{"s3_region": "eu-west-1", "s3_endpoint": "http://" + moto.Address, "state_path": t.TempDir(), "sns_topics": fake.Topic},
		testLimits, sns.Service{Transport: service, Roots: service.Roots})

	bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		var m struct{ Type, Message string }
		if err := json.Unmarshal(body, &m); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		if m.Type != sns.Notification {
			return
		}
		if answer, text := send(t, r.at("/v1/sns"), string(body)); answer.StatusCode != http.StatusForbidden {
			t.Errorf("what nobody has signed: %s %s, want 403", answer.Status, text)
		}
		if answer, text := send(t, r.at("/v1/sns"), string(service.Notification("2", m.Message))); answer.StatusCode != http.StatusOK {
			t.Errorf("%s %s, want 200: %s", answer.Status, text, m.Message)
		}
	}))
	defer bridge.Close()

	form := func(parameters ...string) []byte {
		f := url.Values{"Version": {"2010-03-31"}}
		for i := 0; i < len(parameters); i += 2 {
			f.Set(parameters[i], parameters[i+1])
		}
		return moto.Call("sns", http.MethodPost, "/", "application/x-www-form-urlencoded", []byte(f.Encode()))
	}
	var made struct {
		ARN string `xml:"CreateTopicResult>TopicArn"`
	}
	if err := xml.Unmarshal(form("Action", "CreateTopic", "Name", "trail"), &made); err != nil || made.ARN == "" {
		t.Fatal(err, made)
	}
	form("Action", "Subscribe", "TopicArn", made.ARN, "Protocol", "http", "Endpoint", bridge.URL)
	moto.Call("s3", http.MethodPut, "/trail", "application/xml", []byte(`<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`))
	moto.Call("s3", http.MethodPut, "/trail?notification", "application/xml", []byte(`<NotificationConfiguration><TopicConfiguration><Id>new</Id><Topic>`+made.ARN+
		`</Topic><Event>s3:ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>`))
	for i, prefix := range []string{"", "a b+c/é%41/", "", "o-1/"} {
		key := prefix + fmt.Sprintf(trailKey, fmt.Sprint(i))
		if i == 2 {
			key = strings.Replace(key, "/CloudTrail/", "/CloudTrail-Digest/", 1)
		}
		moto.Call("s3", http.MethodPut, "/trail/"+strings.ReplaceAll(url.PathEscape(key), "%2F", "/"), "application/octet-stream", []byte(pack(t, "gzip", trailOf(other, push(fmt.Sprint(i))))))
	}
	wait(t, "three alerts", func() bool { return strings.Count(r.stdout.String(), `"alert_id"`) == 3 })
	wait(t, "nothing that waits", func() bool {
		return strings.Contains(r.get("/metrics"), "fluent_detect_s3_announced_waiting{input=\"s3\"} 0\n")
	})
	for _, want := range []string{
		`announced_objects_total{input="s3",outcome="noted"} 4`, `announced_objects_total{input="s3",outcome="done"} 4`, `announced_objects_total{input="s3",outcome="dead"} 0`,
		`objects_total{input="s3",result="done"} 3`, `objects_total{input="s3",result="skipped"} 1`, `push_requests_total{endpoint="sns",result="refused"} 0`,
	} {
		if text := r.get("/metrics"); !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}
