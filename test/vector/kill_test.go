package vector

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Vector and the sidecar are killed with kill -9 again and again, at random moments,
// while events come in by files, with conf/vector/file.yaml: all alerts come out of
// Vector, those that come twice with the same ids. DETECT_VECTOR_KILLS makes it longer.
func TestKillFile(t *testing.T) {
	t.Parallel()
	input := t.TempDir()
	p := newPair(t, "file.yaml", "/var/log/cloudtrail/", input+"/")
	log, err := os.Create(filepath.Join(input, "events.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.survives(func(events []string) {
		if _, err := log.WriteString(strings.Join(events, "\n") + "\n"); err != nil {
			t.Error(err)
		}
	})
}

// The same with objects in S3, announced in a queue, with conf/vector/vector.yaml.
func TestKillS3(t *testing.T) {
	t.Parallel()
	program(t, "vector")
	a := newAWS(t)
	p := newPair(t, "vector.yaml", a.replacements(3)...)
	n := 0
	p.survives(func(events []string) {
		n++
		a.put(fmt.Sprintf("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/111122223333_CloudTrail_us-east-1_20260302T0900Z_%d.json.gz", n), object(t, events))
	})
	wait(t, "an empty queue", patience, func() bool { return a.messages() == 0 })
}

// replacements are those in conf/vector/vector.yaml for moto. A message that was not
// deleted comes again after some seconds.
func (a *aws) replacements(seconds int) []string {
	return []string{
		"region: us-east-1", fmt.Sprintf("region: %s\n    endpoint: http://%s\n    auth: {access_key_id: test, secret_access_key: test}", region, a.Address),
		"https://sqs.us-east-1.amazonaws.com/111122223333/cloudtrail", a.queue,
		"visibility_timeout_secs: 900", fmt.Sprintf("visibility_timeout_secs: %d", seconds),
	}
}

// survives sends batches of events while one of both is killed, and waits until all
// alerts have come out.
func (p *pair) survives(send func(events []string)) {
	p.t.Helper()
	kills := number(p.t, "DETECT_VECTOR_KILLS", 4)
	const every, matches, others = 25 * time.Millisecond, 2, 6
	p.start()
	stop, sent := make(chan struct{}), make(chan []string, 1)
	go func() {
		var all []string
		defer func() { sent <- all }()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(every):
			}
			events := batch(i*matches, matches, others)
			send(events)
			all = append(all, events...)
		}
	}()
	killed := map[string]int{}
	for i := range kills {
		time.Sleep(200*time.Millisecond + rand.N(900*time.Millisecond))
		which := []*process{p.vector, p.sidecar}[i%2]
		if i >= 2 && rand.N(2) == 0 {
			which = p.vector
		}
		which.again()
		killed[which.name]++
	}
	close(stop)
	p.wantAll(<-sent, killed)
}

// wantAll waits for the alerts of all events.
func (p *pair) wantAll(events []string, killed map[string]int) {
	p.t.Helper()
	want := replay(p.t, events)
	if len(want) == 0 || len(want) != strings.Count(strings.Join(events, "\n"), "SendSSHPublicKey") {
		p.t.Fatalf("%d alerts of %d events", len(want), len(events))
	}
	var got map[string]int
	began := time.Now()
	for missing, progress := len(want), began; missing > 0; time.Sleep(200 * time.Millisecond) {
		got = p.alerts()
		left := 0
		for id := range want {
			if got[id] == 0 {
				left++
			}
		}
		if left < missing {
			missing, progress = left, time.Now()
		}
		if time.Since(progress) > patience {
			p.t.Fatalf("%d of %d alerts do not come out, after kills of %v", missing, len(want), killed)
		}
	}
	took := time.Since(began)
	p.sidecar.end(syscall.SIGINT) // it has no more alerts
	p.vector.end(syscall.SIGTERM)
	got = p.alerts()
	again := -len(got)
	for _, n := range got {
		again += n
	}
	for id := range got {
		if want[id] == 0 {
			p.t.Errorf("an alert %s that replay does not make", id)
		}
	}
	p.t.Logf("%d events, kills of %v: %d of %d alerts, %d of them again, the last %.1f s after the last event", len(events), killed, len(got), len(want), again, took.Seconds())
}
