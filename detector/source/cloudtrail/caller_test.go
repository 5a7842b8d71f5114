package cloudtrail

import (
	"strings"
	"testing"
)

// Who opens a session chooses its name, and nothing else in the ARN and in the ID.
func TestCallerCanMatch(t *testing.T) {
	const arn, id = "aws.cloudtrail.user_identity.arn", "user.id"
	for _, c := range []struct {
		field, pattern string
		want           bool
	}{
		{arn, "*assumed-role/*/break-glass", true},
		{arn, "*/break-glass", true},
		{arn, "*break-glass", true},
		{arn, "*break*glass*", true},
		{arn, "*", true},
		{arn, "arn:aws:sts::*:assumed-role/*", true},
		{arn, "arn:aws:sts::111122223333:assumed-role/*/break-glass", true},
		{arn, "arn:aws:sts::111122223333:federated-user/bob", true},
		{arn, "*:federated-user/b*", true},
		{arn, "arn:aws:sts::111122223333:assumed-role/*", false},
		{arn, "arn:aws:sts::111122223333:assumed-role/Deploy/*", false},
		{arn, "arn:aws:sts::111122223333:assumed-role/Deploy/break-glass", false},
		{arn, "*:assumed-role/Deploy/*", false},
		{arn, "*/Deploy/break-glass", false},
		{arn, "arn:aws:iam::111122223333:user/*", false},
		{arn, "*:user/break-glass", false},
		{arn, "*break glass", false},
		{id, "*:break-glass", true},
		{id, "AROA*:x", true},
		{id, "*x", true},
		{id, "111122223333:bob", true},
		{id, "AROAEXAMPLE:*", false},
		{id, "AIDAEXAMPLE", false},
		{"user.name", "*", true},
		{"user.name", "d*", false},
		{"aws.cloudtrail.vpc_endpoint_id", "*", false},
	} {
		if got := callerCanMatch(c.field, strings.Split(c.pattern, "*")); got != c.want {
			t.Errorf("%s: %s: %v, want %v", c.field, c.pattern, got, c.want)
		}
	}
}
