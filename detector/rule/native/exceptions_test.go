package native

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const goodExceptions = `[[exception]]
rule = "aws-ec2-instance-connect-ssh-public-key-uploaded"
query = """
user.name: deploy and
source.ip: 192.0.2.0/24"""
owner = "platform team"
reason = "deployments go through the bastion"
expires = 2027-01-31

[[exception]]
rule = "*"
query = "cloud.account.id: 111122223333"
owner = "security"
reason = "sandbox"
expires = "2027-01-31T12:00:00+02:00"
`

func TestExceptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "exceptions.toml")
	if err := os.WriteFile(path, []byte(goodExceptions), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := LoadExceptions(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Owner != "platform team" || all[1].Rule != "*" {
		t.Fatalf("read %+v", all)
	}
	if want := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC); !all[0].Expires.Equal(want) {
		t.Errorf("a date ends at %s, want the end of the day, %s", all[0].Expires, want)
	}
	if want := time.Date(2027, 1, 31, 10, 0, 0, 0, time.UTC); !all[1].Expires.Equal(want) {
		t.Errorf("a time is %s, want %s", all[1].Expires, want)
	}
	if line, column := all[0].Query.Position(2, 3); line != 5 || column != 3 {
		t.Errorf("the query's second line is at %d:%d, want 5:3", line, column)
	}
}

func TestBadExceptions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, "x.toml:1:1: exception: is missing, must be a list of tables [[exception]]"},
		{`exception = 1`, "x.toml:1:13: exception: is an integer, must be a list of tables"},
		{strings.Replace(goodExceptions, "owner", "owned", 1), `x.toml:6:1: exception[0].owned: unknown key; did you mean "owner"?`},
		{strings.Replace(goodExceptions, `owner = "security"`+"\n", "", 1), "x.toml:10:3: exception[1].owner: is missing, must be who answers for it"},
		{strings.Replace(goodExceptions, "2027-01-31\n", `"soon"`+"\n", 1), "x.toml:8:11: exception[0].expires: must be a date such as 2027-01-31"},
		{strings.Replace(goodExceptions, `"sandbox"`, `" "`, 1), "x.toml:14:10: exception[1].reason: is empty, must hold some text"},
	} {
		_, err := parseExceptions("x.toml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q…\n got %v\nwant %s", c.text, err, c.want)
		}
	}
	if _, err := LoadExceptions("testdata/nothing.toml"); err == nil || !strings.Contains(err.Error(), "testdata/nothing.toml: cannot be read: no such file") {
		t.Errorf("a missing file gives %v", err)
	}
}
