package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Two hot reloads while events flow: nothing is lost, the host survives, and duplicates
// and counters are kept.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	const n, batch = 6000, 50
	f := prepare(t, pipeline("SETTINGS", "Max_Alerts 0", "Refresh_Interval  1", "Refresh_Interval  1\n    DB DIR/tail.db\n    DB.sync full"), "-Y")
	f.write("in1.json", pushes(0, 1)+otherEvents(1))
	f.run()
	f.wait("the first alert", 20*time.Second, func() bool { return f.lines("alerts") > 0 })
	sent := 1
	for round := 1; round <= 2; round++ {
		for ; sent < round*n/2; sent += batch {
			f.append("in1.json", pushes(sent, batch)+otherEvents(batch))
			time.Sleep(20 * time.Millisecond)
			if sent%(n/2) > n/4 && sent%(n/2) <= n/4+batch {
				f.signal(syscall.SIGHUP)
			}
		}
		f.wait(fmt.Sprintf("reload %d", round), 20*time.Second, func() bool {
			return strings.Count(f.read("log"), "rule loaded") == 1+round
		})
	}
	f.wait("every event at the other output and its alert", 30*time.Second, func() bool { return len(f.ids("alerts")) >= sent })
	// Events from before the reloads are still known.
	before := f.lines("alerts")
	f.write("in2.json", pushes(0, 500))
	f.wantStill("alerts", before)
	f.stop()
	ids := f.ids("alerts")
	again := 0
	for _, times := range ids {
		again += times - 1
	}
	t.Logf("%d alerts, %d of them handed over again by a reload", before, again)
	if len(ids) != sent {
		t.Errorf("%d different alerts, want %d", len(ids), sent)
	}
	if want := fmt.Sprintf("matched=%d ", sent+500); !strings.Contains(f.read("log"), want) {
		t.Errorf("the counters were not kept over the reloads: the log does not say %q", want)
	}
}

// A reload with invalid rules: the previous ones stay in force, and the log says so. Then
// the rules are fixed.
func TestReloadWithBrokenRules(t *testing.T) {
	t.Parallel()
	f := prepare(t, pipeline("SETTINGS", "Rules builtin,DIR/rules"), "-Y")
	good := strings.Replace(badQuery, "(a or b", "ec2*", 1)
	if err := os.Mkdir(filepath.Join(f.dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	f.write("rules/own.toml", good)
	f.write("in1.json", pushes(0, 1))
	f.run()
	f.wantLines("alerts", 1, 20*time.Second)
	f.write("rules/own.toml", badQuery)
	f.signal(syscall.SIGHUP)
	f.wantLog("rules/own.toml:10:")
	f.wantLog("the settings and rules from before the reload stay in force")
	f.wantLog("[reload] successful reload done")
	f.append("in1.json", pushes(1, 1))
	f.wantLines("alerts", 2, 20*time.Second)
	f.write("rules/own.toml", strings.Replace(good, "ec2*", "SendSSH*", 1))
	f.signal(syscall.SIGHUP)
	f.wait("the second reload", 20*time.Second, func() bool { return strings.Count(f.read("log"), "2 rules loaded") >= 3 })
	f.append("in1.json", pushes(2, 1))
	f.wait("alerts of both rules", 20*time.Second, func() bool {
		return strings.Count(f.read("alerts"), `"id":"e-2"`) == 2
	})
	f.stop()
}
