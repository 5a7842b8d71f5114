package hostconf

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// layout matches paths of CloudTrail's objects in S3, which keep their names when they
// are copied: AWSLogs/ACCOUNT/CloudTrail/REGION/2026/05/04/ACCOUNT_CloudTrail_REGION_….json.gz.
var layout = regexp.MustCompile(`(^|/)AWSLogs/|(^|/)CloudTrail(-Digest|-Insight)?/|_CloudTrail(-Digest|-Insight)?_`)

// oneLine is what is special about these objects for programs that read lines.
const oneLine = "CloudTrail's objects in S3 are one line without a newline at its end"

// objects returns why a path stands for objects of CloudTrail in S3, or "".
func objects(path string) string {
	switch {
	case layout.MatchString(filepath.ToSlash(path)):
		return oneLine
	case strings.HasSuffix(path, ".json.gz"):
		return "if these are objects of CloudTrail in S3, they are one line without a newline at its end"
	}
	return ""
}

// maxProbes is the maximum number of files that are looked into.
const maxProbes = 20

// maxProbe is the maximum size of what is read of each of them.
const maxProbe = 64 << 20

// probe is what a file looks like.
type probe struct {
	path     string
	unended  bool // a {"Records": …} without a newline at its end
	indented bool // JSON values over several lines
}

// isLines reports whether the file may have events on lines that end.
func (p probe) isLines() bool { return !p.unended && !p.indented }

// probes looks into the first files on this machine that a pattern of tail matches,
// relative to one of the directories.
func probes(pattern string, dirs ...string) []probe {
	var paths []string
	for _, dir := range dirs {
		path := pattern
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		found, _ := filepath.Glob(path)
		for _, f := range found {
			if !slices.Contains(paths, f) {
				paths = append(paths, f)
			}
		}
	}
	var all []probe
	for _, path := range paths[:min(len(paths), maxProbes)] {
		if p, ok := look(path); ok {
			all = append(all, p)
		}
	}
	return all
}

var (
	recordsStart  = regexp.MustCompile(`^\s*\{\s*"Records"\s*:`)
	indentedStart = regexp.MustCompile(`^[\s\x{feff}]*[\[{][ \t]*\r?\n\s*["{}\]\[]`)
)

// look reads the beginning and the end of a file.
func look(path string) (p probe, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return p, false
	}
	f, err := os.Open(path)
	if err != nil {
		return p, false
	}
	defer f.Close()
	var r io.Reader = f
	packed := strings.HasSuffix(path, ".gz")
	if packed {
		if r, err = gzip.NewReader(f); err != nil {
			return p, false
		}
	}
	head := make([]byte, 4096)
	n, _ := io.ReadFull(r, head)
	head = head[:n]
	if n == 0 {
		return p, false
	}
	p = probe{path: path, indented: indentedStart.Match(head)}
	if !recordsStart.Match(head) {
		return p, true
	}
	last := head[n-1]
	if packed {
		last = lastByte(r, last)
	} else if _, err := f.ReadAt(head[:1], info.Size()-1); err == nil {
		last = head[0]
	}
	p.unended = last != '\n'
	return p, true
}

// lastByte returns the last byte of a reader, or, of a large one, a newline: it is
// unknown then.
func lastByte(r io.Reader, last byte) byte {
	w := lastWritten{last}
	if n, err := io.Copy(&w, io.LimitReader(r, maxProbe)); err != nil || n == maxProbe {
		return '\n'
	}
	return w.last
}

// lastWritten keeps the last byte that is written to it.
type lastWritten struct{ last byte }

func (t *lastWritten) Write(b []byte) (int, error) {
	if len(b) > 0 {
		t.last = b[len(b)-1]
	}
	return len(b), nil
}
