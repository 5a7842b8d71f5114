package sidecar

import (
	"cmp"
	_ "embed" // for the template
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/page"
)

//go:embed status.html
var statusText string

var statusTemplate = template.Must(template.New("status").Parse(statusText))

const (
	// maxStatusRules is the maximum number of rules on the page; those with matches come
	// first. maxNear is that of conditions, maxStatusText that of characters of a text.
	maxStatusRules = 200
	maxNear        = 50
	maxStatusText  = 400
)

// statusPolicy allows the style and no script.
var statusPolicy = page.Policy([]string{page.Style}, nil)

// status serves a page about what is going on.
func (s *Sidecar) status(w http.ResponseWriter, _ *http.Request) {
	var out strings.Builder
	if err := statusTemplate.Execute(&out, s.statusView(time.Now())); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // cannot happen
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", statusPolicy+"; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(out.String()))
}

// statusView is what the page shows.
type statusView struct {
	Policy                          string
	Style                           template.CSS
	Channel, Version, Began, Alerts string
	Problems                        []string
	Tiles                           []statusTile
	Rules                           []statusRule
	MoreRules, MoreNear             int
	Near                            []statusNear
	Last                            []statusAlert
	Keys                            []stats.Key
}

type statusTile struct {
	Name, Value, Note string
	Bad               bool
}

type statusRule struct {
	Severity, Name, Matched, Alerts, Others, Memory string
	matched                                         uint64
}

type statusNear struct {
	Rule, Condition string
	Count           uint64
}

type statusAlert struct{ Time, Severity, Rule, Text, ID string }

func (s *Sidecar) statusView(now time.Time) *statusView {
	c := s.state.Report()
	delivered, failed := s.sender.Stats()
	waiting, size := s.box.Size()
	v := &statusView{
		Policy: statusPolicy, Style: template.CSS(page.Style), Channel: visible(s.config.Channel), Version: visible(s.options.Version),
		Began: c.Began.UTC().Format("2006-01-02 15:04:05 UTC"), Alerts: count(c.Outcomes.Alerts()),
	}
	v.tiles(&c, now)
	v.Tiles = append(v.Tiles, statusTile{Name: "Delivered", Value: count(delivered), Note: fmt.Sprintf("%s failed attempts", count(failed))},
		statusTile{Name: "Waiting", Value: count(uint64(waiting)), Note: fmt.Sprintf("%s bytes in the outbox", count(uint64(size))), Bad: failed > 0 && waiting > 0})
	if o := s.objects; o != nil && o.input.Announced != nil {
		n := &o.counts.Notes
		waiting := n.Waiting.Load()
		v.Tiles = append(v.Tiles, statusTile{Name: "Announced objects", Value: count(uint64(waiting)), Bad: waiting >= aws.MaxAnnounced,
			Note: fmt.Sprintf("wait; %s done, %s given up, %s refused", count(n.Done.Load()), count(n.Dead.Load()), count(n.Refused.Load()))})
	}
	if c.SelfTest.Failed() {
		v.Problems = append(v.Problems, "The self-test fails: "+visible(c.SelfTest.Problem))
	}
	if c.Panics > 0 {
		v.Problems = append(v.Problems, count(c.Panics)+" panics were recovered: each lost a chunk. The log has them.")
	}
	if n := c.Unreadable + c.Broken; n > 0 {
		v.Problems = append(v.Problems, count(n)+" chunks, records or parts of them could not be read.")
	}
	v.rules(c.Rules)
	for _, a := range s.recent.last() {
		v.Last = append(v.Last, newStatusAlert(&a))
	}
	for _, k := range c.Keys {
		v.Keys = append(v.Keys, stats.Key{Name: visible(k.Name), Count: k.Count})
	}
	slices.SortFunc(v.Keys, func(a, b stats.Key) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return v
}

// tiles adds what was read, the lag and the self-test.
func (v *statusView) tiles(c *stats.Report, now time.Time) {
	last := statusTile{Name: "Last event", Value: "none"}
	if !c.LastArrival.IsZero() {
		last.Value = age(now.Sub(c.LastArrival)) + " ago"
	}
	if !c.LastEvent.IsZero() {
		last.Note = "lag " + age(c.Lag())
	}
	test := statusTile{Name: "Self-test", Value: "off"}
	if t := &c.SelfTest; t.On {
		test.Value, test.Note, test.Bad = "passed", fmt.Sprintf("%s runs, %s failures", count(t.Runs), count(t.Failures)), t.Failed()
		if t.Failed() {
			test.Value = "failed"
		} else if t.Runs == 0 {
			test.Value = "not run yet"
		}
	}
	v.Tiles = append(v.Tiles,
		statusTile{Name: "Events", Value: count(c.Events), Note: fmt.Sprintf("in %s records", count(c.Records))},
		last, test,
		statusTile{Name: "Matches", Value: count(c.Matched()), Note: fmt.Sprintf("%s near misses", count(c.NearMisses))},
		statusTile{Name: "Unrecognised", Value: count(c.Unrecognized), Note: "records", Bad: c.Unrecognized > 0},
		statusTile{Name: "Unreadable", Value: count(c.Unreadable), Note: fmt.Sprintf("%s broken chunks", count(c.Broken)), Bad: c.Unreadable+c.Broken > 0},
	)
}

// rules adds the rules and their near misses.
func (v *statusView) rules(rules []stats.Rule) {
	for i := range rules {
		r := &rules[i]
		one := statusRule{Severity: r.Severity.String(), Name: visible(r.Name), matched: r.Outcomes.Matched()}
		one.Matched, one.Alerts = count(one.matched), count(r.Outcomes.Alerts())
		var others []string
		for outcome, n := range r.Outcomes.All() {
			if n > 0 && outcome != stats.Emitted {
				others = append(others, count(n)+" "+strings.ReplaceAll(outcome.String(), "_", " "))
			}
		}
		one.Others = strings.Join(others, ", ")
		if m := r.Memory; m != nil {
			one.Memory = count(uint64(m.Keys)) + " keys"
			if m.Learning {
				one.Memory += ", learning"
			}
			if m.Evicted > 0 {
				one.Memory += ", " + count(m.Evicted) + " forgotten"
			}
			if m.Late > 0 {
				one.Memory += ", " + count(m.Late) + " events too late"
			}
		}
		v.Rules = append(v.Rules, one)
		for _, near := range r.Conditions {
			if near.NearMisses > 0 {
				v.Near = append(v.Near, statusNear{one.Name, visible(near.Text), near.NearMisses})
			}
		}
	}
	slices.SortStableFunc(v.Rules, func(a, b statusRule) int { return cmp.Compare(b.matched, a.matched) })
	if over := len(v.Rules) - maxStatusRules; over > 0 {
		v.MoreRules, v.Rules = over, v.Rules[:maxStatusRules]
	}
	slices.SortStableFunc(v.Near, func(a, b statusNear) int { return cmp.Compare(b.Count, a.Count) })
	if over := len(v.Near) - maxNear; over > 0 {
		v.MoreNear, v.Near = over, v.Near[:maxNear]
	}
}

// newStatusAlert returns the line of an alert.
func newStatusAlert(a *outbox.Alert) statusAlert {
	one := statusAlert{Time: a.Time.UTC().Format("2006-01-02 15:04:05"), Severity: rule.Severity(a.Severity).String(), Rule: visible(a.Rule), ID: a.ID}
	var d struct {
		Message string `json:"message"`
		Kibana  string `json:"kibana.alert.reason"`
		Event   struct {
			Reason string `json:"reason"`
		} `json:"event"`
		Finding struct {
			Desc string `json:"desc"`
		} `json:"finding_info"`
	}
	_ = json.Unmarshal(alert.AppendJSON(nil, a.Record), &d) // we made it
	one.Text = visible(cmp.Or(d.Event.Reason, d.Kibana, d.Finding.Desc, d.Message))
	return one
}

// visible returns a text of which all can be seen, cut if it is long.
func visible(text string) string {
	if r := []rune(text); len(r) > maxStatusText {
		text = string(r[:maxStatusText]) + "…"
	}
	return page.Visible(text)
}

// count returns a number with commas between its thousands.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// age returns a duration for people.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return count(uint64(d/(24*time.Hour))) + " days"
}
