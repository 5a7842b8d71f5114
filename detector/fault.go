package detector

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// faultRate is how many error records go out: a stream of garbage breaks every
// chunk.
var faultRate = hold.Rate{Max: 3, Per: time.Minute}

// fault is something that an operator has to know of.
type fault struct {
	kind    string // error.type
	message string
	tag     string // of the chunk, if it is about one
	fields  []alert.Field
}

// report puts an error record in the outbox, unless there were too many just now.
// As a heartbeat, it is no alert.
func (e *Engine) report(f fault) {
	now := e.host.Now()
	withheld, ok := e.state.faults.Pass(now)
	if !ok {
		e.state.traffic.ErrorsWithheld.Add(1)
		return
	}
	n := alert.Notice{
		Dataset: ErrorDataset, Kind: "event", Stream: "logs", Type: "error", Time: now, Message: "fluent-detect: " + printable(f.message),
		Fields: append([]alert.Field{
			{Name: "error.message", Value: printable(f.message)},
			{Name: "error.type", Value: f.kind},
			{Name: "fluent_detect.channel", Value: e.config.Channel},
			{Name: "fluent_detect.detector", Value: e.host.Name},
			{Name: "fluent_detect.input.tag", Value: printable(f.tag)},
			{Name: "fluent_detect.error.withheld", Value: withheld}, // before this one
		}, f.fields...),
	}
	if e.host.Outbox.Report(now, n.Append(nil, e.host.Observer)) {
		e.state.traffic.ErrorRecords.Add(1)
	} else {
		e.state.traffic.ErrorsWithheld.Add(1)
	}
}

// reportBroken reports a chunk that is broken in the middle.
func (e *Engine) reportBroken(err error) {
	var broken *ScanError
	if !errors.As(err, &broken) {
		return
	}
	e.report(fault{"broken_chunk", err.Error(), broken.Tag, []alert.Field{
		{Name: "fluent_detect.error.offset", Value: broken.Err.Offset}, // in bytes
		{Name: "fluent_detect.error.records", Value: broken.Records},
	}})
}

// Panicked counts a panic that a host's entry point recovered from while it
// handled a chunk with that tag, and reports it. The chunk is lost.
func (e *Engine) Panicked(tag string, reason any) {
	e.state.traffic.Panics.Add(1)
	e.report(fault{kind: "panic", message: fmt.Sprintf("panic: %v", reason), tag: tag})
}

// maxFault is how many bytes of a text an error record carries.
const maxFault = 1024

// printable returns the text as a line: what could mislead a terminal or a parser
// of lines is replaced.
func printable(text string) string {
	if len(text) > maxFault {
		text = text[:maxFault] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(text, "?"))
}
