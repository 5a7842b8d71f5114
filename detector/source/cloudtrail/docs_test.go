package cloudtrail

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// derivations says in words how a field follows that is not a plain copy.
var derivations = map[string]string{
	"event.outcome":          "`failure` if there is an `errorCode` or `errorMessage`, else `success`. For ConsoleLogin, the value of `responseElements.ConsoleLogin` in lower case",
	"cloud.account.id":       "`userIdentity.accountId`, or else `recipientAccountId`",
	"event.category":         "from Elastic's table of 91 `eventName`s; absent for other names",
	"event.type":             "from the same table; `info` for other names",
	"cloud.service.name":     "`eventSource` without `.amazonaws.com` at its end; absent if it does not end so",
	"user.name":              "for the types AssumedRole and FederatedUser, `userIdentity.sessionContext.sessionIssuer.userName`; for others, `userIdentity.userName`. For a UserAuthentication without either, `additionalEventData.UserName`, which is then not in `aws.cloudtrail.additional_eventdata`. Absent if there is a `service.name`",
	"user.id":                "`userIdentity.principalId`; for an IdentityCenterUser without one, `userIdentity.onBehalfOf.userId`. Absent if there is a `service.name`",
	"user.email":             "the session name (the last part of the ARN) if it contains an @; else `user.name` if it contains one after its first character",
	"service.name":           "`userIdentity.invokedBy` if the caller is an AWSService or a session of a service-linked role; without it, the service in the ARN of such a role",
	"tls.cipher":             "`tlsDetails.cipherSuite`, unless `tlsDetails.tlsVersion` is the text `tlsVersion`",
	"tls.client.server_name": "`tlsDetails.clientProvidedHostHeader`, with the same exception",
	"aws.cloudtrail.tls_details.key_exchange": "`tlsDetails.keyExchange`, with the same exception",
	"user.entity.id":                 "the ARN of a caller that is a user; for a session, the ARN of its role",
	"host.entity.id":                 "the caller if it is an instance",
	"service.entity.id":              "the caller if it is an AWS service or the session of a service-linked role",
	"entity.id":                      "any other caller",
	"actor.entity.id":                "the caller: `userIdentity.arn`, or else `userIdentity.onBehalfOf.userId`. For AssumeRole by a service, `userIdentity.invokedBy`; by a session, the ARN of its role",
	"user.target.entity.id":          "what the call is about, if it is a user, a role, an instance profile, an MFA device or an access key",
	"host.target.entity.id":          "what the call is about, if it is an instance",
	"host.target.id":                 "the same, but only the ID of an EC2 instance",
	"service.target.entity.id":       "what the call is about, if it is a resource of a service",
	"entity.target.id":               "anything else that the call is about, and a role in `requestParameters.roleName`, whatever its name looks like",
	"target.entity.id":               "everything that the call is about, from Elastic's table by `eventSource` and `eventName`",
	"related.entity":                 "the caller, its access key and role, `resources.ARN`, what the call is about, and names and IDs in the parameters and answers of some services",
	"related.user":                   "the name of the session and what is before an @ in it, `user.target.name`, `user.changes.name`, `user.target.id`, `user.id`, `user.name`, `userIdentity.onBehalfOf.userId`",
	"related.ip":                     "`source.ip`, and `serviceEventDetails.sourceIpAddress` if it is an address",
	"related.hosts":                  "`tls.client.server_name` and a host in `sourceIPAddress`, unless they end in `.amazonaws.com`; `requestParameters.computerName`; the IDs of instances in parameters, answers and resources",
	"aws.cloudtrail.shared_event_id": "`sharedEventID`, or else `sharedEventId`",
	"aws.cloudtrail.user_identity.session_context.creation_date": "`userIdentity.sessionContext.attributes.creationDate`, if it is a date in ISO 8601 or `yyyyMMdd'T'HHmmss` with a zone",
	"source.ip":                                      "`sourceIPAddress`, if it is an address and not a name",
	"tls.version":                                    "the part of `tlsDetails.tlsVersion` after the v, or all of it without a v: `1.3` from `TLSv1.3` and from `1.3`. If it is the text `tlsVersion`, all of `tls` is absent",
	"tls.version_protocol":                           "the part of `tlsDetails.tlsVersion` before the v, in lower case: `tls`",
	"aws.cloudtrail.management_event":                "`managementEvent`, as text: `true` or `false`",
	"aws.cloudtrail.read_only":                       "`readOnly`",
	"aws.cloudtrail.session_credential_from_console": "`sessionCredentialFromConsole`, as text",
	"aws.cloudtrail.user_identity.session_context.mfa_authenticated":   "`userIdentity.sessionContext.attributes.mfaAuthenticated`, as text",
	"aws.cloudtrail.request_parameters":                                "`requestParameters` as one text, `{k=v, k2=[x, y]}`",
	"aws.cloudtrail.response_elements":                                 "`responseElements` as such a text",
	"aws.cloudtrail.additional_eventdata":                              "`additionalEventData` as such a text",
	"aws.cloudtrail.service_event_details":                             "`serviceEventDetails` as such a text",
	"aws.cloudtrail.console_login.additional_eventdata.mobile_version": "for ConsoleLogin: `additionalEventData.MobileVersion`; anything but `No` is true",
	"aws.cloudtrail.console_login.additional_eventdata.mfa_used":       "for ConsoleLogin: `additionalEventData.MFAUsed`; anything but `No` is true",
	"aws.cloudtrail.console_login.additional_eventdata.login_to":       "for ConsoleLogin: `additionalEventData.LoginTo`",
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
