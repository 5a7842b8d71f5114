package calendar

import (
	"strings"
	"testing"
	"time"
)

const example = `
zone = "Europe/Berlin"
days = ["mon", "tue", "wed", "thu", "fri"]
hours = ["08:00-12:00", "13:00-18:00"]
holidays = ["2026-05-14", "12-25"]

[[maintenance]]
name = "patching"
accounts = ["111122223333"]
days = ["sat"]
hours = ["22:00-02:00"]

[[maintenance]]
name = "migration 2"
begin = 2026-11-28T22:00:00+01:00
end = 2026-11-29T06:00:00+01:00
`

func TestAt(t *testing.T) {
	c, err := Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	empty, err := Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		c             *Calendar
		at, account   string
		want, whatFor string
	}{
		{c, "2026-03-02T07:00:00Z", "1", "business", "8:00 in Berlin, a Monday"},
		{c, "2026-03-02T06:59:59Z", "1", "outside", "before"},
		{c, "2026-03-02T11:00:00Z", "1", "outside", "12:00, lunch"},
		{c, "2026-03-02T16:59:59Z", "1", "business", "just before 18:00"},
		{c, "2026-07-01T06:00:00Z", "1", "business", "8:00 in summer time"},
		{c, "2026-02-28T10:00:00Z", "1", "outside", "a Saturday"},
		{c, "2026-05-14T10:00:00Z", "1", "outside", "a holiday"},
		{c, "2027-05-14T09:00:00Z", "1", "business", "only in that year"},
		{c, "2028-12-25T10:00:00Z", "1", "outside", "every year"},
		{c, "2026-03-07T21:00:00Z", "111122223333", "maintenance:patching", "Saturday, 22:00"},
		{c, "2026-03-08T00:59:59Z", "111122223333", "maintenance:patching", "Sunday, 1:59"},
		{c, "2026-03-08T01:00:00Z", "111122223333", "outside", "Sunday, 2:00"},
		{c, "2026-03-07T00:30:00Z", "111122223333", "outside", "Saturday, 1:30, since Friday has no window"},
		{c, "2026-03-07T21:00:00Z", "444455556666", "outside", "another account"},
		{c, "2026-11-28T21:00:00Z", "444455556666", "maintenance:migration 2", "the beginning"},
		{c, "2026-11-29T05:00:00Z", "444455556666", "outside", "the end"},
		{empty, "2026-03-02T16:59:59Z", "1", "business", "the default"},
		{empty, "2026-03-02T17:00:00Z", "1", "outside", "the default"},
	} {
		at, err := time.Parse(time.RFC3339, x.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.c.At(at, x.account); got != x.want {
			t.Errorf("%s (%s): %s, want %s", x.at, x.whatFor, got, x.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"zone = \"Nowhere\"":            ` zone: "Nowhere" is not a time zone`,
		"zone = \"Local\"":              ` zone: "Local" is not`,
		"a = 1":                         "1:1: a is not a key of a calendar",
		"\ndays = 7":                    "2:8: ",
		"days = [\"someday\"]":          ` days: "someday" is not one of mon`,
		"hours = [\"9-17\"]":            ` hours: "9-17" is not a span`,
		"hours = [\"09:00-09:00\"]":     ` hours: "09:00-09:00" is not a span`,
		"holidays = [\"2026-02-30\"]":   ` holidays: "2026-02-30" is not a date`,
		"[[maintenance]]\nname = \"a\"": " maintenance 1: hours, or begin and end, must be given",
		"[[maintenance]]\nname = \"<b>\"\nhours = [\"01:00-02:00\"]":                  ` maintenance 1: name: "<b>" is not a name`,
		"[[maintenance]]\nname = \"a\"\nbegin = 2026-01-01T00:00:00Z":                 " maintenance 1: end must be after begin",
		"[[maintenance]]\nname = \"a\"\nhours=[\"01:00-02:00\"]\naccounts=[\"prod\"]": ` maintenance 1: accounts: "prod" is not an account`,
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s…", text, err, want)
		}
	}
}
