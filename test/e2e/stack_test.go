package e2e

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const stackTemplate = "conf/aws/cloudtrail.yaml"

func shippedText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// cloudFormation calls an action of CloudFormation.
func (m *moto) cloudFormation(action string, parameters ...string) []byte {
	m.t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-05-15"}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	q, err := http.NewRequest(http.MethodPost, m.endpoint+"/", strings.NewReader(form.Encode()))
	if err != nil {
		m.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260302/eu-west-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		m.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		m.t.Fatalf("%s: %s, %v: %s", action, answer.Status, err, text)
	}
	return text
}

// stack makes the shipped stack, and returns its outputs.
func (m *moto) stack(name string, parameters ...string) map[string]string {
	m.t.Helper()
	request := []string{"StackName", name, "TemplateBody", shippedText(m.t, stackTemplate), "Capabilities.member.1", "CAPABILITY_IAM"}
	for i := 0; i < len(parameters); i += 2 {
		request = append(request, fmt.Sprintf("Parameters.member.%d.ParameterKey", i/2+1), parameters[i], fmt.Sprintf("Parameters.member.%d.ParameterValue", i/2+1), parameters[i+1])
	}
	m.cloudFormation("CreateStack", request...)
	var made struct {
		Outputs []struct {
			Key   string `xml:"OutputKey"`
			Value string `xml:"OutputValue"`
		} `xml:"DescribeStacksResult>Stacks>member>Outputs>member"`
	}
	if err := xml.Unmarshal(m.cloudFormation("DescribeStacks", "StackName", name), &made); err != nil {
		m.t.Fatal(err)
	}
	all := map[string]string{}
	for _, o := range made.Outputs {
		all[o.Key] = o.Value
	}
	for _, key := range []string{"QueueURL", "DeadLettersURL", "Bucket", "RoleARN", "PolicyARN"} {
		if all[key] == "" {
			m.t.Fatalf("the stack has no output %s: %v", key, all)
		}
	}
	return all
}

// notify turns on the notifications of a bucket: by EventBridge, or to the queue as the
// template says. (moto does not take them from the template.)
func (m *moto) notify(bucket, queueURL string) {
	m.t.Helper()
	var c s3types.NotificationConfiguration
	if queueURL == "" {
		c.EventBridgeConfiguration = &s3types.EventBridgeConfiguration{}
	} else {
		text := shippedText(m.t, stackTemplate)
		event := regexp.MustCompile(`- Event: (\S+)`).FindStringSubmatch(text)
		prefix := regexp.MustCompile(`Prefix:\n +Type: String\n +Default: (\S+)`).FindStringSubmatch(text)
		if event == nil || prefix == nil {
			m.t.Fatal("the template has no event or no prefix")
		}
		arn := m.attribute(queueURL, sqstypes.QueueAttributeNameQueueArn)
		c.QueueConfigurations = []s3types.QueueConfiguration{{QueueArn: &arn, Events: []s3types.Event{s3types.Event(event[1])},
			Filter: &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: s3types.FilterRuleNamePrefix, Value: &prefix[1]}}}}}}
	}
	if _, err := m.s3.PutBucketNotificationConfiguration(context.Background(), &s3.PutBucketNotificationConfigurationInput{Bucket: &bucket, NotificationConfiguration: &c}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *moto) attribute(queueURL string, name sqstypes.QueueAttributeName) string {
	m.t.Helper()
	out, err := m.sqs.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{QueueUrl: &queueURL, AttributeNames: []sqstypes.QueueAttributeName{name}})
	if err != nil {
		m.t.Fatal(err)
	}
	return out.Attributes[string(name)]
}

// The shipped stack, made by moto's CloudFormation, is read by a Fluent Bit and by the
// sidecar with the shipped configurations, with a bucket that it makes and with one that
// exists. With its role they may read what they need.
func TestStack(t *testing.T) {
	t.Parallel()
	binary(t)
	m := newMoto(t)
	const n = 3
	put := func(made map[string]string) {
		t.Helper()
		for i := range n {
			for _, key := range []string{trailName(i), "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/" + fmt.Sprint(i)} {
				if _, err := m.s3.PutObject(context.Background(), &s3.PutObjectInput{Bucket: awssdk.String(made["Bucket"]), Key: &key, Body: bytes.NewReader(objectOf(pushes(i, 1) + otherEvents(2)))}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	empty := func(made map[string]string) func() bool {
		return func() bool {
			return m.attribute(made["QueueURL"], sqstypes.QueueAttributeNameApproximateNumberOfMessages) == "0" &&
				m.attribute(made["QueueURL"], sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible) == "0"
		}
	}
	var bits []*shipped
	var stacks []map[string]string
	for _, ext := range []string{".conf", ".yaml"} {
		made := m.stack("made-" + ext[1:])
		if policy := m.attribute(made["QueueURL"], sqstypes.QueueAttributeNameRedrivePolicy); !strings.Contains(policy, "DeadLetters") {
			t.Errorf("the queue has no dead-letter queue: %q", policy)
		}
		m.notify(made["Bucket"], made["QueueURL"])
		separator := map[string]string{".conf": " ", ".yaml": ": "}[ext]
		settings := ""
		for _, s := range [][2]string{{"endpoint", m.endpoint}, {"sqs_endpoint", m.endpoint}, {"sts_endpoint", m.endpoint}, {"role_arn", made["RoleARN"]}, {"wait_time", "1s"}} {
			settings += "\n${1}" + s[0] + separator + s[1]
		}
		s := ship(t, "input-s3"+ext, edit{`(?m)^( +)([Qq]ueue_(?:URL|url):? +)https://\S+`, "${1}${2}" + made["QueueURL"] + settings})
		s.cmd.Env = append(os.Environ(), awsEnvironment...)
		put(made)
		s.run()
		bits, stacks = append(bits, s), append(stacks, made)
	}
	other := m.stack("other", "Bucket", "trail", "OIDCProvider", "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE", "Key", "arn:aws:kms:eu-west-1:111122223333:key/k")
	m.notify("trail", "")
	put(other)
	f := &fluentBit{t: t, dir: t.TempDir()}
	f.write("s3.yaml", strings.NewReplacer("https://sqs.eu-west-1.amazonaws.com/111122223333/cloudtrail", other["QueueURL"], "/var/lib/fluent-detect", f.dir, "http://127.0.0.1:9881/alerts", `"-"`).
		Replace(shippedText(t, "conf/sidecar/s3.yaml"))+"s3_endpoint: "+m.endpoint+"\ns3_sqs_endpoint: "+m.endpoint+"\ns3_wait_time: 1s\n")
	f.cmd = exec.Command(filepath.Join(root, "build/fluent-detect"), "serve", "--config", filepath.Join(f.dir, "s3.yaml"), "--listen", "127.0.0.1:0", "--heartbeat", "0")
	f.cmd.Env = append(os.Environ(), awsEnvironment...)
	t.Cleanup(f.end)
	f.run()
	for i, s := range append(bits, &shipped{f, ".yaml"}) {
		made := append(stacks, other)[i]
		s.wait("the alerts", 30*time.Second, func() bool { return countAlerts(s.read("log")) == n })
		s.wait("an empty queue", 30*time.Second, empty(made))
		s.stop()
	}
}

// The shipped policy, that in the documentation and that of the stack allow the same, and
// nothing else.
func TestPolicy(t *testing.T) {
	t.Parallel()
	actions := func(text string) (all []string) {
		for _, a := range regexp.MustCompile(`\b(?:s3:Get|sqs:(?:Receive|Delete|Change|Get)|kms:Decrypt)\w*`).FindAllString(text, -1) {
			if a != "s3:GetBucketAcl" { // CloudTrail's own
				all = append(all, a)
			}
		}
		return all
	}
	count := func(name string) map[string]int {
		all := map[string]int{}
		for _, a := range actions(shippedText(t, name)) {
			all[a]++
		}
		return all
	}
	policy, stack := count("conf/aws/policy.json"), count(stackTemplate)
	if len(policy) != 7 {
		t.Errorf("the policy has %v", policy)
	}
	if fmt.Sprint(policy) != fmt.Sprint(stack) {
		t.Errorf("the policy has %v, and the stack %v", policy, stack)
	}
	if docs := shippedText(t, "docs/operators.md"); !strings.Contains(docs, "../conf/aws/policy.json") {
		t.Error("docs/operators.md does not name the policy")
	}
}

// cfn-lint accepts the templates.
func TestTemplates(t *testing.T) {
	t.Parallel()
	lint, err := exec.LookPath("cfn-lint")
	if err == nil {
		err = exec.Command(lint, "--version").Run()
	}
	if err != nil {
		t.Skip("not tested: the templates of conf/aws by cfn-lint, which is not on PATH (pip install cfn-lint)")
	}
	files, err := filepath.Glob(filepath.Join(root, "conf/aws/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	if out, err := exec.Command(lint, files...).CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
