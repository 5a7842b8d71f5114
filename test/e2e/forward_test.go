package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// sending reads in*.json and sends the alerts by the Forward protocol.
const sending = `
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
[OUTPUT]
    Name         detect
    Match        cloudtrail
    Retry_Limit  no_limits
    Max_Alerts   0
    Alert_Tag    alert.{severity}.{rule}
    SETTINGS
[OUTPUT]
    Name    file
    Match   cloudtrail
    Path    DIR
    File    originals
    Format  plain
`

// receiving is a forward input, in the same Fluent Bit or in another one.
const receiving = `
[INPUT]
    Name          forward
    storage.type  filesystem
    RECEIVER
[OUTPUT]
    Name    file
    Match   alert.*
    Path    DIR
    File    alerts
    Format  plain
[OUTPUT]
    Name    file
    Match   alert.*
    Path    DIR
    File    dated
`

const receivingService = `
[SERVICE]
    Flush         0.2
    Grace         3
    storage.path  DIR/storage
`

// certificate writes a self-signed certificate for 127.0.0.1, and its key.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "receiver"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, pair.Public(), pair)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
}

// link is one way to connect the two sides.
type link struct{ name, sender, receiver string }

// links returns all of them, with unused sockets and ports.
func links(t *testing.T) []link {
	t.Helper()
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	n := 0
	unix := func() (string, string) {
		n++
		path := fmt.Sprintf("%s/%d.sock", dir, n)
		return "Forward_To unix://" + path, "Unix_Path " + path
	}
	tcp := func() (string, string) {
		port := freeport.Find(t)
		return fmt.Sprintf("Forward_To tcp://127.0.0.1:%d", port), fmt.Sprintf("Listen 127.0.0.1\n    Port %d", port)
	}
	way := func(name string, address func() (string, string), sender, receiver string) link {
		s, r := address()
		lines := strings.NewReplacer("; ", "\n    ")
		return link{name, s + lines.Replace(sender), r + lines.Replace(receiver)}
	}
	return []link{
		way("unix", unix, "", ""),
		way("unix with a key", unix, "; Forward_Shared_Key hunter2", "; Shared_Key hunter2; Self_Hostname receiver"),
		way("tcp", tcp, "", ""),
		way("tcp with a key", tcp, "; Forward_Shared_Key hunter2; Forward_Self_Hostname sender", "; Shared_Key hunter2; Self_Hostname receiver"),
		way("tcp with a key and a user", tcp, "; Forward_Shared_Key hunter2; Forward_Username alice; Forward_Password pw-hunter2",
			"; Shared_Key hunter2; Security.Users alice pw-hunter2"),
		way("TLS with a key", tcp, "; Forward_TLS on; Forward_TLS_CA_File "+cert+"; Forward_Shared_Key hunter2",
			"; tls on; tls.verify off; tls.crt_file "+cert+"; tls.key_file "+key+"; Shared_Key hunter2"),
	}
}

// config returns the configuration of the sender, with more lines of the output.
func (l *link) config(more string) string {
	return strings.Replace(sending, "SETTINGS", l.sender+"\n    "+more, 1)
}

func (l *link) receiverConfig() string { return strings.Replace(receiving, "RECEIVER", l.receiver, 1) }

// Alerts go once each through a forward input, with their tag and time: in the
// same Fluent Bit, and in another one.
func TestForward(t *testing.T) {
	t.Parallel()
	const n = 1000
	for _, l := range links(t) {
		t.Run(l.name+"/the same Fluent Bit", func(t *testing.T) {
			t.Parallel()
			f := prepare(t, l.config("")+l.receiverConfig())
			f.write("in1.json", pushes(0, n))
			f.run()
			checkForwarded(t, f, n)
			f.stop()
			checkLog(t, f)
		})
	}
	for _, l := range links(t) {
		t.Run(l.name+"/another Fluent Bit", func(t *testing.T) {
			t.Parallel()
			r := start(t, receivingService+l.receiverConfig())
			f := prepare(t, l.config(""))
			f.write("in1.json", pushes(0, n))
			f.run()
			checkForwarded(t, r, n)
			f.stop()
			r.stop()
			checkLog(t, f)
		})
	}
}

// checkForwarded checks that n alerts are at the receiver.
func checkForwarded(t *testing.T, r *fluentBit, n int) {
	t.Helper()
	r.wantLines("alerts", n, 30*time.Second)
	if ids := r.ids("alerts"); len(ids) != n {
		t.Errorf("%d different alerts, want %d", len(ids), n)
	}
	const tag = "alert.medium.aws-ec2-instance-connect-ssh-public-key-uploaded: ["
	for line := range strings.Lines(r.read("dated")) {
		var at float64
		rest, ok := strings.CutPrefix(line, tag)
		if _, err := fmt.Sscanf(rest, "%f,", &at); !ok || err != nil {
			t.Fatalf("its tag or time is wrong: %.120s", line)
		}
		if age := time.Since(time.Unix(0, int64(at*1e9))); age < 0 || age > 2*time.Minute {
			t.Fatalf("the alert's time is %s ago: %.120s", age, line)
		}
	}
}

// checkLog checks that no secret is in the log.
func checkLog(t *testing.T, f *fluentBit) {
	t.Helper()
	if strings.Contains(f.read("log"), "hunter2") {
		t.Error("a secret is in the log")
	}
}

// kill -9 of the receiver, or of the sender, at random moments while events flow:
// every alert arrives.
func TestForwardKills(t *testing.T) {
	t.Parallel()
	kills := number(t, "DETECT_KILLS", 5)
	matches := number(t, "DETECT_KILL_MATCHES", 500)
	for _, l := range links(t) {
		who := map[string]string{"unix": "both", "tcp with a key": "receiver"}[l.name]
		if who == "" {
			continue
		}
		t.Run(l.name+"/"+who, func(t *testing.T) {
			r := prepare(t, receivingService+l.receiverConfig())
			f := prepare(t, l.config("State_Path DIR/state"))
			fed := f.feed(matches, 10, time.Duration(kills)*1700*time.Millisecond)
			r.run()
			f.run()
			for range kills {
				time.Sleep(moment())
				victim := r
				if who == "both" && mathrand.IntN(2) == 0 {
					victim = f
				}
				if err := victim.cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				<-victim.done
				victim.again()
				victim.run()
			}
			<-fed
			f.wantForwarded(r, matches)
		})
	}
}

// wantForwarded waits until everything has arrived, stops both sides, and checks that
// the receiver has an alert for every match that reached the sender's other output.
func (f *fluentBit) wantForwarded(r *fluentBit, matches int) {
	f.t.Helper()
	missing := func() (missing []string, reached, alerted map[string]int) {
		reached, alerted = f.found("originals", eventIDs), r.found("alerts", alertIDs)
		for id := range reached {
			if alerted[id] == 0 {
				missing = append(missing, id)
			}
		}
		return missing, reached, alerted
	}
	r.wait("every match at the other output", 2*time.Minute, func() bool {
		_, reached, _ := missing()
		return len(reached) >= matches*8/10
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		if list, _, _ := missing(); len(list) == 0 {
			break
		}
	}
	time.Sleep(settled)
	f.stop()
	if r != f {
		r.stop()
	}
	list, reached, alerted := missing()
	repeated := 0
	for _, times := range alerted {
		repeated += times - 1
	}
	f.t.Logf("%d matches sent, %d reached another output, %d alerted, %d alerts repeated", matches, len(reached), len(alerted), repeated)
	if len(list) > 0 {
		f.t.Errorf("%d of %d matches did not arrive: %v", len(list), len(reached), list)
	}
}

// Hot reloads under load: the outbox survives, with the receiver in the same Fluent Bit,
// which is reloaded with it, and in another one.
func TestForwardReloads(t *testing.T) {
	t.Parallel()
	reloads := number(t, "DETECT_RELOADS", 4)
	matches := number(t, "DETECT_KILL_MATCHES", 500)
	for _, l := range links(t) {
		if l.name != "unix with a key" {
			continue
		}
		for _, where := range []string{"the same Fluent Bit", "another Fluent Bit"} {
			t.Run(where, func(t *testing.T) {
				config := l.config("")
				if where == "the same Fluent Bit" {
					config += l.receiverConfig()
				}
				f := prepare(t, config, "-Y")
				r := f
				if where != "the same Fluent Bit" {
					r = start(t, receivingService+l.receiverConfig())
				}
				fed := f.feed(matches, 10, time.Duration(reloads)*3*time.Second)
				f.run()
				for i := range reloads {
					f.wait(fmt.Sprintf("reload %d", i), 30*time.Second, func() bool { return strings.Count(f.read("log"), "rule loaded") == i+1 })
					time.Sleep(moment())
					f.signal(syscall.SIGHUP)
				}
				<-fed
				f.wantForwarded(r, matches)
				if strings.Contains(f.read("log"), "panic") {
					t.Error("the plugin panicked")
				}
			})
		}
	}
}

// The receiver is down at the end: without state_path the alerts are written to stderr,
// with it they are kept for the next start.
func TestForwardReceiverAway(t *testing.T) {
	t.Parallel()
	const n = 20
	for _, stored := range []bool{false, true} {
		t.Run(fmt.Sprintf("state_path %v", stored), func(t *testing.T) {
			t.Parallel()
			l := links(t)[3] // tcp with a key
			more := ""
			if stored {
				more = "State_Path DIR/state"
			}
			f := prepare(t, l.config(more))
			f.write("in1.json", pushes(0, n))
			f.run()
			f.wantLog("connect: connection refused; alerts wait in the outbox")
			f.wantLines("originals", n, 20*time.Second)
			began := time.Now()
			f.stop()
			if d := time.Since(began); d > 8*time.Second {
				t.Errorf("stopping took %s", d)
			}
			log := f.read("log")
			if got := countAlerts(log); stored && got > 0 || !stored && got != n {
				t.Errorf("%d alerts are written to stderr", got)
			}
			checkLog(t, f)
			if !stored {
				return
			}
			f.wantLogged("20 alerts wait in state_path for the next start")
			r := start(t, receivingService+l.receiverConfig())
			f.again()
			f.run()
			checkForwarded(t, r, n)
			f.stop()
			r.stop()
		})
	}
}

// wantLogged checks that a text is in the log of a process that has ended.
func (f *fluentBit) wantLogged(text string) {
	f.t.Helper()
	if !strings.Contains(f.read("log"), text) {
		f.t.Errorf("the log does not say %q", text)
	}
}

// A receiver without the key gets nothing, and the log says why, at the first attempt.
func TestForwardWrongKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sender, receiver, want string }{
		{"another key", "Forward_Shared_Key x-hunter2", "Shared_Key hunter2", "its shared key must be that of forward_shared_key"},
		{"another password", "Forward_Shared_Key hunter2\n    Forward_Username alice\n    Forward_Password x-hunter2",
			"Shared_Key hunter2\n    Security.Users alice pw-hunter2", `rejects the handshake: "username/password mismatch"`},
		{"no key here", "", "Shared_Key hunter2", "the receiver begins a handshake: it has a shared key or users, so forward_shared_key must be set"},
		{"no key there", "Forward_Shared_Key hunter2", "", "timeout of the handshake after 10s: the receiver may have no shared key"},
		{"the same name", "Forward_Shared_Key hunter2\n    Forward_Self_Hostname twin", "Shared_Key hunter2\n    Self_Hostname twin", `the receiver has the same hostname, "twin"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := links(t)[0] // unix
			r := start(t, receivingService+strings.Replace(receiving, "RECEIVER", l.receiver+"\n    "+c.receiver, 1))
			f := start(t, l.config(c.sender))
			f.wantLog(c.want)
			f.write("in1.json", pushes(0, 3))
			f.wantLines("originals", 3, 20*time.Second)
			if n := r.lines("alerts"); n > 0 {
				t.Errorf("%d alerts at the receiver", n)
			}
			f.stop()
			r.stop()
			checkLog(t, f)
			if got := countAlerts(f.read("log")); got != 3 {
				t.Errorf("%d alerts are written to stderr at the end, want 3", got)
			}
		})
	}
}
