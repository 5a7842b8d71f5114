package vector

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// event returns an event of CloudTrail that the built-in rule matches.
func event(id int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u%[1]d","accountId":"111122223333","userName":"u%[1]d"},`+
		`"eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.24",`+
		`"userAgent":"aws-cli/2","requestParameters":{"instanceId":"i-0123456789abcdef0","instanceOSUser":"ec2-user"},"responseElements":null,"eventID":"e-%[1]d",`+
		`"eventType":"AwsApiCall","eventCategory":"Management","recipientAccountId":"111122223333"}`, id)
}

// other returns an event that it does not match.
func other(id int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"us-east-1",`+
		`"sourceIPAddress":"203.0.113.24","requestParameters":null,"responseElements":null,"eventID":"o-%d","recipientAccountId":"111122223333"}`, id)
}

// batch returns events that match, from a number on, and others for each of them.
func batch(first, matches, others int) []string {
	var all []string
	for i := first; i < first+matches; i++ {
		for j := range others {
			all = append(all, other(others*i+j))
		}
		all = append(all, event(i))
	}
	return all
}

// object returns what CloudTrail writes to S3: one line without a newline, packed.
func object(t *testing.T, records []string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := fmt.Fprintf(w, `{"Records":[%s]}`, strings.Join(records, ",")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// replay returns the ids of the alerts that fluent-detect replay makes of events.
func replay(t *testing.T, events []string) map[string]int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.json")
	if err := os.WriteFile(path, []byte(strings.Join(events, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(command, "replay", "--no-cap", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return alertIDs(t, string(out))
}
