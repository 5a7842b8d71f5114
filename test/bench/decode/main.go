// Decode is an output plugin for Fluent Bit that is written as most are: fluent-bit-go
// decodes each record into maps, in which it checks the conditions of the built-in
// rule. Matches go to a file as JSON lines. It is one of the peers of package pipeline.
package main

import (
	"C"
	"encoding/json"
	"fmt"
	"os"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"
)

// alerts is the file of the key alerts_file. There is one instance.
var alerts *os.File

func main() {}

//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) int {
	return output.FLBPluginRegister(def, "decode", "Looks for pushed SSH keys in decoded records")
}

//export FLBPluginInit
func FLBPluginInit(plugin unsafe.Pointer) int {
	var err error
	if alerts, err = os.Create(output.FLBPluginConfigKey(plugin, "alerts_file")); err != nil {
		fmt.Fprintln(os.Stderr, "decode: alerts_file:", err)
		return output.FLB_ERROR
	}
	return output.FLB_OK
}

//export FLBPluginFlush
func FLBPluginFlush(data unsafe.Pointer, length C.int, tag *C.char) int {
	decoder := output.NewDecoder(data, int(length))
	for {
		ret, _, record := output.GetRecord(decoder)
		if ret != 0 {
			return output.FLB_OK
		}
		if !matches(record) {
			continue
		}
		if err := json.NewEncoder(alerts).Encode(map[string]string{"eventID": text(record, "eventID")}); err != nil {
			return output.FLB_RETRY
		}
	}
}

func matches(record map[any]any) bool {
	if text(record, "eventSource") != "ec2-instance-connect.amazonaws.com" {
		return false
	}
	if name := text(record, "eventName"); name != "SendSSHPublicKey" && name != "SendSerialConsoleSSHPublicKey" {
		return false
	}
	return text(record, "errorCode") == ""
}

// text returns a member that is a text, or "".
func text(record map[any]any, key string) string {
	switch v := record[key].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

//export FLBPluginExit
func FLBPluginExit() int {
	alerts.Close()
	return output.FLB_OK
}
