// Package calendar tells when an organization works: business days and hours, holidays,
// windows of maintenance. It is read from a file in TOML:
//
//	zone = "Europe/Berlin"                # of everything below; UTC by default
//	days = ["mon", "tue", "wed", "thu", "fri"]
//	hours = ["08:00-12:00", "13:00-18:00"]
//	holidays = ["2026-05-14", "12-25"]    # a date, or a day of every year
//
//	[[maintenance]]
//	name = "patching"
//	accounts = ["111122223333"]           # all by default
//	days = ["sat"]
//	hours = ["22:00-02:00"]               # to 02:00 on Sunday
//
//	[[maintenance]]
//	name = "migration"
//	begin = 2026-11-28T22:00:00+01:00
//	end = 2026-11-29T06:00:00+01:00
package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Calendar is a calendar. It never changes.
type Calendar struct {
	zone     *time.Location
	week     week
	holidays []string
	windows  []window
}

// week are days of a week, and spans of each of them.
type week struct {
	days  [7]bool // by time.Weekday
	spans []span
}

// span is from a minute of a day to another one, on the next day if that is not later.
type span struct{ from, to int }

type window struct {
	name       string
	accounts   []string
	begin, end time.Time // zero: it is a window of every week
	week       week
}

// file is the form of the file.
type file struct {
	Zone        string   `toml:"zone"`
	Days        []string `toml:"days"`
	Hours       []string `toml:"hours"`
	Holidays    []string `toml:"holidays"`
	Maintenance []struct {
		Name     string    `toml:"name"`
		Accounts []string  `toml:"accounts"`
		Days     []string  `toml:"days"`
		Hours    []string  `toml:"hours"`
		Begin    time.Time `toml:"begin"`
		End      time.Time `toml:"end"`
	} `toml:"maintenance"`
}

// Load reads a calendar from a file. The error says where in it what is wrong.
func Load(path string) (*Calendar, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := Parse(text)
	if err == nil {
		return c, nil
	}
	all := []error{err}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		all = joined.Unwrap()
	}
	for i := range all {
		all[i] = fmt.Errorf("%s:%w", path, all[i])
	}
	return nil, errors.Join(all...)
}

// Parse reads a calendar. The error begins with the line and the column if they are known.
func Parse(text []byte) (*Calendar, error) {
	var f file
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		var strict *toml.StrictMissingError
		var wrong *toml.DecodeError
		switch {
		case errors.As(err, &strict) && len(strict.Errors) > 0:
			line, column := strict.Errors[0].Position()
			return nil, fmt.Errorf("%d:%d: %s is not a key of a calendar", line, column, strings.Join(strict.Errors[0].Key(), "."))
		case errors.As(err, &wrong):
			line, column := wrong.Position()
			return nil, fmt.Errorf("%d:%d: %w", line, column, err)
		}
		return nil, fmt.Errorf(" %w", err)
	}
	c := &Calendar{zone: time.UTC}
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(" "+format, args...)) }
	if f.Zone != "" {
		zone, err := time.LoadLocation(f.Zone)
		if err != nil || f.Zone == "Local" {
			problem("zone: %q is not a time zone such as \"Europe/Berlin\"", f.Zone)
		} else {
			c.zone = zone
		}
	}
	if len(f.Days) == 0 {
		f.Days = []string{"mon", "tue", "wed", "thu", "fri"}
	}
	if len(f.Hours) == 0 {
		f.Hours = []string{"09:00-17:00"}
	}
	parseWeek(&c.week, f.Days, f.Hours, "", problem)
	for _, h := range f.Holidays {
		_, date := time.Parse("2006-01-02", h)
		_, yearly := time.Parse("2006-01-02", "2000-"+h)
		if date != nil && yearly != nil {
			problem("holidays: %q is not a date such as \"2026-12-24\" or \"12-25\"", h)
		}
		c.holidays = append(c.holidays, h)
	}
	for i, m := range f.Maintenance {
		where := fmt.Sprintf("maintenance %d: ", i+1)
		w := window{name: m.Name, accounts: m.Accounts, begin: m.Begin, end: m.End}
		if !validName.MatchString(m.Name) {
			problem("%sname: %q is not a name of letters, digits, spaces, dots, - and _", where, m.Name)
		}
		for _, a := range m.Accounts {
			if !validAccount.MatchString(a) {
				problem("%saccounts: %q is not an account of twelve digits", where, a)
			}
		}
		weekly := len(m.Days)+len(m.Hours) > 0
		switch dated := !m.Begin.IsZero() || !m.End.IsZero(); {
		case dated && weekly:
			problem("%sbegin and end cannot be given with days and hours", where)
		case dated && !m.End.After(m.Begin):
			problem("%send must be after begin", where)
		case !dated && len(m.Hours) == 0:
			problem("%shours, or begin and end, must be given", where)
		case !dated:
			if len(m.Days) == 0 {
				m.Days = weekdays[:]
			}
			parseWeek(&w.week, m.Days, m.Hours, where, problem)
		}
		c.windows = append(c.windows, w)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return c, nil
}

var (
	validName    = regexp.MustCompile(`^[\pL\pN][\pL\pN ._-]{0,63}$`)
	validAccount = regexp.MustCompile(`^[0-9]{12}$`)

	weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

func parseWeek(w *week, days, hours []string, where string, problem func(string, ...any)) {
	for _, d := range days {
		i := slices.Index(weekdays[:], d)
		if i < 0 {
			problem("%sdays: %q is not one of mon, tue, wed, thu, fri, sat, sun", where, d)
			continue
		}
		w.days[i] = true
	}
	for _, h := range hours {
		from, to, ok := strings.Cut(h, "-")
		s := span{minuteOf(from), minuteOf(to)}
		if !ok || s.from < 0 || s.to < 0 || s.from == 24*60 || s.from == s.to {
			problem("%shours: %q is not a span such as \"09:00-17:30\"", where, h)
			continue
		}
		w.spans = append(w.spans, s)
	}
}

// minuteOf returns the minute of the day of a text such as "09:30", -1 if it is none.
// "24:00" is the end of the day.
func minuteOf(text string) int {
	if text == "24:00" {
		return 24 * 60
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

// has reports whether a time is in one of the spans.
func (w *week) has(t time.Time, isHoliday func(time.Time) bool) bool {
	minute := t.Hour()*60 + t.Minute()
	on := func(day time.Time) bool { return w.days[day.Weekday()] && !isHoliday(day) }
	for _, s := range w.spans {
		if s.from < s.to {
			if s.from <= minute && minute < s.to && on(t) {
				return true
			}
		} else if minute >= s.from && on(t) || minute < s.to && on(t.AddDate(0, 0, -1)) {
			return true
		}
	}
	return false
}

// At returns "business" or "outside" for a time, or "maintenance:NAME" for the first
// maintenance window of the account that it is in.
func (c *Calendar) At(t time.Time, account string) string {
	t = t.In(c.zone)
	for i := range c.windows {
		w := &c.windows[i]
		if len(w.accounts) > 0 && !slices.Contains(w.accounts, account) {
			continue
		}
		if in := !t.Before(w.begin) && t.Before(w.end); in || w.begin.IsZero() && w.week.has(t, func(time.Time) bool { return false }) {
			return "maintenance:" + w.name
		}
	}
	if c.week.has(t, c.isHoliday) {
		return "business"
	}
	return "outside"
}

func (c *Calendar) isHoliday(t time.Time) bool {
	return slices.Contains(c.holidays, t.Format("2006-01-02")) || slices.Contains(c.holidays, t.Format("01-02"))
}
