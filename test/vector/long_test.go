package vector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// With the codec json an object of S3 is one text in what Vector sends, of any length. It is
// evaluated as the object is, and the message goes when that is done.
func TestLongObjects(t *testing.T) {
	t.Parallel()
	program(t, "vector")
	a := newAWS(t)
	p := newPair(t, "vector.yaml", append(a.replacements(60), "codec: raw_message", "codec: json")...)
	events := batch(0, 3, 22_000) // 18 MB
	a.put("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/111122223333_CloudTrail_us-east-1_20260302T0900Z_long.json.gz", object(t, events))
	p.start()
	p.wantAll(events, nil)
	wait(t, "an empty queue", patience, func() bool { return a.messages() == 0 })
}

// The sidecar reads objects in S3 by itself, with conf/sidecar/s3.yaml, and a Vector with
// conf/vector/alerts.yaml takes the alerts.
func TestSidecarReadsS3(t *testing.T) {
	t.Parallel()
	program(t, "vector")
	a := newAWS(t)
	p := newPair(t, "alerts.yaml")
	text, err := os.ReadFile(filepath.Join(root, "conf/sidecar/s3.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(p.dir, "s3.yaml")
	settings := strings.NewReplacer("https://sqs.eu-west-1.amazonaws.com/111122223333/cloudtrail", a.queue, "/var/lib/fluent-detect", p.dir).Replace(string(text)) +
		fmt.Sprintf("s3_region: %s\ns3_endpoint: http://%s\ns3_sqs_endpoint: http://%[2]s\ns3_wait_time: 1s\n", region, a.Address)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	p.sidecar.args = append(p.sidecar.args, "--config", config)
	p.sidecar.env = []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true"}
	events := batch(0, 3, 10)
	a.put("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/111122223333_CloudTrail_us-east-1_20260302T0900Z_1.json.gz", object(t, events))
	p.start()
	p.wantAll(events, nil)
	if n := a.messages(); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}
