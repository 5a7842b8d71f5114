package alert

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/dedup"
	"github.com/fluent-detect/fluent-detect/detector/limit"
)

// About is what a summary needs to know of an event that made no alert.
type About struct {
	At       time.Time // eventTime, zero when it cannot be read
	Instance string
	Key      string // fingerprint
	Actor    string
}

// AboutEvent returns what a summary needs to know of the event.
func AboutEvent(e *cloudtrail.Event) About {
	s := newSubject(e)
	return About{
		At:       s.at,
		Instance: string(oneLine(s.instance)),
		Key:      s.key.Fingerprint,
		Actor:    string(oneLine(s.actor)),
	}
}

// MakeSummary appends the alert that stands for those that the cap of the
// rule held back in an interval. Its id is made of the host and the interval:
// there is one for each.
func (m *Maker) MakeSummary(dst []byte, h limit.Held, r limit.Rate, now time.Time) (dedup.Key, []byte) {
	id := sha256.New()
	write(id, []byte(idScheme+"/summary"))
	write(id, []byte(m.rule.ID))
	write(id, []byte(m.observer.Hostname))
	_, _ = id.Write(strconv.AppendInt(nil, h.Begin.UnixNano(), 10))
	var key dedup.Key
	id.Sum(key[:0])

	d := &m.doc
	d.reset()
	m.head(key, Arrival{Now: now})
	m.fromRule()
	d.setString("event.dataset", Dataset)
	d.setTime("event.start", h.First)
	d.setTime("event.end", h.Last)
	d.setString("event.reason", fmt.Sprintf("%d more alerts of this rule were held back from %s to %s: the cap is %s",
		h.Count, h.Begin.UTC().Format(timeFormat), h.End.UTC().Format(timeFormat), r))
	d.setStrings("cloud.target.instance.id", h.Instances.Names)
	d.setStrings("related.user", h.Users.Names)
	d.setStrings("related.hash", h.Keys.Names)
	d.setString("fluent_detect.summary.kind", "capped")
	d.setInt("fluent_detect.summary.count", int64(h.Count))
	d.setTime("fluent_detect.summary.first", h.First)
	d.setTime("fluent_detect.summary.last", h.Last)
	d.setTime("fluent_detect.summary.interval.begin", h.Begin)
	d.setTime("fluent_detect.summary.interval.end", h.End)
	d.setInt("fluent_detect.summary.instances", int64(len(h.Instances.Names)))
	d.setInt("fluent_detect.summary.keys", int64(len(h.Keys.Names)))
	d.setInt("fluent_detect.summary.users", int64(len(h.Users.Names)))
	d.setBool("fluent_detect.summary.more", h.Instances.More || h.Keys.More || h.Users.More)
	return key, d.append(dst)
}
