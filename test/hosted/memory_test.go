package hosted

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
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
