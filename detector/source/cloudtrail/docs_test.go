package cloudtrail

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// derivations says in words how a field follows that is not a plain copy.
var derivations = map[string]string{
	"event.outcome":                   "`failure` when `errorCode` or `errorMessage` is there, else `success`; of a ConsoleLogin what `responseElements.ConsoleLogin` says, in lower case",
	"cloud.account.id":                "`userIdentity.accountId`, else `recipientAccountId`",
	"cloud.service.name":              "`eventSource` up to the first dot",
	"user.name":                       "`userIdentity.userName`; for the types AssumedRole and FederatedUser, when it is not there, `userIdentity.sessionContext.sessionIssuer.userName`",
	"source.ip":                       "`sourceIPAddress`, when it is an address and no name",
	"tls.version":                     "`tlsDetails.tlsVersion` behind the v: `1.3` of `TLSv1.3`",
	"tls.version_protocol":            "`tlsDetails.tlsVersion` before the v, in lower case: `tls`",
	"aws.cloudtrail.management_event": "`managementEvent`, as text: `true` or `false`",
	"aws.cloudtrail.read_only":        "`readOnly`",
	"aws.cloudtrail.session_credential_from_console":                   "`sessionCredentialFromConsole`, as text",
	"aws.cloudtrail.user_identity.session_context.mfa_authenticated":   "`userIdentity.sessionContext.attributes.mfaAuthenticated`, as text",
	"aws.cloudtrail.request_parameters":                                "`requestParameters` as one text, `{k=v, k2=[x, y]}`",
	"aws.cloudtrail.response_elements":                                 "`responseElements`, likewise",
	"aws.cloudtrail.additional_eventdata":                              "`additionalEventData`, likewise",
	"aws.cloudtrail.service_event_details":                             "`serviceEventDetails`, likewise",
	"aws.cloudtrail.console_login.additional_eventdata.mobile_version": "of a ConsoleLogin: `additionalEventData.MobileVersion`; all but `No` is true",
	"aws.cloudtrail.console_login.additional_eventdata.mfa_used":       "of a ConsoleLogin: `additionalEventData.MFAUsed`; all but `No` is true",
	"aws.cloudtrail.console_login.additional_eventdata.login_to":       "of a ConsoleLogin: `additionalEventData.LoginTo`",
}

// The table of fields in docs/rules.md is that of the code.
func TestFieldsAreInTheDocumentation(t *testing.T) {
	var rows [][]string
	for _, d := range fields {
		from := "`" + d.From + "`"
		switch {
		case d.Constant != "":
			from = "always `" + d.Constant + "`"
		case d.Derive != nil:
			from = derivations[d.Name]
			if from == "" {
				t.Errorf("nothing says how %s is derived", d.Name)
			}
		case d.Type == event.TypeFlattened:
			from += ", and each leaf below it"
		}
		rows = append(rows, []string{"`" + d.Name + "`", d.Type.String(), from})
	}
	generated.Check(t, "docs/rules.md", "fields", generated.Table([]string{"field", "type", "CloudTrail"}, rows))
}
