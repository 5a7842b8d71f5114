package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// folders reads objects of CloudTrail in folders. SETTINGS are more of the input.
const folders = `
[SERVICE]
    Flush         0.2
    Grace         3
    Parsers_File  parsers.conf
    storage.path  DIR/storage
[INPUT]
    Name          cloudtrail
    Tag           cloudtrail
    Path          DIR/trail
    State_Path    DIR/positions
    storage.type  filesystem
    SETTINGS
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

func foldersWith(setting string) string { return strings.Replace(folders, "SETTINGS", setting, 1) }

// object puts an object as CloudTrail writes it into a file: one line without a newline,
// compressed.
func (f *fluentBit) object(name string, lines string) {
	f.t.Helper()
	path := filepath.Join(f.dir, "trail", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	// As tools that copy do: under another name first.
	hidden := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := os.WriteFile(hidden, objectOf(lines), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(hidden, path); err != nil {
		f.t.Fatal(err)
	}
}

func objectOf(lines string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(`{"Records":[` + strings.ReplaceAll(strings.TrimSpace(lines), "\n", ",") + `]}`))
	_ = w.Close()
	return b.Bytes()
}

// trailName returns the name of the n-th object as in S3.
func trailName(n int) string {
	return fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/%02d/111122223333_CloudTrail_eu-west-1_202603%02dT0900Z_%016d.json.gz", n%28+1, n%28+1, n)
}

// missing returns how many of the events from 0 to n-1 are not in a file, and how many
// come more than once.
func (f *fluentBit) missing(name string, id *regexp.Regexp, n int) (missing, repeated int) {
	f.t.Helper()
	found := f.found(name, id)
	for i := range n {
		switch times := found[fmt.Sprint("e-", i)]; {
		case times == 0:
			missing++
		case times > 1:
			repeated++
		}
	}
	return missing, repeated
}

// wantEvents waits until all events from 0 to n-1 are records and alerts.
func (f *fluentBit) wantEvents(n int) {
	f.t.Helper()
	f.wait(fmt.Sprintf("%d records and alerts", n), time.Minute, func() bool {
		time.Sleep(200 * time.Millisecond)
		a, _ := f.missing("originals", eventIDs, n)
		b, _ := f.missing("alerts", alertIDs, n)
		return a+b == 0
	})
}

// 300 objects in folders as in S3: every event is one record and one alert, with the time
// of the event. New ones come within five seconds.
func TestFolder(t *testing.T) {
	t.Parallel()
	const objects, each = 300, 5
	f := prepare(t, foldersWith("# none"))
	for i := range objects {
		f.object(trailName(i), pushes(i*each, each)+otherEvents(2))
	}
	f.object("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/d.json.gz", pushes(9e6, 1))
	f.run()
	f.wantEvents(objects * each)
	began := time.Now()
	f.object(trailName(objects), pushes(objects*each, each))
	f.wantEvents((objects + 1) * each)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a new object took %s", took)
	}
	f.wantStill("originals", (objects+1)*each+2*objects)
	f.wantNow("alerts", (objects+1)*each)
	f.stop()
	if log := f.read("log"); !strings.Contains(log, fmt.Sprintf("objects: done=%d failed=0 skipped=1", objects+1)) {
		t.Error("the log does not count the objects")
	}
	f.again() // nothing is read again
	f.run()
	time.Sleep(3 * time.Second)
	f.wantStill("originals", (objects+1)*each+2*objects)
	f.stop()
}

// The time of a record is that of its event.
func TestFolderTime(t *testing.T) {
	t.Parallel()
	f := prepare(t, strings.Replace(foldersWith("# none"), "File    originals\n    Format  plain", "File    originals", 1))
	f.object(trailName(0), pushes(0, 1))
	f.run()
	want := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Unix()
	f.wait("the record", 20*time.Second, func() bool { return f.lines("originals") == 1 })
	if got := f.read("originals"); !strings.HasPrefix(got, fmt.Sprintf("cloudtrail: [%d.", want)) {
		t.Error(got)
	}
	f.stop()
}

// feedObjects writes n objects with an event each that matches, over a time.
func (f *fluentBit) feedObjects(n int, over time.Duration) <-chan struct{} {
	f.t.Helper()
	done := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(done)
		for i := range n {
			f.object(trailName(i), pushes(i, 1)+otherEvents(5))
			time.Sleep(time.Until(began.Add(over * time.Duration(i+1) / time.Duration(n))))
		}
	}()
	return done
}

// wantNoneLost checks that no event of n is missing in the end, and logs how many records were
// repeated.
func (f *fluentBit) wantNoneLost(n int) {
	f.t.Helper()
	f.wantEvents(n)
	time.Sleep(settled)
	f.stop()
	_, records := f.missing("originals", eventIDs, n)
	_, alerts := f.missing("alerts", alertIDs, n)
	f.t.Logf("%d events, none lost; %d records and %d alerts repeated", n, records, alerts)
}

// kill -9 at random moments while objects come: no event is lost, neither as a record in
// another output nor as an alert.
func TestFolderKill(t *testing.T) {
	t.Parallel()
	kills := number(t, "DETECT_KILLS", 5)
	events := number(t, "DETECT_KILL_MATCHES", 500)
	f := prepare(t, foldersWith("# none"))
	fed := f.feedObjects(events, time.Duration(kills)*1700*time.Millisecond)
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
	f.wantNoneLost(events)
}

// SIGTERM at random moments.
func TestFolderStops(t *testing.T) {
	t.Parallel()
	stops := number(t, "DETECT_STOPS", 3)
	f := prepare(t, foldersWith("# none"))
	fed := f.feedObjects(300, time.Duration(stops)*3*time.Second)
	for range stops {
		f.run()
		time.Sleep(moment())
		f.stop()
		f.again()
	}
	<-fed
	f.run()
	f.wantNoneLost(300)
}

// Hot reloads under load.
func TestFolderReloads(t *testing.T) {
	t.Parallel()
	reloads := number(t, "DETECT_RELOADS", 4)
	f := prepare(t, foldersWith("# none"), "-Y")
	fed := f.feedObjects(300, time.Duration(reloads)*3*time.Second)
	f.run()
	for i := range reloads {
		f.wait("reload "+strconv.Itoa(i), 30*time.Second, func() bool { return strings.Count(f.read("log"), "rule loaded") == i+1 })
		time.Sleep(moment())
		f.signal(syscall.SIGHUP)
	}
	<-fed
	f.wantNoneLost(300)
}

// An input that Fluent Bit pauses again and again, with an output that is slow, loses
// nothing, not even when it is stopped meanwhile.
func TestFolderPaused(t *testing.T) {
	t.Parallel()
	f := prepare(t, strings.Replace(foldersWith("mem_buf_limit 200k"), "storage.type  filesystem\n    mem", "mem", 1))
	const objects, each = 20, 300
	for i := range objects {
		f.object(trailName(i), pushes(i*each, each))
	}
	f.run()
	f.wantLog("paused")
	f.stop()
	f.again()
	f.run()
	f.wantNoneLost(objects * each)
}

// Without a detect output: acknowledge appended lets go of what was read.
func TestFolderAppended(t *testing.T) {
	t.Parallel()
	config := foldersWith("Acknowledge appended")
	config = config[:strings.Index(config, "[INPUT]\n    Name          detect_alerts")] + `
[OUTPUT]
    Name    file
    Match   cloudtrail
    Path    DIR
    File    originals
    Format  plain
`
	f := prepare(t, config)
	f.object(trailName(0), pushes(0, 10))
	f.run()
	f.wait("the records", 20*time.Second, func() bool { return f.lines("originals") == 10 })
	time.Sleep(4 * time.Second)
	f.stop()
	f.again()
	f.run()
	f.object(trailName(1), pushes(10, 1))
	f.wait("the next record", 20*time.Second, func() bool { return f.lines("originals") >= 11 })
	f.wantStill("originals", 11)
	f.stop()
}

// The input works in a daemon: the library is loaded before the fork, and the runtime
// starts after it.
func TestFolderDaemon(t *testing.T) {
	t.Parallel()
	f := prepare(t, strings.NewReplacer("Grace         3", "Grace 3\n    Daemon On\n    Log_File DIR/daemon.log", "Parsers_File  parsers.conf", "").Replace(foldersWith("# none")))
	f.object(trailName(0), pushes(0, 3))
	pid := f.runDaemon()
	f.wantLines("alerts", 3, 20*time.Second)
	f.object(trailName(1), pushes(3, 1))
	f.wantLines("alerts", 4, 20*time.Second)
	f.stopDaemon(pid)
}

// Settings that do not fit stop the start, with the key.
func TestFolderRefused(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"Acknowledge perhaps": "acknowledge: invalid value \"perhaps\": must be `detected` or `appended`",
		"In_Flight 1":         "in_flight: invalid value \"1\": must be a size from 2M to 1G",
	} {
		f := prepare(t, foldersWith(setting))
		f.run()
		f.wantEnd(255)
		if log := f.read("log"); !strings.Contains(log, want) {
			t.Errorf("%s: the log does not say %q:\n%s", setting, want, log)
		}
	}
}
