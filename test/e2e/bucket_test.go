package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

// listing prepares a Fluent Bit that lists a bucket.
func listing(t *testing.T, c cloud, settings string, flags ...string) *fluentBit {
	t.Helper()
	binary(t)
	config := strings.NewReplacer("Path          DIR/trail", "Bucket        trail", "SETTINGS",
		"Region eu-west-1\n    Endpoint "+c.url()+"\n    "+settings).Replace(folders)
	f := prepare(t, config, flags...)
	f.cmd.Env = append(os.Environ(), awsEnvironment...)
	return f
}

// A bucket is read by listing it: every event of the days is one record and one alert, with
// our stand-in and with moto; after a restart nothing is read again.
func TestBucket(t *testing.T) {
	t.Parallel()
	f := func(t *testing.T, c cloud, objects int) {
		const each = 5
		n := 0
		for i := range objects {
			if day := i%28 + 1; day >= 2 && day <= 27 {
				c.put(trailName(i), objectOf(pushes(n*each, each)+otherEvents(2)))
				n++
			} else {
				c.put(trailName(i), objectOf(pushes(1e6+i, 1)))
			}
		}
		f := listing(t, c, "From 2026-03-02\n    Until 2026-03-27")
		f.run()
		f.wantEvents(n * each)
		f.wantStill("originals", n*(each+2))
		f.wantNow("alerts", n*each)
		f.wantLog("all objects until 2026-03-27 were read")
		f.stop()
		f.runAgain()
		f.run()
		time.Sleep(3 * time.Second)
		f.wantStill("originals", n*(each+2))
		f.stop()
	}
	t.Run("stand-in", func(t *testing.T) {
		t.Parallel()
		s := fake.New(t)
		s.Page(100)
		f(t, fakeCloud{s}, 300)
	})
	t.Run("moto", func(t *testing.T) { t.Parallel(); f(t, newMoto(t), 100) })
}

// Hot reloads while a bucket is read.
func TestBucketReloads(t *testing.T) {
	t.Parallel()
	reloads := number(t, "DETECT_RELOADS", 3)
	s := fake.New(t)
	s.Page(100)
	c := fakeCloud{s}
	for i := range 300 {
		c.put(trailName(i), objectOf(pushes(i, 1)+otherEvents(200)))
	}
	f := listing(t, c, "From 2026-03-01\n    In_Flight 2M", "-Y")
	f.run()
	for i := range reloads {
		f.wait("reload "+strconv.Itoa(i), 30*time.Second, func() bool { return strings.Count(f.read("log"), "rule loaded") == i+1 })
		time.Sleep(moment())
		f.signal(syscall.SIGHUP)
	}
	f.wantNoneLost(300)
}

// kill -9 at random moments while a bucket is read: no event is lost.
func TestBucketKill(t *testing.T) {
	t.Parallel()
	kills := number(t, "DETECT_KILLS", 4)
	events := number(t, "DETECT_KILL_MATCHES", 300)
	s := fake.New(t)
	s.Page(100)
	c := fakeCloud{s}
	now := time.Now().UTC()
	put := func(i int) { // the names are of the last hours, since what comes later than a day is not found
		at := now.Add(time.Duration(i%120-120) * time.Minute)
		c.put(fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/%s/111122223333_CloudTrail_eu-west-1_%s_%016d.json.gz",
			at.Format("2006/01/02"), at.Format("20060102T1504Z"), i), objectOf(pushes(i, 1)+otherEvents(5)))
	}
	for i := range events / 2 {
		put(i)
	}
	f := listing(t, c, "From 2026-03-01")
	for i := range kills {
		f.run()
		for n := events / 2 * i / kills; n < events/2*(i+1)/kills; n++ {
			put(events/2 + n)
		}
		time.Sleep(moment())
		if err := f.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-f.done
		f.runAgain()
	}
	for n := events / 2 * 2; n < events; n++ {
		put(n)
	}
	f.run()
	f.wantNoneLost(events)
}

// The shipped configurations read a bucket.
func TestBucketConfigurations(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{".conf", ".yaml"} {
		t.Run(ext, func(t *testing.T) {
			t.Parallel()
			c := fakeCloud{fake.New(t)}
			c.put(trailName(5), objectOf(pushes(0, 2)))
			s := ship(t, "input-bucket"+ext, edit{`(?i)(bucket:? +)my-trail`, "${1}trail"})
			s.cmd.Env = append(os.Environ(), awsEnvironment...)
			s.cmd.Env = append(s.cmd.Env, "AWS_ENDPOINT_URL="+c.url())
			s.run()
			s.wait("the alerts on stdout", 20*time.Second, func() bool { return countAlerts(s.read("log")) == 2 })
			s.stop()
		})
	}
}
