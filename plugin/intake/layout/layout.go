// Package layout knows how CloudTrail lays out its objects in a bucket:
//
//	[prefix/]AWSLogs/[o-id/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_ID.json.gz
//
// The keys below a region are in the order of their times, to the day by the folders and to
// the minute by the names.
package layout

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Level is a folder in the layout.
type Level uint8

// The levels, from the top.
const (
	Base    Level = iota // what is before AWSLogs/
	Logs                 // AWSLogs/
	Org                  // AWSLogs/o-id/
	Account              // …/ACCOUNT/
	Service              // …/ACCOUNT/CloudTrail/
	Region               // …/ACCOUNT/CloudTrail/REGION/
	tooDeep              // a folder below a region
)

// The services of CloudTrail, by the names of their folders.
const (
	Events   = "CloudTrail"
	Insights = "CloudTrail-Insight"
)

const logs = "AWSLogs"

var (
	organisation = regexp.MustCompile(`^o-[a-z0-9]+$`)
	account      = regexp.MustCompile(`^[0-9]{12}$`)
	region       = regexp.MustCompile(`^[a-z0-9-]+$`)
)

// Below returns the level of a folder with that name in a folder of this level, or false if
// there are no objects of CloudTrail in it.
func (l Level) Below(name string) (Level, bool) {
	switch l {
	case Base:
		return Logs, name == logs
	case Logs, Org:
		if l == Logs && organisation.MatchString(name) {
			return Org, true
		}
		return Account, account.MatchString(name)
	case Account:
		return Service, name == Events || name == Insights
	case Service:
		return Region, region.MatchString(name)
	}
	return tooDeep, false
}

// Prefix is where the objects of a trail begin: a folder, and its level.
type Prefix struct {
	Path string // empty, or with a slash at its end
	Level
}

// ParsePrefix parses a prefix that may lead as far as a region.
func ParsePrefix(text string) (Prefix, error) {
	p := Prefix{Path: strings.TrimPrefix(text, "/")}
	if p.Path == "" {
		return p, nil
	}
	p.Path = strings.TrimSuffix(p.Path, "/") + "/"
	parts := strings.Split(strings.TrimSuffix(p.Path, "/"), "/")
	for i, part := range parts {
		if p.Level == Base && part != logs {
			continue // of the trail's own prefix
		}
		next, ok := p.Below(part)
		switch {
		case p.Level == Region:
			return p, fmt.Errorf("%q is below a region: days belong in from and until", strings.Join(parts[i:], "/"))
		case !ok:
			return p, fmt.Errorf("%q is not a folder in which CloudTrail writes events: they are in AWSLogs/[o-id/]ACCOUNT/CloudTrail/REGION/", strings.Join(parts[:i+1], "/"))
		}
		p.Level = next
	}
	return p, nil
}

var (
	dayFolder = regexp.MustCompile(`^([0-9]{4})/([0-9]{2})/([0-9]{2})/[^/]`)
	nameTime  = regexp.MustCompile(`_([0-9]{8}T[0-9]{4})Z[^/]*$`)
)

const (
	dayFormat  = "2006/01/02"
	nameFormat = "20060102T1504"
)

// Day returns how the keys of a day begin, below the folder of a region, without the slash
// that follows.
func Day(day time.Time) string { return day.UTC().Format(dayFormat) }

// Time returns the time of an object: the one in its name, or the end of the day whose
// folder it is in. The key is what follows the folder of the region. It reports false for
// an object that is in no day's folder.
func Time(key string) (time.Time, bool) {
	m := dayFolder.FindString(key)
	if m == "" {
		return time.Time{}, false
	}
	day, err := time.Parse(dayFormat, m[:len(dayFormat)])
	if err != nil {
		return time.Time{}, false
	}
	if m := nameTime.FindStringSubmatch(key); m != nil {
		if t, err := time.Parse(nameFormat, m[1]); err == nil {
			return t, true
		}
	}
	return day.Add(24 * time.Hour), true
}

// After returns what the keys of objects with a time from t on come after, in a region's
// folder, if they are named as CloudTrail names them.
func After(folder string, t time.Time) string {
	parts := strings.Split(strings.TrimSuffix(folder, "/"), "/")
	after := folder + Day(t) + "/"
	if n := len(parts); n >= 3 {
		after += parts[n-3] + "_" + parts[n-2] + "_" + parts[n-1] + "_" + t.UTC().Format(nameFormat)
	}
	return after
}
