package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

// counted is a cloud behind a proxy that counts the objects that are read, and takes its time.
type counted struct {
	cloud
	address string
	objects atomic.Int64
}

func (c *counted) url() string { return c.address }

func count(t *testing.T, c cloud) *counted {
	target, err := url.Parse(c.url())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	counts := &counted{cloud: c}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".json.gz") {
			counts.objects.Add(1)
			time.Sleep(15 * time.Millisecond)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	counts.address = server.URL
	return counts
}

// Rules learn from a bucket, and kill -9 ends the process in the middle: the next one goes on
// where it was, or a little before, which changes nothing of what it has learned; nothing is
// missed; and then it is live: of what the queue announces only what is new alerts.
func TestLearnFromBucket(t *testing.T) {
	t.Parallel()
	f := func(t *testing.T, behind cloud) {
		c := count(t, behind)
		const objects, each = 240, 5
		now := time.Now().UTC()
		user := func(object, i int) string { return fmt.Sprintf("user%d-%d", object, i) }
		read := func(id, user string, at time.Time) string {
			return fmt.Sprintf(`{"eventID":%q,"eventTime":%q,"eventSource":"vault.amazonaws.com","eventName":"Read","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":%q}}`+"\n",
				id, at.Format(time.RFC3339), user)
		}
		for object := range objects {
			at := now.Add(-time.Duration(object)*40*time.Minute - time.Minute)
			var lines strings.Builder
			for i := range each {
				lines.WriteString(read(fmt.Sprint("old-", object, "-", i), user(object, i), at))
			}
			c.put(fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/%s/111122223333_CloudTrail_eu-west-1_%s_%016d.json.gz",
				at.Format("2006/01/02"), at.Format("20060102T1504Z"), object), objectOf(lines.String()))
		}
		f := queued(t, c)
		f.configure(strings.NewReplacer("Max_Alerts   0", "Max_Alerts   0\n    Rules        DIR/new.toml\n    Learn_For    1h",
			"Visibility_Timeout 30s", "Visibility_Timeout 30s\n    State_Path DIR/positions\n    Learn_From s3://trail/ 10d\n    Parallel 2").Replace(f.read("fluent-bit.conf")))
		f.write("new.toml", memoryRule)

		f.run()
		f.wantLog("learning from s3://trail/, 10 days and today")
		f.wait("half of the objects", 30*time.Second, func() bool { return c.objects.Load() > objects/2 })
		if err := f.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-f.done
		if log := f.read("log"); strings.Contains(log, "now the input begins") {
			t.Fatal("it had learned everything before it was killed")
		}
		killed := c.objects.Load()
		announce(c, objects, read("live-1", user(0, 0), now)+read("live-2", user(objects-1, each-1), now)+read("live-3", "eve", now))
		f.runAgain()
		f.run()
		f.wantLines("alerts", 1, 60*time.Second)
		f.wait("an empty queue", 30*time.Second, func() bool { return c.left() == 0 })
		f.wantLines("originals", 3, 20*time.Second)
		f.stop()
		if alerts := f.read("alerts"); strings.Count(alerts, "\n") != 1 || !strings.Contains(alerts, `"terms":{"user.name":"eve"}`) {
			t.Errorf("the alerts are %s", alerts)
		}
		log := f.read("log")
		if m := regexp.MustCompile(`learned from .* events? in ([\d,]+) objects?; now the input begins`).FindAllStringSubmatch(log, -1); len(m) != 1 {
			t.Errorf("learning ended %d times", len(m))
		} else if n, _ := strconv.Atoi(m[0][1]); !strings.Contains(log, "goes on") || n > objects || n < objects-int(killed) {
			t.Errorf("the second process has learned from %d objects of %d, of which the first had read %d", n, objects, killed)
		} else {
			t.Logf("the first process had read %d of %d objects, the second has learned from %d", killed, objects, n)
		}
		memory := exec.Command(library(t, "fluent-detect"), "memory", "--state-path", "state", "--rules", "new.toml", "--json")
		memory.Dir = f.dir
		out, err := memory.CombinedOutput()
		if want := fmt.Sprintf(`"keys":%d,`, objects*each+1); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("the memory is %s, %v, want %s", out, err, want)
		}
	}
	t.Run("stand-in", func(t *testing.T) { t.Parallel(); f(t, fakeCloud{fake.New(t)}) })
	t.Run("moto", func(t *testing.T) { t.Parallel(); f(t, newMoto(t)) })
}
