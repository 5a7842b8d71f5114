package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// durable survives a kill as well as Fluent Bit can: positions and buffers are on disk,
// and so is state_path.
const durable = `
[SERVICE]
    Flush         0.2
    Grace         3
    Parsers_File  parsers.conf
    storage.path  DIR/storage
[INPUT]
    Name              tail
    Tag               cloudtrail
    Path              DIR/in*.json
    Read_from_Head    On
    Refresh_Interval  1
    DB                DIR/tail.db
    DB.sync           full
    Parser            json
    storage.type      filesystem
[INPUT]
    Name          detect_alerts
    Tag           alert.ssh
    storage.type  filesystem
[OUTPUT]
    Name         detect
    Match        cloudtrail
    Retry_Limit  no_limits
    Max_Alerts   0
    State_Path   DIR/state
[OUTPUT]
    Name    file
    Match   cloudtrail
    Path    DIR
    File    originals
    Format  plain
[OUTPUT]
    Name    file
    Match   alert.ssh
    Path    DIR
    File    alerts
    Format  plain
`

var (
	eventIDs = regexp.MustCompile(`"eventID":"(e-\d+)"`)
	alertIDs = regexp.MustCompile(`"id":"(e-\d+)"`)
)

// found returns how often each of the IDs is in a file. It searches by pattern, since a
// kill may leave half a line.
func (f *fluentBit) found(name string, id *regexp.Regexp) map[string]int {
	f.t.Helper()
	all := map[string]int{}
	for _, m := range id.FindAllStringSubmatch(f.read(name), -1) {
		all[m[1]]++
	}
	return all
}

// number returns the number in an environment variable, which makes runs longer than in
// make test.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// feed appends matches to in1.json, each followed by some other events, spread over a
// time. The channel is closed when all are written.
func (f *fluentBit) feed(matches, others int, over time.Duration) <-chan struct{} {
	f.t.Helper()
	f.write("in1.json", "")
	file, err := os.OpenFile(filepath.Join(f.dir, "in1.json"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer file.Close()
		began := time.Now()
		for i := range matches {
			if _, err := file.WriteString(pushes(i, 1) + otherEvents(others)); err != nil {
				f.t.Error(err)
				return
			}
			time.Sleep(time.Until(began.Add(over * time.Duration(i+1) / time.Duration(matches))))
		}
	}()
	return done
}

// wantAllAlerted waits until everything has arrived, stops Fluent Bit, and checks that
// there is an alert for every match that reached the other output. (Fluent Bit itself
// loses a few records when it is killed.)
//
// It returns how many alerts came again.
func (f *fluentBit) wantAllAlerted(matches int) (repeated int) {
	f.t.Helper()
	missing := func() (missing int, reached, alerted map[string]int) {
		reached, alerted = f.found("originals", eventIDs), f.found("alerts", alertIDs)
		for id := range reached {
			if alerted[id] == 0 {
				missing++
			}
		}
		return missing, reached, alerted
	}
	f.wait("an alert for every match that reached the other output", 2*time.Minute, func() bool {
		time.Sleep(300 * time.Millisecond)
		n, reached, _ := missing()
		return n == 0 && len(reached) >= matches*8/10
	})
	time.Sleep(settled)
	f.stop()
	n, reached, alerted := missing()
	for _, times := range alerted {
		repeated += times - 1
	}
	f.t.Logf("%d matches sent, %d reached another output, %d alerted, %d alerts repeated", matches, len(reached), len(alerted), repeated)
	if n > 0 {
		f.t.Errorf("%d of %d matches were not alerted", n, len(reached))
	}
	return repeated
}

// wantFewRepeated checks that after a number of stops or reloads at most every second one
// has repeated the alerts of a moment.
func (f *fluentBit) wantFewRepeated(repeated, ends, matches int, over time.Duration) {
	f.t.Helper()
	perSecond := float64(matches) / over.Seconds()
	if most := int(perSecond*float64(ends)/2) + 1; repeated > most {
		f.t.Errorf("%d alerts were repeated by %d ends at %.0f alerts a second, want at most %d", repeated, ends, perSecond, most)
	}
}

// moment returns a random time in the life of a Fluent Bit.
func moment() time.Duration {
	return 300*time.Millisecond + time.Duration(rand.IntN(2500))*time.Millisecond
}

// kill -9 at random moments while events flow: every match that reached another
// output of the same Fluent Bit is alerted, with the same id if twice.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := number(t, "DETECT_KILLS", 5)
	matches := number(t, "DETECT_KILL_MATCHES", 500)
	f := prepare(t, durable)
	fed := f.feed(matches, number(t, "DETECT_KILL_OTHERS", 10), time.Duration(kills)*1700*time.Millisecond)
	for range kills {
		f.run()
		time.Sleep(moment())
		if err := f.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-f.done
		f.again()
	}
	<-fed
	f.run()
	f.wantAllAlerted(matches)
	if strings.Contains(f.read("log"), "damaged") {
		t.Error("a kill damaged the state")
	}
}

// SIGTERM at random moments, and restarts: nothing is lost.
func TestStops(t *testing.T) {
	t.Parallel()
	stops := number(t, "DETECT_STOPS", 3)
	matches := number(t, "DETECT_KILL_MATCHES", 500)
	f := prepare(t, durable)
	fed := f.feed(matches, 10, time.Duration(stops)*3*time.Second)
	for range stops {
		f.run()
		time.Sleep(moment())
		f.stop()
		f.again()
	}
	<-fed
	f.run()
	f.wantFewRepeated(f.wantAllAlerted(matches), stops, matches, time.Duration(stops)*3*time.Second)
}

// Hot reloads under load, with state on disk.
func TestReloads(t *testing.T) {
	t.Parallel()
	reloads := number(t, "DETECT_RELOADS", 4)
	matches := number(t, "DETECT_KILL_MATCHES", 500)
	f := prepare(t, durable, "-Y")
	fed := f.feed(matches, 10, time.Duration(reloads)*3*time.Second)
	f.run()
	for i := range reloads {
		f.wait("reload "+strconv.Itoa(i), 30*time.Second, func() bool { return strings.Count(f.read("log"), "rule loaded") == i+1 })
		time.Sleep(moment())
		f.signal(syscall.SIGHUP)
	}
	<-fed
	f.wantFewRepeated(f.wantAllAlerted(matches), reloads, matches, time.Duration(reloads)*3*time.Second)
}
