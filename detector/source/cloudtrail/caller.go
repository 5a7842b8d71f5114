package cloudtrail

import "strings"

// callerControlled reports whether whoever makes a call chooses what a field
// holds: the user agent, the parameters of the call with all that is in them,
// the host name in the TLS handshake, the region. What AWS writes by itself
// (who, which event, when, from which address) is not.
func callerControlled(name string) bool {
	switch name {
	case "user_agent.original", "user.target.name", "user.changes.name", "group.name", "tls.client.server_name", "cloud.region":
		return true
	}
	for _, object := range []string{"aws.cloudtrail.request_parameters", "aws.cloudtrail.flattened.request_parameters"} {
		if name == object || strings.HasPrefix(name, object+".") {
			return true
		}
	}
	return false
}
