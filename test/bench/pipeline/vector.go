package pipeline

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// allVector is what every Vector does: the events come from a file in DIR/in, are parsed, and
// discarded.
const allVector = `data_dir: DIR/data
sources:
  events:
    type: file
    include: [DIR/in/*.json]
    max_line_bytes: 67108864
transforms:
  parsed:
    type: remap
    inputs: [events]
    source: |
      . = parse_json!(string!(.message))
sinks:
  discard:
    type: blackhole
    inputs: [parsed]
    print_interval_secs: 0
`

// noVector detects nothing.
const noVector = "{}\n"

const vrl = `transforms:
  pushed:
    type: filter
    inputs: [parsed]
    condition: |
      (.eventName == "SendSSHPublicKey" || .eventName == "SendSerialConsoleSSHPublicKey") &&
      .eventSource == "ec2-instance-connect.amazonaws.com" && !exists(.errorCode)
  once:
    type: dedupe
    inputs: [pushed]
    fields:
      match: [eventID]
sinks:
  alerts:
    type: file
    inputs: [once]
    path: DIR/alerts
    encoding:
      codec: json
`

// sidecarVector is as conf/vector/file.yaml has it.
const sidecarVector = `sources:
  alerts_in:
    type: http_server
    address: ALERTS
    path: /alerts
    path_key: ""
    framing:
      method: newline_delimited
    decoding:
      codec: json
sinks:
  fluent_detect:
    type: http
    inputs: [events]
    uri: http://EVENTS/v1/ingest
    framing:
      method: newline_delimited
    encoding:
      codec: raw_message
    compression: none
    batch:
      max_bytes: 8000000
      timeout_secs: 0.1
    request:
      concurrency: 1
      timeout_secs: 60
      retry_max_duration_secs: 5
    retry_strategy:
      type: all
    acknowledgements:
      enabled: true
    proxy:
      enabled: false
    buffer:
      type: memory
      max_events: 500
      when_full: block
  alerts:
    type: file
    inputs: [alerts_in]
    path: DIR/alerts
    encoding:
      codec: json
    acknowledgements:
      enabled: true
`

// vectorVersion returns the version of the vector on PATH, or an error if there is none.
func vectorVersion() (string, error) {
	text, err := exec.Command("vector", "--version").Output()
	return strings.TrimPrefix(strings.TrimSpace(string(text)), "vector "), err
}

// started waits until the peer's programs have started.
func (f *process) started(p *peer) error {
	time.Sleep(time.Second)
	if p.vector == "" {
		return nil
	}
	if p.sidecar == "" {
		// Vector says nothing when it has begun, but watches its files by then.
		return f.wait("Vector to start", 20*time.Second, func() bool { return isDir(filepath.Join(f.dir, "data", "events")) })
	}
	addresses := f.listening()
	return f.wait("Vector and the sidecar to listen", 20*time.Second, func() bool {
		for _, a := range addresses {
			c, err := net.DialTimeout("tcp", a, time.Second)
			if err != nil {
				return false
			}
			_ = c.Close()
		}
		return true
	})
}

// listening returns the addresses that the sidecar and Vector listen on.
func (f *process) listening() (addresses []string) {
	args := f.programs[1].cmd.Args
	for i, a := range args {
		if a == "--listen" {
			addresses = append(addresses, args[i+1])
		}
		if rest, ok := strings.CutPrefix(a, "http://"); ok {
			addresses = append(addresses, strings.TrimSuffix(rest, "/alerts"))
		}
	}
	return addresses
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
