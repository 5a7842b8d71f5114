package hosted

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// Memory does not grow with the number of records: the resident memory of the process
// early in the run and at the end is the same, except for the randomness of the garbage
// collector. DETECT_RECORDS is the number of records.
func TestMemoryStaysFlat(t *testing.T) {
	records := 2_000_000
	if text := os.Getenv("DETECT_RECORDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		records = n
	}
	var resident []int // KiB
	watch := func(pid int) {
		for {
			kib, ok := residentOf(pid)
			if !ok {
				return
			}
			resident = append(resident, kib)
			time.Sleep(50 * time.Millisecond)
		}
	}
	r := runWatched(t, build, watch, "--json", events, "--repeat", strconv.Itoa(records/recordsOfEvents), "--threads", "2")
	r.want(0, alertsOfEvents)
	if got := int(r.stats["records"]); got < records*9/10 {
		t.Fatalf("%d records were flushed, want %d", got, records)
	}
	if len(resident) < 12 {
		t.Fatalf("only %d measurements: too few records", len(resident))
	}
	early, late := most(resident[len(resident)/6:len(resident)/3]), most(resident[len(resident)*2/3:])
	t.Logf("%d records: at most %d KiB resident in the second sixth of the run, %d KiB in its last third", int(r.stats["records"]), early, late)
	if late > early+4096 {
		t.Errorf("memory grows: %d KiB early, %d KiB late\n%v", early, late, resident)
	}
}

func most(list []int) int {
	n := 0
	for _, x := range list {
		n = max(n, x)
	}
	return n
}

// residentOf returns the resident memory of a process, and false if it has ended.
func residentOf(pid int) (kib int, ok bool) {
	status, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "status"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, err := strconv.Atoi(strings.Fields(value)[0])
			return kib, err == nil
		}
	}
	return 0, false // a zombie has no memory
}

// hostileChunk returns a chunk of events that take as much memory as they can.
func hostileChunk(t *testing.T) []byte {
	var chunk []byte
	add := func(members ...any) {
		chunk = append(chunk, msgpacktest.Event(t, append(msgpacktest.Members{"eventSource", "ec2-instance-connect.amazonaws.com"}, members...))...)
	}
	list := binary.BigEndian.AppendUint32([]byte{0xdd}, 7_000_001)
	list = append(list, bytes.Repeat([]byte{1}, 7_000_000)...)
	list = append(list, msgpacktest.Value(t, "SendSSHPublicKey")...)
	add("eventName", msgpacktest.Raw(list))
	add("eventName", "SendSSHPublicKey", "eventID", "1", "requestParameters", msgpacktest.Raw(list))
	wide := binary.BigEndian.AppendUint32([]byte{0xdf}, 1_000_000)
	for i := range 1_000_000 {
		wide = append(wide, 0xa5, 'k', byte(i>>16), byte(i>>8), byte(i), 'x', 1)
	}
	add("eventName", "SendSSHPublicKey", "eventID", "2", "requestParameters", msgpacktest.Raw(wide))
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write([]byte(`{"eventName":"` + strings.Repeat(" ", 32<<20)))
	_ = z.Close()
	text := base64.StdEncoding.EncodeToString(bomb.Bytes())
	add("eventName", "x", "log", strings.Repeat(text+" ", 20), "message", `{"log":"`+strings.Repeat(`\u0065vent`, 1<<20)+`"}`)
	return chunk
}

// TestMemoryIsGivenBack: some seconds after hostile chunks the process is as small as
// before.
func TestMemoryIsGivenBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chunk")
	if err := os.WriteFile(path, hostileChunk(t), 0o600); err != nil {
		t.Fatal(err)
	}
	var resident []int // KiB
	watch := func(pid int) {
		for {
			kib, ok := residentOf(pid)
			if !ok {
				return
			}
			resident = append(resident, kib)
			time.Sleep(50 * time.Millisecond)
		}
	}
	r := runWatched(t, build, watch, "--msgpack", path, "--repeat", "2", "--threads", "2", "--wait", "25")
	if r.code != 0 || len(r.ids) != 3 {
		t.Fatalf("the host ended with %d and has %d alerts\n%s", r.code, len(r.ids), tail(r.stderr))
	}
	peak, end := most(resident), most(resident[len(resident)-20:])
	t.Logf("%d MiB at most, %d MiB at the end", peak>>10, end>>10)
	if end > 100<<10 {
		t.Errorf("%d MiB are left of %d MiB", end>>10, peak>>10)
	}
}
