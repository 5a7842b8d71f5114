package alert

import (
	"strings"
	"testing"
)

// What a list has in ECS is one value where OCSF has room for one, and the
// objects that its evidence is made of are there only if something is in them.
func TestOCSFFromOddEvents(t *testing.T) {
	r := anything(t)
	bare := decode(t, makeAlert(t, r, FormatOCSF, `{"eventSource":"ec2.amazonaws.com","eventName":"StopInstances"}`))
	bare.want(t, "evidences", `[{"api":{"operation":"StopInstances","service":{"name":"ec2.amazonaws.com"}}}]`,
		"cloud", `{"provider":"AWS"}`, "resources", "", "observables", "", "start_time", "", "finding_info.related_events", "")

	lists := decode(t, makeAlert(t, r, FormatOCSF, with(t, eventFile(t, "s3"),
		"userIdentity.sessionContext.attributes.mfaAuthenticated", `"perhaps"`,
		"userIdentity.sessionContext.attributes.creationDate", `"yesterday"`,
		"requestParameters.userName", `["jan","maria"]`,
		"sourceIPAddress", `"s3.amazonaws.com"`,
		"resources", `[{"ARN":"arn:aws:s3:::a"},{"ARN":"arn:aws:s3:::b","type":"AWS::S3::Bucket"}]`)))
	lists.want(t, "evidences.actor.session.is_mfa", "", "evidences.actor.session.created_time", "",
		"evidences.user.name", `"jan"`, // the first; the other is among the observables
		"evidences.src_endpoint", `{"name":"s3.amazonaws.com"}`,
		"resources", `[{"region":"eu-central-1","uid":"arn:aws:s3:::a"},{"region":"eu-central-1","uid":"arn:aws:s3:::b"}]`)
	if !strings.Contains(lists.at("observables"), `"maria"`) {
		t.Error("maria is not among the observables")
	}
}
