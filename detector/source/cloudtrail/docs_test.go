package cloudtrail

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// derivations says in words how a field follows that is not a plain copy.
var derivations = map[string]string{
	"event.outcome":          "`failure` when `errorCode` or `errorMessage` is there, else `success`; of a ConsoleLogin what `responseElements.ConsoleLogin` says, in lower case",
	"cloud.account.id":       "`userIdentity.accountId`, else `recipientAccountId`",
	"event.category":         "by `eventName`, from Elastic's table of 91 names; of other events absent",
	"event.type":             "by `eventName`, from that table; of other events `info`",
	"cloud.service.name":     "`eventSource` before `.amazonaws.com`; absent if it does not end in that",
	"user.name":              "of the types AssumedRole and FederatedUser `userIdentity.sessionContext.sessionIssuer.userName`; else `userIdentity.userName`; of a UserAuthentication without either `additionalEventData.UserName`, which is then not in `aws.cloudtrail.additional_eventdata`; absent if there is a `service.name`",
	"user.id":                "`userIdentity.principalId`; of the type IdentityCenterUser without one `userIdentity.onBehalfOf.userId`; absent if there is a `service.name`",
	"user.email":             "the name of the session, which comes last in the ARN, if it has an @; else `user.name` if it has one behind its start",
	"service.name":           "`userIdentity.invokedBy` of the type AWSService, and of sessions of service-linked roles, or else the service in the ARN of such a role",
	"tls.cipher":             "`tlsDetails.cipherSuite`, unless `tlsDetails.tlsVersion` is the text `tlsVersion`",
	"tls.client.server_name": "`tlsDetails.clientProvidedHostHeader`, likewise",
	"aws.cloudtrail.tls_details.key_exchange": "`tlsDetails.keyExchange`, likewise",
	"user.entity.id":                 "the ARN of the caller if it is a user; of a session that of its role",
	"host.entity.id":                 "the caller if it is an instance",
	"service.entity.id":              "the caller if it is an AWS service or the session of a service-linked role",
	"entity.id":                      "any other caller",
	"actor.entity.id":                "the caller: `userIdentity.arn`, else `userIdentity.onBehalfOf.userId`; of an AssumeRole by a service `userIdentity.invokedBy`, by a session the ARN of its role",
	"user.target.entity.id":          "what the call is about, if it is a user, a role, an instance profile, an MFA device or an access key",
	"host.target.entity.id":          "what the call is about, if it is an instance",
	"host.target.id":                 "likewise, only the ID of an EC2 instance",
	"service.target.entity.id":       "what the call is about, if it is a resource of a service",
	"entity.target.id":               "anything else that the call is about; also a role that is named by `requestParameters.roleName`, whatever its name looks like",
	"target.entity.id":               "all of what the call is about: by `eventSource` and `eventName`, from Elastic's table",
	"related.entity":                 "the caller, its access key and role, `resources.ARN`, what the call is about, and names and IDs in the parameters and answers of some services",
	"related.user":                   "the name of the session and what is before an @ in it, `user.target.name`, `user.changes.name`, `user.target.id`, `user.id`, `user.name`, `userIdentity.onBehalfOf.userId`",
	"related.ip":                     "`source.ip`, and `serviceEventDetails.sourceIpAddress` if it is an address",
	"related.hosts":                  "`tls.client.server_name` and a host in `sourceIPAddress`, unless they end in `.amazonaws.com`; `requestParameters.computerName`; the IDs of instances in parameters, answers and resources",
	"aws.cloudtrail.shared_event_id": "`sharedEventID`, else `sharedEventId`",
	"aws.cloudtrail.user_identity.session_context.creation_date": "`userIdentity.sessionContext.attributes.creationDate`, if it is a date in ISO 8601 or `yyyyMMdd'T'HHmmss` with a zone",
	"source.ip":                                      "`sourceIPAddress`, when it is an address and no name",
	"tls.version":                                    "`tlsDetails.tlsVersion` behind the v, or the whole without one: `1.3` of `TLSv1.3` and of `1.3`; all of `tls` is absent if it is the text `tlsVersion`",
	"tls.version_protocol":                           "`tlsDetails.tlsVersion` before the v, in lower case: `tls`",
	"aws.cloudtrail.management_event":                "`managementEvent`, as text: `true` or `false`",
	"aws.cloudtrail.read_only":                       "`readOnly`",
	"aws.cloudtrail.session_credential_from_console": "`sessionCredentialFromConsole`, as text",
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
		case d.Also != "":
			from += ", `" + d.Also + "`"
		}
		rows = append(rows, []string{"`" + d.Name + "`", d.Type.String(), from})
	}
	generated.Check(t, "docs/rules.md", "fields", generated.Table([]string{"field", "type", "CloudTrail"}, rows))
}
