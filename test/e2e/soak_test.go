package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// soaked reads whole files as they appear, and serves its counters.
const soaked = `
[SERVICE]
    Flush         0.2
    Grace         3
    Parsers_File  parsers.conf
[INPUT]
    Name               tail
    Tag                cloudtrail
    Path               DIR/in/*.json
    Read_from_Head     On
    Refresh_Interval   1
    Rotate_Wait        1
    Buffer_Chunk_Size  1M
    Buffer_Max_Size    8M
    Mem_Buf_Limit      50M
    Parser             json
[INPUT]
    Name  detect_alerts
    Tag   alert.ssh
[OUTPUT]
    Name            detect
    Match           cloudtrail
    Max_Alerts      0
    Dedup_Size      1000
    Metrics_Listen  ADDRESS
[OUTPUT]
    Name    file
    Match   alert.ssh
    Path    DIR
    File    alerts
    Format  plain
`

// mixture returns lines of all kinds with n events, and the number of records they make:
// parsed events, whole objects of S3 on a line, lines that are truncated or not JSON.
func mixture(n int) (lines string, records int) {
	var b strings.Builder
	event := strings.TrimSuffix(otherEvents(1), "\n")
	for i := 0; i < n; records++ {
		switch records % 50 {
		case 7:
			b.WriteString(`{"Records":[` + strings.Repeat(event+",", 9) + event + "]}\n")
			i += 10
		case 13:
			b.WriteString(event[:100] + "\n")
		case 29:
			b.WriteString("plain text of another program\n")
		default:
			b.WriteString(event + "\n")
			i++
		}
	}
	return b.String(), records
}

// usage is what a process uses at some time.
type usage struct {
	seconds, resident, descriptors, threads, goroutines, records float64
}

func (f *fluentBit) usage(s samples, began time.Time) usage {
	f.t.Helper()
	u := usage{seconds: time.Since(began).Seconds(), goroutines: s["go_goroutines"], records: s.sum("fluent_detect_records_total")}
	proc := "/proc/" + strconv.Itoa(f.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "/status")
	if err != nil {
		f.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseFloat(strings.Fields(value + " 0")[0], 64)
		switch name {
		case "VmRSS":
			u.resident = n / 1024
		case "Threads":
			u.threads = n
		}
	}
	open, err := os.ReadDir(proc + "/fd")
	if err != nil {
		f.t.Fatal(err)
	}
	u.descriptors = float64(len(open))
	return u
}

// What a process uses does not grow with what it has read. DETECT_SOAK is the number of
// records, DETECT_SOAK_RESULTS a file for the figures of each second.
func TestSoak(t *testing.T) {
	t.Parallel()
	total := number(t, "DETECT_SOAK", 400_000)
	const each, most = 50_000, 3 // events in a file, files that wait
	address := freeport.Address(t)
	f := prepare(t, strings.ReplaceAll(soaked, "ADDRESS", address))
	if err := os.Mkdir(filepath.Join(f.dir, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	lines, records := mixture(each)
	f.run()
	began := time.Now()
	var all []usage
	sent, files, last := 0, 0, usage{}
	for last.records < float64(total) {
		if s, err := scrape(address); err == nil {
			last = f.usage(s, began)
			all = append(all, last)
		} else if time.Since(began) > 20*time.Second && len(all) == 0 {
			t.Fatal(err)
		}
		for float64(sent)-last.records < most*float64(records) && sent < total {
			// Renamed when complete: tail must not find half a file.
			f.write("next", lines+pushes(files, 1))
			files++
			sent += records + 1
			if err := os.Rename(filepath.Join(f.dir, "next"), filepath.Join(f.dir, "in", fmt.Sprintf("%d.json", files))); err != nil {
				t.Fatal(err)
			}
			if files > 4*most {
				_ = os.Remove(filepath.Join(f.dir, "in", fmt.Sprintf("%d.json", files-4*most))) // read long ago
			}
		}
		if idle := len(all) - 120; idle > 0 && all[idle].records == last.records {
			t.Fatalf("Fluent Bit stops reading after %.0f of %d records", last.records, sent)
		}
		time.Sleep(time.Second)
	}
	if path := os.Getenv("DETECT_SOAK_RESULTS"); path != "" {
		var b strings.Builder
		b.WriteString("seconds,resident_mb,descriptors,threads,goroutines,records\n")
		for _, u := range all {
			fmt.Fprintf(&b, "%.0f,%.1f,%.0f,%.0f,%.0f,%.0f\n", u.seconds, u.resident, u.descriptors, u.threads, u.goroutines, u.records)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%.0f records in %.0f s: %.1f MB resident, %.0f descriptors, %.0f threads, %.0f goroutines", last.records, last.seconds, last.resident, last.descriptors, last.threads, last.goroutines)

	// Some are heartbeats.
	f.wait("an alert for each file", 20*time.Second, func() bool { return len(f.found("alerts", alertIDs)) >= files })
	f.stop()

	// In the first half buffers grow to their size.
	half := len(all) / 2
	peak := func(list []usage, of func(usage) float64) float64 {
		return of(slices.MaxFunc(list, func(a, b usage) int { return int(of(a) - of(b)) }))
	}
	for _, c := range []struct {
		name  string
		of    func(usage) float64
		slack float64
	}{
		{"MB resident", func(u usage) float64 { return u.resident }, 40}, // of Fluent Bit's own buffers
		{"descriptors", func(u usage) float64 { return u.descriptors }, 4 * most},
		{"threads", func(u usage) float64 { return u.threads }, 4},
		{"goroutines", func(u usage) float64 { return u.goroutines }, 8},
	} {
		if before, after := peak(all[:half+1], c.of), peak(all[half:], c.of); after > before+c.slack {
			t.Errorf("%s: %.0f at most in the first half, %.0f in the second", c.name, before, after)
		}
	}
}
