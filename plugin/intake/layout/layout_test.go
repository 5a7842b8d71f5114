package layout

import (
	"testing"
	"time"
)

func TestParsePrefix(t *testing.T) {
	f := func(text, path string, level Level, want string) {
		t.Helper()
		p, err := ParsePrefix(text)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || err == nil && p != (Prefix{path, level}) {
			t.Errorf("%q: %+v, %q", text, p, got)
		}
	}
	f("", "", Base, "")
	f("/", "", Base, "")
	f("a/b", "a/b/", Base, "")
	f("AWSLogs", "AWSLogs/", Logs, "")
	f("a/AWSLogs/o-abc/", "a/AWSLogs/o-abc/", Org, "")
	f("AWSLogs/111122223333", "AWSLogs/111122223333/", Account, "")
	f("AWSLogs/o-abc/111122223333/CloudTrail/", "AWSLogs/o-abc/111122223333/CloudTrail/", Service, "")
	f("/a/AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/", "a/AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/", Region, "")
	const where = " is not a folder in which CloudTrail writes events: they are in AWSLogs/[o-id/]ACCOUNT/CloudTrail/REGION/"
	f("AWSLogs/1", "", 0, `"AWSLogs/1"`+where)
	f("AWSLogs/111122223333/CloudTrail-Digest", "", 0, `"AWSLogs/111122223333/CloudTrail-Digest"`+where)
	f("AWSLogs/o-abc/o-abc", "", 0, `"AWSLogs/o-abc/o-abc"`+where)
	f("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03", "", 0, `"2026/03" is below a region: days belong in from and until`)
}

func TestTime(t *testing.T) {
	f := func(key, want string) {
		t.Helper()
		got := ""
		if at, ok := Time(key); ok {
			got = at.Format("2006-01-02T15:04")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	f("2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T0905Z_abcdefghijklmnop.json.gz", "2026-03-02T09:05")
	f("2026/03/02/111122223333_CloudTrail_eu-west-1_20260303T0005Z_abcdefghijklmnop.json.gz", "2026-03-03T00:05")
	f("2026/03/02/copy.json.gz", "2026-03-03T00:00")
	f("2026/03/02/x_20269902T0905Z_a.gz", "2026-03-03T00:00")
	f("2026/03/02/", "")
	f("2026/02/30/a", "")
	f("2026/03/a", "")
	f("a", "")
	const folder = "p/AWSLogs/111122223333/CloudTrail/eu-west-1/"
	at := time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	if got := After(folder, at); got != folder+"2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T0905" {
		t.Error(got)
	}
}
