package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/mmdb"
)

// call is an event of a user of IAM, now.
func call(user, source, action, address, id string) string {
	return fmt.Sprintf(`{"eventID":"%s","eventTime":"%s","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"eu-west-1","recipientAccountId":"111122223333","sourceIPAddress":"%s",`+
		`"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/%s","accountId":"111122223333","userName":"%s"}}`+"\n",
		id, time.Now().UTC().Format(time.RFC3339), source, action, address, user, user)
}

// With state_path alerts tell what the actor did before, over a kill -9 too, and what it did
// next when Fluent Bit ends.
func TestContext(t *testing.T) {
	t.Parallel()
	f := prepare(t, pipeline("SETTINGS", "State_Path DIR/state\n    Follow_Up 1h"))
	f.write("in1.json", call("ann", "ec2", "CreateKeyPair", "192.0.2.1", "1")+call("ann", "ec2-instance-connect", "SendSSHPublicKey", "192.0.2.1", "2"))
	f.run()
	f.wantLines("alerts", 1, 20*time.Second)
	if alert := f.read("alerts"); !strings.Contains(alert, `"actions":["1 CreateKeyPair"]`) || !strings.Contains(alert, "First time for this actor") {
		t.Errorf("the alert is %s", alert)
	}
	time.Sleep(6 * time.Second) // the history is written at intervals
	_ = f.cmd.Process.Kill()
	<-f.done
	f.again()
	f.write("in1.json", "")
	f.run()
	f.write("in2.json", call("ann", "ec2-instance-connect", "SendSSHPublicKey", "192.0.2.1", "3"))
	f.wait("the second alert", 20*time.Second, func() bool { return strings.Contains(f.read("alerts"), "Done 1 time before") })
	f.write("in2.json", "")
	f.write("in3.json", call("ann", "cloudtrail", "StopLogging", "192.0.2.1", "4"))
	time.Sleep(2 * time.Second)
	f.stop()
	f.again()
	f.run()
	f.wait("the follow-ups", 20*time.Second, func() bool { return strings.Count(f.read("alerts"), `"kind":"enrichment"`) == 2 })
	if got := f.read("alerts"); !strings.Contains(got, `"notable":["StopLogging"]`) {
		t.Errorf("the alerts are %s", got)
	}
}

// What the filter geoip2 adds to raw records reaches the rules and the alerts.
func TestGeoIP2(t *testing.T) {
	t.Parallel()
	f := prepare(t, pipeline("SETTINGS", "Rules DIR/geo.toml\n    Added_Fields country=source.geo.country_iso_code",
		"[OUTPUT]\n    Name         detect", "[FILTER]\n    Name geoip2\n    Match *\n    Database DIR/city.mmdb\n    Lookup_Key sourceIPAddress\n    Record country sourceIPAddress %{country.iso_code}\n    Record source.geo.city_name sourceIPAddress %{city.names.en}\n[OUTPUT]\n    Name         detect"))
	if out, _ := exec.Command(binary(t), "--help").CombinedOutput(); !strings.Contains(string(out), "geoip2") {
		t.Skip("this Fluent Bit has no filter geoip2; not tested: that what it adds reaches the rules")
	}
	f.write("city.mmdb", string(mmdb.City().Bytes()))
	f.write("geo.toml", `[rule]
rule_id = "2f1b0c34-0000-4000-8000-000000000002"
name = "From Germany"
severity = "low"
risk_score = 21
type = "query"
language = "kuery"
query = "event.action: CreateUser and source.geo.country_iso_code: DE and source.geo.city_name: Berlin"
`)
	f.write("in1.json", call("ann", "iam", "CreateUser", "203.0.113.7", "1")+call("ann", "iam", "CreateUser", "203.0.113.70", "2")+call("ann", "iam", "CreateUser", "192.0.2.1", "3"))
	f.run()
	f.wantLines("alerts", 1, 20*time.Second)
	if alert := f.read("alerts"); !strings.Contains(alert, `"country_iso_code":"DE"`) || !strings.Contains(alert, `"city_name":"Berlin"`) {
		t.Errorf("the alert is %s", alert)
	}
}
