package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

// typical returns n events of the size that those of CloudTrail have, about 1.2 KB, as lines.
// One of a thousand matches.
func typical(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		if i%1000 == 0 {
			b.WriteString(pushes(i, 1))
			continue
		}
		fmt.Fprintf(&b, `{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE%08d:i-%017x","arn":"arn:aws:sts::111122223333:assumed-role/web/i-%017x","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE%08d",`+
			`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE%08d","arn":"arn:aws:iam::111122223333:role/web","accountId":"111122223333","userName":"web"},"attributes":{"creationDate":"2026-03-02T08:%02d:00Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}},`+
			`"eventTime":"2026-03-02T09:%02d:%02dZ","eventSource":"s3.amazonaws.com","eventName":"HeadObject","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.%d","userAgent":"[aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOARCH#amd64 api/s3#1.58.2]",`+
			`"requestParameters":{"bucketName":"a-bucket-with-%x","Host":"a-bucket.s3.eu-west-1.amazonaws.com","key":"data/%08d/part-%05d.parquet"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","bytesTransferredOut":%d},`+
			`"requestID":"%016X","eventID":"r-%d","readOnly":true,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::a-bucket/data/%08d"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data"}`+"\n",
			i%977, i, i, i%977, i%977, i%60, i%60, i%59, i%250, i*2654435761%1e9, i, i%99999, i*7919%1e6, i*2654435761, i, i)
	}
	return b.String()
}

// processor returns the CPU time of a process so far, in seconds, and its resident memory, in
// megabytes.
func (f *fluentBit) processor() (seconds, megabytes float64) {
	f.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", f.cmd.Process.Pid))
	if err != nil {
		f.t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	pages, _ := strconv.Atoi(fields[21])
	return float64(user+system) / 100, float64(pages*os.Getpagesize()) / 1e6
}

// How fast events come from S3 to alerts, what that costs beside tail that reads the same
// events as lines of JSON, and what an empty queue costs.
func TestTrailSpeed(t *testing.T) {
	if os.Getenv("DETECT_TRAIL_EVENTS") == "" {
		t.Skip("not tested: how fast events come from S3: DETECT_TRAIL_EVENTS is not set")
	}
	events := number(t, "DETECT_TRAIL_EVENTS", 0)
	const each = 5000
	originals := regexp.MustCompile(`(?s)\[OUTPUT\]\s+Name    file\s+Match   cloudtrail.*?plain\n`)
	c := fakeCloud{fake.New(t)}
	var plain, packed int
	dir := t.TempDir()
	lines, err := os.Create(filepath.Join(dir, "in.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := queued(t, c)
	f.reconfigure(func(config string) string { return originals.ReplaceAllString(config, "") })
	f.run()
	f.wantLog("rule loaded")
	time.Sleep(10 * time.Second)
	before, _ := f.processor()
	time.Sleep(20 * time.Second)
	after, memory := f.processor()
	t.Logf("an empty queue: %.2f %% of a processor, %.1f MB resident", (after-before)/20*100, memory)
	f.stop()
	for from := 0; from < events; from += each {
		text := typical(from, each)
		object := objectOf(text)
		plain, packed = plain+len(text), packed+len(object)
		if _, err := lines.WriteString(text); err != nil {
			t.Fatal(err)
		}
		c.put(trailName(from), object)
		c.send(fmt.Sprintf(`{"s3Bucket":"trail","s3ObjectKey":[%q]}`, trailName(from)))
	}
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
	alerts := (events + 999) / 1000
	measure := func(what string, f *fluentBit, ended func() bool) {
		t.Helper()
		f.run()
		f.wantLog("rule loaded")
		began := time.Now()
		before, _ := f.processor()
		f.wait("all alerts", 10*time.Minute, func() bool { return f.lines("alerts") >= alerts && ended() })
		took := time.Since(began).Seconds()
		after, memory := f.processor()
		t.Logf("%s: %d events, %.0f MB of JSON, %.1f MB of gzip in %.1f s: %.0f events/s, %.1f MB/s of gzip; %.1f s of CPU, %.1f s a GB of JSON; %.0f MB resident", what, events,
			float64(plain)/1e6, float64(packed)/1e6, took, float64(events)/took, float64(packed)/1e6/took, after-before, (after-before)/(float64(plain)/1e9), memory)
		f.stop()
	}
	f.runAgain()
	measure("objects", f, func() bool { return c.left() == 0 })
	tail := prepare(t, originals.ReplaceAllString(strings.ReplaceAll(durable, "DIR/in*.json", lines.Name()), "\n"))
	measure("tail", tail, func() bool { return true })
}
