package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// durable survives a kill as well as Fluent Bit can: positions and buffers on
// disk, ours in state_path.
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

// found returns how often each of the ids is in a file. (By pattern: a kill may
// leave half a line.)
func (f *fluentBit) found(name string, id *regexp.Regexp) map[string]int {
	f.t.Helper()
	all := map[string]int{}
	for _, m := range id.FindAllStringSubmatch(f.read(name), -1) {
		all[m[1]]++
	}
	return all
}

// number returns what an environment variable says, for longer runs than those
// of make test.
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

// kill -9 at random moments while events flow: every match that reached another
// output of the same Fluent Bit has been alerted at least once, with the same
// id. (Fluent Bit itself loses a few records in kills.)
func TestKill(t *testing.T) {
	t.Parallel()
	kills := number(t, "DETECT_KILLS", 6)
	matches := number(t, "DETECT_KILL_MATCHES", 600)
	noise := number(t, "DETECT_KILL_OTHERS", 10) // for each match
	f := prepare(t, durable)
	f.write("in1.json", "")
	var sent atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		file, err := os.OpenFile(filepath.Join(f.dir, "in1.json"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		pause := time.Duration(kills) * 1700 * time.Millisecond / time.Duration(matches)
		for i := range matches {
			if _, err := file.WriteString(pushes(i, 1) + others(noise)); err != nil {
				t.Error(err)
				return
			}
			sent.Add(1)
			time.Sleep(pause)
		}
	}()
	for range kills {
		f.run()
		time.Sleep(300*time.Millisecond + time.Duration(rand.IntN(2500))*time.Millisecond)
		if err := f.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-f.done
		_ = f.log.Close()
		f.again()
	}
	<-done
	f.run()
	reached := map[string]int{}
	f.wait("an alert for every match that reached the other output", time.Minute, func() bool {
		time.Sleep(300 * time.Millisecond)
		reached = f.found("originals", eventIDs)
		alerted := f.found("alerts", alertIDs)
		for id := range reached {
			if alerted[id] == 0 {
				return false
			}
		}
		// What is still on its way must not be missed.
		return len(reached) >= matches*8/10 && len(reached) == len(f.found("originals", eventIDs))
	})
	time.Sleep(settled)
	f.stop()
	reached = f.found("originals", eventIDs)
	alerted := f.found("alerts", alertIDs)
	missing, repeated := 0, 0
	for id := range reached {
		if alerted[id] == 0 {
			missing++
		}
	}
	for _, n := range alerted {
		repeated += n - 1
	}
	t.Logf("%d kills, %d matches sent, %d reached another output, %d alerted, %d alerts repeated", kills, sent.Load(), len(reached), len(alerted), repeated)
	if missing > 0 {
		t.Errorf("%d of %d matches were not alerted", missing, len(reached))
	}
	if n := strings.Count(f.read("log"), "damaged"); n > 0 {
		t.Errorf("the state was damaged %d times", n)
	}
}
