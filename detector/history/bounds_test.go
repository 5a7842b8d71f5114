package history

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"
)

// A ring in which the minutes before an alert are not all there any more says so, and from
// when on it has all. What is counted of them is right.
func TestRingThatIsTooShort(t *testing.T) {
	h := New(100)
	const begin = 1_700_000_000
	r := &Reader{}
	add := func(n int, at uint32) {
		h.Begin()
		list := make([]Observation, n)
		for i := range list {
			list[i] = observation(h, 1, 1, at)
		}
		h.Add(r, list)
		h.Commit()
	}
	o := observation(h, 1, 1, begin+100)
	add(100, begin)
	if c := h.About(r, &o); c.State != Learning || c.Before.Events != 100 {
		t.Errorf("%+v", c)
	}
	for i := range uint32(100) {
		add(minRecent/80, begin+i)
	}
	oldest := h.recent.oldest()
	c := h.About(r, &o)
	if c.State != Partial || !c.Since.Equal(timeOf(oldest)) || oldest <= begin || c.Before.Events < minRecent || c.ActionCount != 100+100*(minRecent/80) {
		t.Errorf("%+v", c)
	}
	if o.At = begin + 5000; h.About(r, &o).State != Learning { // nothing is missing of these minutes
		t.Errorf("%+v", h.About(r, &o))
	}
}

// So many follow-ups wait; if there are more the oldest are made early.
func TestPendingFollowUps(t *testing.T) {
	h := New(100)
	o := observation(h, 1, 1, 1_700_000_000)
	now := time.Now()
	h.Begin()
	for i := range maxPending + 3 {
		h.Follow(FollowUp{Alert: sha256.Sum256([]byte(fmt.Sprint(i))), Rule: fmt.Sprint(i), For: 900, Due: now.Add(time.Minute)}, &o)
	}
	due := h.DueFollowUps(now, false, false)
	if len(due) != 3 || due[0].Rule != "0" || due[2].Rule != "2" || h.Stats().FollowUps != maxPending {
		t.Errorf("%d are due, %d wait", len(due), h.Stats().FollowUps)
	}
	if due = h.DueFollowUps(now.Add(time.Minute), false, false); len(due) != maxPending {
		t.Errorf("%d are due", len(due))
	}
	h.Commit()
}

// The keys that were issued and pushed are found whatever came after them, as far as there
// is room.
func TestSides(t *testing.T) {
	h := New(100)
	r := &Reader{secret: h.secret}
	const at = 1_700_000_000
	add := func(x extra) {
		r.extras = []extra{x}
		o := observation(h, 1, 1, at)
		o.extra = 1
		h.Begin()
		h.Add(r, []Observation{o})
		h.Commit()
	}
	name := []byte("arn:aws:iam::111122223333:user/bob")
	h.secret.crypt(name, []byte("ASIA1"))
	first := h.secret.sum(textKey, []byte("ASIA1"))
	add(extra{issued: first, caller: name})
	for i := range uint64(rings[pushedRing].rows) * 3 {
		add(extra{pushed: []push{{1, 2 + i%3}, {100 + i, 1}}})
	}
	if n := h.instances([]push{{1, 2}}, at); n != 3 {
		t.Errorf("%d instances", n)
	}
	if got := h.issuedTo(first, []byte("ASIA1"), at+60); got != "arn:aws:iam::111122223333:user/bob" {
		t.Errorf("%q", got)
	}
	h.Begin()
	o := observation(h, 1, 1, at)
	r.extras, o.extra = []extra{{issued: 7, pushed: []push{{1, 9}}}}, 1
	h.Add(r, []Observation{o})
	if n := h.instances([]push{{1, 2}}, at); n != 4 {
		t.Errorf("%d instances", n)
	}
	h.Rollback()
	if n := h.instances([]push{{1, 2}}, at); n != 3 || h.issuedTo(7, nil, at) != "" {
		t.Errorf("%d instances after what added one was undone", n)
	}
	for i := range uint64(rings[issuedRing].rows) {
		add(extra{issued: 1000 + i})
	}
	if got := h.issuedTo(first, []byte("ASIA1"), at+60); got != "" {
		t.Errorf("%q, although it was overwritten", got)
	}
}

// Digests of texts are different, as far as a few thousand tell, and are those of their
// kind.
func TestDigests(t *testing.T) {
	s := secretOf([16]byte{1})
	seen := map[uint64]string{}
	var text []byte
	for len(text) < 2000 {
		for kind := range uint64(3) {
			for _, last := range []byte{0, 1, 0xff} {
				all := append(text, last)
				for i := range min(len(all), 40) { // also where the last word overlaps the one before
					changed := append([]byte(nil), all...)
					changed[len(all)-1-i] ^= 0x80
					d, what := s.sum(kind, changed), fmt.Sprint(kind, changed)
					if other, ok := seen[d]; ok && other != what {
						t.Fatalf("%s has the digest of %s", what, other)
					}
					seen[d] = what
				}
			}
		}
		text = append(text, make([]byte, 1+len(text)/3)...)
	}
	if s.sum(1, []byte("text")) != secretOf([16]byte{1}).sum(1, []byte("text")) || s.sum(1, []byte("text")) == secretOf([16]byte{2}).sum(1, []byte("text")) {
		t.Error("a digest does not follow from the secret")
	}
}
