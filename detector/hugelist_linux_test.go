package detector

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// cpuTime returns the time for which the current thread has run.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	const thread = 1
	var usage syscall.Rusage
	if err := syscall.Getrusage(thread, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestHugeLists: however many values a member has, an event that matches costs a few
// walks over them, and the alert says where it does not have all of them.
func TestHugeLists(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector takes many times as long; not tested: the cost of long lists")
	}
	const (
		n      = 100_000
		source = "ec2-instance-connect.amazonaws.com"
		name   = "SendSSHPublicKey"
		// maxCost is for each value. Most cost a tenth of it; a list of empty maps in the
		// place of userIdentity is walked over for each of its fields.
		maxCost = time.Microsecond
	)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for kind, element := range map[string]byte{"numbers": 1, "empty texts": 0xa0, "empty maps": 0x80, "empty lists": 0x90, "nulls": 0xc0} {
		list := func(last any) msgpacktest.Raw { // n elements and the last
			list := binary.BigEndian.AppendUint32([]byte{0xdd}, n+1)
			list = append(list, slices.Repeat([]byte{element}, n)...)
			return append(list, msgpacktest.Value(t, last)...)
		}
		event := func(members ...any) msgpacktest.Members {
			return append(msgpacktest.Members{"eventSource", source, "eventName", name, "eventTime", "2026-03-04T09:00:00Z", "eventID", "e-1"}, members...)
		}
		within := func(member string, inner ...any) msgpacktest.Members {
			return event(member, msgpacktest.Members(inner))
		}
		for _, c := range []struct {
			name   string
			body   msgpacktest.Members
			marked bool // if the elements are numbers: nothing that is empty is a value
		}{
			{"eventName", msgpacktest.Members{"eventSource", source, "eventName", list(name), "eventID", "e-1"}, true},
			{"eventSource", msgpacktest.Members{"eventSource", list(source), "eventName", name, "eventID", "e-1"}, true},
			{"eventID", msgpacktest.Members{"eventSource", source, "eventName", name, "eventID", list("e-1")}, true},
			{"eventTime", event("eventTime", list("x")), true},
			{"sourceIPAddress", event("sourceIPAddress", list("198.51.100.7")), true},
			{"userAgent", event("userAgent", list("x")), true},
			{"userIdentity", event("userIdentity", list("x")), false},
			{"userIdentity.arn", within("userIdentity", "arn", list("arn:x")), true},
			{"userIdentity.userName", within("userIdentity", "userName", list("alice")), true},
			{"userIdentity.sessionContext", within("userIdentity", "sessionContext", list("x")), false},
			{"requestParameters", event("requestParameters", list("x")), false},
			{"requestParameters.instanceId", within("requestParameters", "instanceId", list("i-1")), true},
			{"requestParameters.other", within("requestParameters", "other", list("x")), false},
			{"responseElements", event("responseElements", list("x")), false},
			{"resources", event("resources", list("x")), false},
			{"another member", event("other", list("x")), false},
			{"no event ID", msgpacktest.Members{"eventSource", source, "eventName", name, "requestParameters", list("x")}, false},
		} {
			b := newBench(t)
			chunk := msgpacktest.Event(t, c.body)
			begin := cpuTime(t)
			r, err := b.engine.Scan("t", chunk)
			took := cpuTime(t) - begin
			if err != nil || r.Alerts != 1 {
				t.Errorf("%s in %s: %+v, %v", kind, c.name, r, err)
				continue
			}
			if took > n*maxCost {
				t.Errorf("%d %s in %s take %v", n, kind, c.name, took)
			}
			var marks []string
			for _, mark := range b.alerts()[0]["fluent_detect"].(map[string]any)["integrity"].([]any) {
				marks = append(marks, mark.(string))
			}
			if got := slices.Contains(marks, "too_many_values"); got != (c.marked && kind == "numbers") {
				t.Errorf("%s in %s: integrity is %s", kind, c.name, strings.Join(marks, ", "))
			}

		}
	}
}
