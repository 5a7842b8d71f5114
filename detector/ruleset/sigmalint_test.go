package ruleset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a Sigma rule says that can never hold, or that no record has.
func TestSigmaLint(t *testing.T) {
	const never = "the rule never matches: "
	for _, c := range []struct{ selection, condition, want string }{
		{"eventName: A", "s and t", never + "eventName cannot be both a and createuser"},
		{"eventName: A\n    eventName|contains: B", "s", never + "eventName cannot be both a and *b*"},
		{"eventName|startswith: [Delete, Put]", "t and s", never + "eventName cannot be both createuser and delete* or put*"},
		{"eventName: Create?ser", "t and not s", never + "eventName cannot be both createuser and not create?ser"},
		{"eventName|neq: CreateUser", "s and t", never + "the condition wants this and excludes it"},
		{"errorCode: AccessDenied\n    awsRegion: x", "s and not s", never + "the condition wants this and excludes it"},
		{"errorCode: null\n    errorCode|contains: a", "s and t", never + "errorCode has to be missing and to have a value"},
		{"errorCode|exists: false\n    errorCode: x", "s and t", never + "errorCode has to be missing and to have a value"},
		{"awsRegion: a", "not (not s or t) and s and not t", ""},
		{"eventName: [A, CreateUser]", "s and t", ""},
		{"eventName: ['Delete*', 'Cre*']", "s and t", ""},
		{"eventName|cased: createuser", "s and t", ""},
		{"requestParameters.x: [a, b]\n    requestParameters.x|contains: c", "s and t", ""},
		{"errorCode: null", "(s or not s) and t", ""},
		{"errorCode: x", "not s and t or s", ""},
		{"eventTime|hour: 24", "s and t", "hours of a time are from 0 to 23, so a comparison with 24 never holds"},
		{"eventTime|hour: [0, 23]\n    eventTime|hour|neq: 5", "s and t", ""},
		{"readOnly: maybe", "s and t", "readOnly is not known to be maybe in any record"},
		{"readOnly: 'FALSE'", "s and t", ""},
		{"readOnly: 1", "s and t", "readOnly is not known to be 1 in any record"},
		{"userIdentity.type: [Root, iamuser, AWS*]", "s and t", ""},
		{"eventType: AwsApiCal", "s and t", `eventType is not known to be AwsApiCal in any record; did you mean "AwsApiCall"?`},
		{"userIdentity.arn: bob", "s and t", "userIdentity.arn: bob is not an ARN: these begin with arn:"},
		{"userIdentity.arn: ['*bob', 'arn:aws:iam::1:user/bob']\n    requestParameters.learn: x", "s and t", ""},
	} {
		path := filepath.Join(t.TempDir(), "r.yml")
		text := "title: R\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s:\n    " + c.selection + "\n  t: {eventName: CreateUser}\n  condition: " + c.condition + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := Load(path)
		if err != nil {
			t.Errorf("%s: %v", c.selection, err)
			continue
		}
		var got []string
		for _, w := range set.Warnings {
			if !strings.Contains(w, "does not use") {
				got = append(got, w)
			}
		}
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasSuffix(got[0], ": "+c.want)) {
			t.Errorf("%s, %s: %q, want %q", c.selection, c.condition, got, c.want)
		}
	}
}
