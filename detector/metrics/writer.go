package metrics

import (
	"strconv"
	"strings"
	"time"
)

// writer writes the text format.
type writer struct {
	out   []byte
	name  string // of the family
	intro string // of the family, until it has a sample
}

// family begins a family of samples. Nothing is written of one without samples.
func (w *writer) family(name, kind, help string) {
	w.name = name
	w.intro = "# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n"
}

// sample writes a sample of the family with its labels: name, value, name, value, …
func (w *writer) sample(v uint64, labels ...string) {
	w.head(labels)
	w.out = append(strconv.AppendUint(w.out, v, 10), '\n')
}

func (w *writer) seconds(v time.Duration, labels ...string) {
	w.head(labels)
	w.out = append(strconv.AppendFloat(w.out, v.Seconds(), 'f', 3, 64), '\n')
}

// moment writes a time, unless it is zero.
func (w *writer) moment(t time.Time, labels ...string) {
	if !t.IsZero() {
		w.seconds(time.Duration(t.UnixNano()), labels...)
	}
}

func (w *writer) head(labels []string) {
	w.out = append(append(w.out, w.intro...), w.name...)
	w.intro = ""
	separator := byte('{')
	for i := 0; i < len(labels); i += 2 {
		w.out = append(w.out, separator)
		w.out = append(w.out, labels[i]...)
		w.out = append(w.out, `="`...)
		w.out = append(w.out, escape.Replace(strings.ToValidUTF8(labels[i+1], "\uFFFD"))...)
		w.out = append(w.out, '"')
		separator = ','
	}
	if len(labels) > 0 {
		w.out = append(w.out, '}')
	}
	w.out = append(w.out, ' ')
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
