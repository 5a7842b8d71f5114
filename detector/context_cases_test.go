package detector

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/store"
)

// lastContext returns the context of the last alert of events, each in a chunk of its own.
func lastContext(t *testing.T, b *bench, events ...string) string {
	t.Helper()
	for _, e := range events {
		b.mustScan(e)
	}
	alerts := b.alerts()
	if len(alerts) == 0 {
		t.Fatal("no alerts")
	}
	return contextOf(t, alerts[len(alerts)-1])
}

// An event that comes again, as queues deliver some, counts once, wherever it comes: also
// after a restart. Another event with its ID counts.
func TestContextCountsAnEventOnce(t *testing.T) {
	b := onDisk(t, newDisk(func() error { return nil }), "context", "on")
	run := did{who: "alice", what: "RunInstances", at: "08:59:00"}.String()
	failed := did{who: "alice", what: "RunInstances", at: "08:59:30", failed: true}.String()
	first := pushed("alice", "08:58:00", "i-1").String()
	b.mustScan(run, run, failed, first)
	b.mustScan(run, failed, first)
	b.engine.Close(false)
	b = b.restart(false, "context", "on")
	b.mustScan(failed, run, strings.Replace(run, "RunInstances", "StopInstances", 1), strings.Replace(run, "08:59:00", "08:59:01", 1))
	want := `before:{actions:[3 RunInstances,1 SendSSHPublicKey,1 StopInstances],events:5,failures:1,notable:[],others:0}`
	if got := lastContext(t, b, pushed("alice", "09:00:00", "i-2").String()); !strings.Contains(got, want) || !strings.Contains(got, "actor:{events:4,") || !strings.Contains(got, "action:{actors:0,count:1,") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A chunk that is undone is no reason not to count its events when it comes again.
func TestContextCountsWhatWasUndone(t *testing.T) {
	broken := errors.New("disk full")
	var fail error
	b := onDisk(t, newDisk(func() error { return fail }), "context", "on")
	chunk := texts([]did{{who: "alice", what: "RunInstances", at: "08:59:00"}, pushed("alice", "08:59:00", "i-1")})
	for range 2 {
		fail = broken
		if err := b.scan(chunk...); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		fail = nil
	}
	b.mustScan(chunk...)
	if got := lastContext(t, b, pushed("alice", "09:00:00", "i-2").String()); !strings.Contains(got, "actor:{events:2,") {
		t.Error(got)
	}
}

// slowAlerts is a disk that is slow when alerts are written.
type slowAlerts struct {
	*disk
	began chan struct{}
	end   chan error
}

func (d *slowAlerts) Commit(b store.Batch) ([]uint64, error) {
	if len(b.Alerts) > 0 {
		d.began <- struct{}{}
		if err := <-d.end; err != nil {
			return nil, err
		}
	}
	return d.disk.Commit(b)
}

// A chunk that only adds to the history does not wait for the disk, and is not lost if what
// came before it is undone.
func TestContextDoesNotWaitForTheDisk(t *testing.T) {
	for _, broken := range []error{nil, errors.New("disk full")} {
		t.Run(fmt.Sprint(broken), func(t *testing.T) {
			began, end := make(chan struct{}), make(chan error)
			b := onDisk(t, &slowAlerts{newDisk(func() error { return nil }), began, end}, "context", "on")
			alerted := pushed("alice", "08:58:00", "i-1").String()
			b.mustScan(did{who: "alice", what: "RunInstances", at: "08:57:00"}.String())
			first := b.goScan(alerted)
			<-began
			for i := range 3 { // it is answered while the disk is slow
				b.mustScan(did{who: "alice", what: "RunInstances", at: fmt.Sprintf("08:59:0%d", i)}.String())
			}
			second := b.goScan(pushed("bob", "08:59:00", "i-1").String())
			for b.unfinished() < 5 {
				time.Sleep(time.Millisecond)
			}
			b.mustScan(did{who: "alice", what: "StopInstances", at: "08:59:05"}.String())
			waiting(t, "a chunk with a match", second)
			end <- broken
			if err := <-first; (err != nil) != (broken != nil) {
				t.Fatal(err)
			}
			if broken == nil {
				<-began
				end <- nil
			}
			if err := <-second; (err != nil) != (broken != nil) {
				t.Fatal(err)
			}
			for b.unfinished() > 0 {
				time.Sleep(time.Millisecond)
			}
			third := b.goScan(pushed("alice", "09:00:00", "i-2").String())
			<-began
			end <- nil
			if err := <-third; err != nil {
				t.Fatal(err)
			}
			alerts := b.alerts()
			want := `before:{actions:[4 RunInstances,1 SendSSHPublicKey,1 StopInstances],events:6,failures:0,notable:[],others:1}`
			if broken != nil {
				want = `before:{actions:[4 RunInstances,1 StopInstances],events:5,failures:0,notable:[],others:0}`
			}
			if got := contextOf(t, alerts[len(alerts)-1]); !strings.Contains(got, want) {
				t.Errorf("%s\nwant\n%s", got, want)
			}
		})
	}
}

// unfinished returns how many transactions are neither final nor undone.
func (b *bench) unfinished() int {
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	return b.state.unfinished
}

// What is not among the cases of TestContext: retention, places, sources.
func TestContextOf(t *testing.T) {
	placed := func(d did, country string, as int) string {
		return strings.Replace(d.String(), "{", fmt.Sprintf(`{"source.geo.country_iso_code":%q,"source":{"as":{"number":%d}},`, country, as), 1)
	}
	ago := func(days int) string {
		return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).AddDate(0, 0, -days).Format(time.RFC3339)
	}
	document := func(at, action, outcome, rest string) string {
		return fmt.Sprintf(`{"ecs":{"version":"8.0.0"},"event":{"dataset":"aws.cloudtrail","module":"aws","provider":"ec2-instance-connect.amazonaws.com","action":%q,"outcome":%q,"id":"d-%s-%s"},`+
			`"@timestamp":"2026-03-02T%sZ","source":{"address":"192.0.2.1","ip":"192.0.2.1"},"cloud":{"account":{"id":"111122223333"},"region":"eu-west-1"},`+
			`"aws":{"cloudtrail":{"user_identity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice"}%s}}}`, action, outcome, at, action, at, rest)
	}
	push := document("09:00:00", "SendSSHPublicKey", "success", `,"request_parameters":"{instanceId=i-1}"`)
	for _, c := range []struct {
		name   string
		events []string
		want   []string
	}{
		{"seen 90 days ago", []string{did{who: "alice", what: "RunInstances", at: ago(90)}.String(), pushed("alice", "09:00:00", "i-1").String()},
			[]string{"actor:{events:1,first_seen:2025-12-02T09:00:00Z", "new:[action]", "state:known"}},
		{"seen 91 days ago, which is forgotten", []string{did{who: "alice", what: "RunInstances", at: ago(91)}.String(), pushed("alice", "09:00:00", "i-1").String()},
			[]string{"actor:{events:0,id:", "new:[actor]"}},
		{"another country and network", []string{placed(did{who: "alice", what: "RunInstances", at: "08:00:00"}, "DE", 64496), placed(pushed("alice", "09:00:00", "i-1"), "FR", 64497)},
			[]string{"new:[action,as,country]"}},
		{"another network in the country", []string{placed(did{who: "alice", what: "RunInstances", at: "08:00:00"}, "DE", 64496), placed(pushed("alice", "09:00:00", "i-1"), "DE", 64497)},
			[]string{"new:[action,as]"}},
		{"the same network", []string{placed(did{who: "alice", what: "RunInstances", at: "08:00:00"}, "DE", 64496), placed(pushed("alice", "09:00:00", "i-1"), "DE", 64496)},
			[]string{"new:[action]"}},
		{"nothing is known of addresses", []string{placed(did{who: "alice", what: "RunInstances", at: "08:00:00"}, "DE", 64496), pushed("alice", "09:00:00", "i-1").String()},
			[]string{"new:[action]"}},
		{"a key that went to another instance 24 hours ago, and to one before that",
			[]string{pushed("alice", "01 08:59:59", "i-1").String(), pushed("alice", "01 09:00:00", "i-2").String(), pushed("alice", "02 09:00:00", "i-3").String()},
			[]string{"key:{instances:2}"}},
		{"a key that went to the instance again", []string{pushed("alice", "01 08:00:00", "i-1").String(), pushed("alice", "01 10:00:00", "i-1").String(), pushed("alice", "02 09:00:00", "i-3").String()},
			[]string{"key:{instances:2}"}},
		{"documents in ECS form", []string{document("08:50:00", "RunInstances", "success", ""), document("08:51:00", "RunInstances", "failure", ""), push},
			[]string{"actor:{events:1,first_seen:2026-03-02T08:50:00Z,id:arn:aws:iam::111122223333:user/alice}", "before:{actions:[2 RunInstances],events:2,failures:1,notable:[],others:0}", "new:[action]"}},
	} {
		b := newBench(t, "context", "on")
		got := lastContext(t, b, c.events...)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s\nwant %s", c.name, got, want)
			}
		}
	}
}

// Where an event has no time and no caller, there is nothing to tell, and nothing is false.
func TestContextOfLittle(t *testing.T) {
	b := newBench(t, "context", "on")
	b.mustScan(`{"eventVersion":"1.08","eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"x"}`)
	if got := contextOf(t, b.wantAlerts(1)[0]); strings.Contains(got, "events") || strings.Contains(got, "false") || strings.Contains(got, "state") {
		t.Error(got)
	}
}
