package command

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
	"github.com/fluent-detect/fluent-detect/plugin/report"
)

// reportFile is the page that a replay writes. The file gets its name when it is complete.
type reportFile struct {
	path   string
	file   *os.File
	page   *report.Report
	reader *envelope.Reader
	schema *event.Schema
	chunk  *pipeline.Chunk   // that alerts come from now; nil: from none
	events map[string][]byte // of the chunk, by digest, as JSON; nil: it was not read again
}

// newReportFile creates the file, so that it is an error now and not at the end if that
// cannot be done. It is for the user only, as the events in it may be for few eyes.
func newReportFile(path string, rules *ruleset.Set) (*reportFile, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("--report: %s is not a regular file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	list := make([]*rule.Rule, len(rules.Rules))
	for i, one := range rules.Rules {
		list[i] = one.Rule
	}
	f := &reportFile{path: path, file: file, page: report.New(list), schema: rules.Schema}
	f.reader = envelope.NewReader(f.schema, f.note)
	return f, nil
}

// look makes the events of a chunk those that the next alerts are about; nil: of none.
func (f *reportFile) look(c *pipeline.Chunk) { f.chunk, f.events = c, nil }

// note notes an event of the chunk.
func (f *reportFile) note(e *event.Event) {
	digest := f.schema.Identify(e)
	f.events[hex.EncodeToString(digest[:])] = jsontext.AppendJSON(nil, e.Document())
}

// add adds an alert, as JSON, with its event if that is in the chunk.
func (f *reportFile) add(alert []byte) {
	digest := report.EventDigest(alert)
	if digest != "" && f.events == nil && f.chunk != nil {
		f.events = map[string][]byte{}
		for i := range f.chunk.Records {
			_, _, _ = f.reader.Read(f.chunk.Data, f.chunk.Records[i].Body) // it cannot be broken: we made the chunk
		}
	}
	f.page.Add(alert, f.events[digest])
}

// discard removes the file if it was not completed.
func (f *reportFile) discard() {
	if f.file != nil {
		_ = f.file.Close()
		_ = os.Remove(f.file.Name())
	}
}

// complete writes the page and gives the file its name. It returns the size in bytes.
func (f *reportFile) complete(run report.Run) (size int64, err error) {
	err = f.page.Write(f.file, run)
	if info, e := f.file.Stat(); e == nil {
		size = info.Size()
	}
	if err = errors.Join(err, f.file.Close()); err == nil {
		err = os.Rename(f.file.Name(), f.path)
	}
	if err != nil {
		return 0, fmt.Errorf("--report: %w", err)
	}
	f.file = nil
	return size, nil
}

// writeReport writes the page, if one was asked for.
func (r *replay) writeReport(interrupted bool) error {
	if r.report == nil {
		return nil
	}
	s := r.counters.Report()
	run := report.Run{
		Version: r.app.version, Command: commandLine(os.Args), Files: r.pipe.Files(), Bytes: terminal.Bytes(r.bytes),
		Records: s.Records, Events: s.Events, Rules: len(s.Rules), Skipped: r.rules.Skipped,
	}
	if interrupted {
		run.Notes = append(run.Notes, "The run was interrupted: these are the results so far.")
	}
	if r.faults.any() {
		run.Notes = append(run.Notes, terminal.Plural(r.faults.count, "part")+" of the files could not be read, such as "+strings.Join(r.faults.list[:min(3, len(r.faults.list))], "; "))
	}
	if n := len(r.pipe.Skipped()); n > 0 {
		run.Notes = append(run.Notes, terminal.Plural(n, "file")+" in directories skipped, by their names")
	}
	var held []string
	for _, c := range columns(&s)[2:] {
		held = append(held, terminal.Count(c.of(&s.Outcomes))+" "+strings.ToLower(c.title))
	}
	if len(held) > 0 {
		run.Notes = append(run.Notes, terminal.Count(s.Matched())+" matches of rules; without an alert of their own: "+strings.Join(held, ", "))
	}
	size, err := r.report.complete(run)
	if err == nil {
		fmt.Fprintf(os.Stderr, "Report: %s, %s, %s\n", r.report.path, terminal.Plural(r.report.page.Alerts(), "alert"), terminal.Bytes(size))
	}
	return err
}

// commandLine returns the arguments of a process as a shell takes them.
func commandLine(arguments []string) string {
	words := []string{"fluent-detect"}
	for _, a := range arguments[min(1, len(arguments)):] {
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$`*?[]{}()<>|&;#~!") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
