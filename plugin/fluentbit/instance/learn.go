package instance

import (
	"errors"

	"github.com/fluent-detect/fluent-detect/plugin/host"
)

// learners are the outputs of all channels, which learn from objects together: which of them
// the records of an input are routed to is for Fluent Bit to know.
type learners struct{ *Registry }

func (l learners) engines() (all []*host.Engine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.channels {
		for _, o := range c.outputs {
			all = append(all, o.engine)
		}
	}
	return all
}

// IsReady reports whether there is an output. Fluent Bit opens the inputs before the first of
// them.
func (l learners) IsReady() bool { return len(l.engines()) > 0 }

// HasHistory reports whether all outputs have a memory.
func (l learners) HasHistory() bool {
	for _, e := range l.engines() {
		if !e.HasHistory() {
			return false
		}
	}
	return true
}

// Learn lets the outputs learn from a chunk.
func (l learners) Learn(tag string, chunk []byte) (err error) {
	all := l.engines()
	if len(all) == 0 {
		return errors.New("there is no detect output at the moment")
	}
	for _, e := range all {
		err = errors.Join(err, host.LearnSafely(e, tag, chunk))
	}
	return err
}

// Learned ends learning.
func (l learners) Learned() (err error) {
	for _, e := range l.engines() {
		err = errors.Join(err, e.Learned())
	}
	return err
}
