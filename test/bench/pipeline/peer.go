package pipeline

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// peer is a Fluent Bit, or a Vector, that detects in a certain way.
type peer struct {
	name     string
	does     string            // how, in a few words
	vector   string            // what is beside the source and the blackhole of all Vectors; empty: it is a Fluent Bit
	sidecar  string            // the path of fluent-detect, which runs beside Vector
	config   string            // beside the tail input and the null output of all
	service  string            // in [SERVICE]
	files    map[string]string // that the configuration names
	plugins  []string          // libraries
	noAlerts bool
	coarse   bool // adds so much that a third of the rounds tells it
}

// all is the beginning of every peer's configuration. The events come from a file in
// DIR/in, and are discarded.
const all = `[SERVICE]
    Flush         0.2
    Grace         3
    Log_Level     warn
    Parsers_File  DIR/parsers.conf
SERVICE
[INPUT]
    Name               tail
    Tag                cloudtrail
    Path               DIR/in/*.json
    Parser             json
    Read_from_Head     On
    Refresh_Interval   1
    Buffer_Chunk_Size  1M
    Buffer_Max_Size    8M
    Mem_Buf_Limit      50M
[OUTPUT]
    Name   null
    Match  cloudtrail
`

// toFile writes the alerts of a peer.
const toFile = `[OUTPUT]
    Name    file
    Match   alert*
    Path    DIR
    File    alerts
    Format  plain
`

const detect = `[INPUT]
    Name  detect_alerts
    Tag   alert
[OUTPUT]
    Name         detect
    Match        cloudtrail
    Retry_Limit  no_limits
    Max_Alerts   0
    Heartbeat    0
    Rules        RULES
` + toFile

const rewriteTag = `[FILTER]
    Name   rewrite_tag
    Match  cloudtrail
    Rule   $eventName ^Send(SerialConsole)?SSHPublicKey$ alert true
[FILTER]
    Name   grep
    Match  alert
    Regex  eventSource ^ec2-instance-connect\.amazonaws\.com$
[FILTER]
    Name     grep
    Match    alert
    Exclude  errorCode .
` + toFile

const stream = `[STREAM_TASK]
    Name  pushed_keys
    Exec  CREATE STREAM pushed_keys WITH (tag='alert') AS SELECT * FROM TAG:'cloudtrail' WHERE eventSource = 'ec2-instance-connect.amazonaws.com' AND (eventName = 'SendSSHPublicKey' OR eventName = 'SendSerialConsoleSSHPublicKey') AND NOT @record.contains(errorCode);
`

const lua = `local alerts = io.open("DIR/alerts", "w")
function detect(tag, time, record)
    local name = record["eventName"]
    if (name == "SendSSHPublicKey" or name == "SendSerialConsoleSSHPublicKey")
        and record["eventSource"] == "ec2-instance-connect.amazonaws.com" and record["errorCode"] == nil then
        alerts:write(record["eventID"], "\n")
        alerts:flush()
    end
    return 0
end
`

// Names of peers, and what this project does.
const (
	ours     = "this project"
	nothing  = "nothing"
	builtin  = "out_detect, built-in rule"
	detected = "rewrite_tag + grep"
)

// peers returns all peers. The libraries are in build; decoder is the plugin of
// test/bench/decode, detectionRules a checkout of elastic/detection-rules or empty.
func peers(build, decoder, detectionRules string) []peer {
	libraries := []string{filepath.Join(build, "out_detect.so"), filepath.Join(build, "in_detect.so")}
	ps := []peer{
		{name: nothing, does: "tail, JSON parser, null output", noAlerts: true},
		{name: builtin, does: ours, config: strings.ReplaceAll(detect, "RULES", "builtin"), plugins: libraries},
	}
	if detectionRules != "" {
		ps = append(ps, peer{name: "out_detect, Elastic's AWS rules", does: ours, plugins: libraries,
			config: strings.ReplaceAll(detect, "RULES", filepath.Join(detectionRules, "rules/integrations/aws"))})
	}
	return append(ps,
		peer{name: detected, does: "a filter that copies, two that drop", config: rewriteTag},
		peer{name: "stream processor", does: "SQL", service: "    Streams_File  DIR/streams.conf", config: toFile,
			files: map[string]string{"streams.conf": stream}},
		peer{name: "Lua filter", does: "writes the alerts to a file by itself", coarse: true,
			config: "[FILTER]\n    Name    lua\n    Match   cloudtrail\n    Script  DIR/detect.lua\n    Call    detect\n",
			files:  map[string]string{"detect.lua": lua}},
		peer{name: "Go output, decoding", does: "fluent-bit-go; writes the alerts to a file by itself", coarse: true, plugins: []string{decoder},
			config: "[OUTPUT]\n    Name         decode\n    Match        cloudtrail\n    Alerts_File  DIR/alerts\n"},
	)
}

// configure writes the peer's files into dir, and returns the commands that start it, the
// shipper's first.
func (p *peer) configure(dir string, more string) (commands [][]string, err error) {
	files := map[string]string{
		"fluent-bit.conf": strings.ReplaceAll(all, "SERVICE\n", p.service+"\n") + p.config + more,
		"parsers.conf":    "[PARSER]\n    Name json\n    Format json\n",
	}
	if p.vector != "" {
		files = map[string]string{"vector.yaml": allVector, "detect.yaml": p.vector}
	}
	for name, text := range p.files {
		files[name] = text
	}
	values := []string{"DIR", dir}
	for _, name := range []string{"EVENTS", "ALERTS"} {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		values = append(values, name, address)
	}
	replace := strings.NewReplacer(values...)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(replace.Replace(text)), 0o600); err != nil {
			return nil, err
		}
	}
	for _, args := range p.commands() {
		var command []string
		for _, a := range args {
			command = append(command, replace.Replace(a))
		}
		commands = append(commands, command)
	}
	return commands, errors.Join(os.Mkdir(filepath.Join(dir, "in"), 0o700), os.Mkdir(filepath.Join(dir, "data"), 0o700))
}

// commands returns the commands that start the peer, with DIR for its directory, and EVENTS
// and ALERTS for addresses.
func (p *peer) commands() [][]string {
	if p.vector != "" {
		all := [][]string{{"vector", "--quiet", "--graceful-shutdown-limit-secs", "5", "-c", "DIR/vector.yaml", "-c", "DIR/detect.yaml"}}
		if p.sidecar != "" {
			all = append(all, []string{p.sidecar, "serve", "--listen", "EVENTS", "--alerts", "http://ALERTS/alerts", "--state-path", "DIR/state", "--max-alerts", "0", "--heartbeat", "0"})
		}
		return all
	}
	args := []string{executable(), "-c", "DIR/fluent-bit.conf"}
	for _, library := range p.plugins {
		args = append(args, "-e", library)
	}
	return [][]string{args}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
