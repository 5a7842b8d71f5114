// Package sigma reads Sigma rules, correlations and filters: files in YAML with one document
// or several.
//
// Rules about the events of certain log sources run here; others are skipped, with the
// reason. Nothing is guessed: what is out of range is an error
// with its line, column and key. Keys that Sigma does not define are allowed, as Sigma
// says; of these fluent_detect is read. Detections are read by package query/sigma.
package sigma

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	sigmaquery "github.com/fluent-detect/fluent-detect/detector/query/sigma"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

// Extensions are the endings of the names of Sigma's files.
var Extensions = []string{".yml", ".yaml"}

// Formats returns the formats of Sigma's files. Rules about the events of these log
// sources run here.
func Formats(sources []rule.LogSource) []files.Format {
	var formats []files.Format
	for _, extension := range Extensions {
		formats = append(formats, files.Format{Extension: extension, MaxSize: files.MaxSize, Parse: parser{sources}.parse, SkipRepeated: true})
	}
	return formats
}

var (
	title  = regexp.MustCompile(`(?m)^["']?(?:title|id)["']?[ \t]*:`)
	matter = regexp.MustCompile(`(?m)^["']?(?:detection|correlation|filter|logsource|action)["']?[ \t]*:`)
)

// IsFile reports whether a file in YAML that can be read looks like one of Sigma's.
func IsFile(path string) bool {
	data, err := files.Read(path, files.MaxSize)
	return err == nil && title.Match(data) && matter.Match(data)
}

// Keys of a document that decide its kind.
const (
	keyDetection   = "detection"
	keyCorrelation = "correlation"
	keyFilter      = "filter"
)

type parser struct{ sources []rule.LogSource }

// reader reads one document of a file.
type reader struct {
	document.Reader
	parser
	path   string
	sha256 string
	root   *document.Value
	query  rule.Query // whose text is the document

	silenced *[]silenced // in the file
}

// parse reads a file.
func (p parser) parse(path string, data []byte) (set rule.Set, errs rule.Errors) {
	if !matter.Match(data) && !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		// A directory may have files in YAML that are something else.
		return rule.Set{Skipped: []rule.Skipped{{Path: path, Line: 1, Column: 1, Reason: "not a Sigma rule: it has no detection, correlation or filter"}}}, nil
	}
	doc := document.New(path, data)
	sum := sha256.Sum256(data)
	var quiet []silenced
	for root, err := range doc.YAML() {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r := reader{Reader: document.Reader{Document: doc, SkipEmpty: true}, parser: p, path: path, sha256: hex.EncodeToString(sum[:]), root: root, silenced: &quiet}
		r.query = queryOf(doc.Text(), root, doc)
		r.read(&set)
		errs = append(errs, r.Errors...)
	}
	for i := range quiet {
		quiet[i].skipIn(&set)
	}
	return set, errs
}

// queryOf returns the document that has the root as the text of a query.
func queryOf(text string, root *document.Value, doc *document.Document) rule.Query {
	begin := strings.LastIndexByte(text[:root.Offset()], '\n') + 1
	line, _ := doc.Position(root)
	q := rule.Query{Language: sigmaquery.Language.Name}
	end := begin
	for rest := text[begin:]; rest != ""; {
		next, after, found := strings.Cut(rest, "\n")
		if end > begin && isMarker(next) {
			break
		}
		q.Anchors = append(q.Anchors, rule.Anchor{Offset: end - begin, Line: line, Column: 1})
		end += len(next)
		if found {
			end++
		}
		rest = after
		line++
	}
	q.Text = text[begin:end]
	return q
}

// isMarker reports whether a line ends a document of YAML.
func isMarker(line string) bool {
	line = strings.TrimRight(line, "\r")
	for _, marker := range []string{"---", "..."} {
		if rest, ok := strings.CutPrefix(line, marker); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			return true
		}
	}
	return false
}

// get returns the value of a key of the document. A key with nothing behind it counts as
// absent.
func (r *reader) get(key string) *document.Value {
	if v := r.root.Get(key); v != nil && v.Kind != document.Null {
		return v
	}
	return nil
}

// read reads a document and adds what it is to the set.
func (r *reader) read(set *rule.Set) {
	if !r.Expect(r.root, document.Table, "a map with the keys of a Sigma rule") {
		return
	}
	if v := r.get("action"); v != nil {
		r.FailKey(v, "is not part of Sigma 2: documents of one file do not share keys; write each rule as a whole")
		return
	}
	var kinds []string
	for _, key := range []string{keyDetection, keyCorrelation, keyFilter} {
		if r.root.Get(key) != nil {
			kinds = append(kinds, key)
		}
	}
	switch {
	case len(kinds) == 0 && r.get("title") == nil && r.get("logsource") == nil:
		r.skip(set, r.root, "not a Sigma rule: it has no detection, correlation or filter")
		return
	case len(kinds) != 1:
		r.Fail(r.root, "has %s of the keys detection, correlation and filter, must have one", map[bool]string{true: "none", false: "several"}[len(kinds) == 0])
		return
	}
	switch kinds[0] {
	case keyCorrelation:
		r.correlation(set)
	case keyFilter:
		r.filter(set)
	default:
		r.rule(set)
	}
}

func (r *reader) skip(set *rule.Set, v *document.Value, format string, args ...any) {
	s := rule.Skipped{Path: r.path, Key: v.Key, Name: r.root.TextOf("title"), ID: r.root.TextOf("id"), Called: r.root.TextOf("name"), Reason: fmt.Sprintf(format, args...), Type: ruleType}
	s.Line, s.Column = r.Position(v)
	set.Skipped = append(set.Skipped, s)
	r.Errors = nil // they are about something that does not run here
}

func (r *reader) source() rule.Source {
	s := rule.Source{Path: r.path, SHA256: r.sha256}
	s.Line, _ = r.Position(r.root)
	return s
}

// logSource reads the log source.
func (r *reader) logSource() (s rule.LogSource, ok bool) {
	const allowed = "a map with product and service, such as product: aws and service: cloudtrail"
	v := r.Required(r.root, "logsource", allowed)
	if v == nil || !r.Expect(v, document.Table, allowed) {
		return s, false
	}
	before := len(r.Errors)
	text := func(key string) string {
		if inner := v.Get(key); inner != nil && inner.Kind != document.Null {
			return r.Line(inner)
		}
		return ""
	}
	s = rule.LogSource{Category: text("category"), Product: text("product"), Service: text("service")}
	if s == (rule.LogSource{}) && len(r.Errors) == before {
		r.Fail(v, "names no category, product or service")
	}
	return s, len(r.Errors) == before
}

// isOurs reports whether events of a log source come here.
func (r *reader) isOurs(s rule.LogSource) bool {
	return s.Category == "" && slices.ContainsFunc(r.sources, func(own rule.LogSource) bool { return s.Contains(own) })
}

func describe(s rule.LogSource) string {
	var parts []string
	for _, p := range [][2]string{{"category", s.Category}, {"product", s.Product}, {"service", s.Service}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	return strings.Join(parts, ", ")
}

// parseDetection reports what is wrong with the detection or the filter.
func (r *reader) parseDetection(text string, move int) *sigmaquery.Detection {
	d, err := sigmaquery.Read(text)
	if err == nil {
		return d
	}
	var q *query.Error
	if e, ok := err.(*query.Error); ok {
		q = e
	}
	line, column := q.Position()
	line, column = r.query.Position(line-move, column)
	r.Errors = append(r.Errors, &rule.Error{Path: r.path, Line: line, Column: column, Key: keyDetection, Message: q.Message, Err: err})
	return nil
}
