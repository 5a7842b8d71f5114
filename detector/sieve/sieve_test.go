package sieve

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// A text is found at every place, also where two blocks meet.
func TestSieveFindsTextsAnywhere(t *testing.T) {
	s := New([]string{"kms.amazonaws.com", "PublicKey", "Kay"})
	b := bytes.Repeat([]byte("aPyzK-"), block/2)
	if s.Holds(b) {
		t.Fatal("found where none is")
	}
	var places []int
	for near := range 20 {
		places = append(places, near, block-near, 2*block-near, len(b)-17-near)
	}
	for _, text := range []string{"kms.amazonaws.com", "PublicKey", "Kay"} {
		for _, at := range places {
			with := slices.Clone(b)
			copy(with[at:], text)
			if !s.Holds(with) {
				t.Errorf("%q at %d of %d was not found", text, at, len(b))
			}
		}
	}
	if New(nil).Holds(b) {
		t.Error("no text was found")
	}
}

// Few texts with rare bytes cost little, many cost more than reading would.
func TestCost(t *testing.T) {
	few, many := New([]string{"ec2-instance-connect.amazonaws.com"}), New(strings.Fields("GetObject CreateUser AssumeRole DeleteTrail StopLogging PutBucketPolicy Invoke Connect"))
	if few.Cost() > 60 || many.Cost() < 150 {
		t.Errorf("costs: %d, %d", few.Cost(), many.Cost())
	}
}

// A text is looked for in JSON text and in msgpack by different bytes, and found
// whatever the bytes around it look like.
func FuzzSieve(f *testing.F) {
	f.Add("SendSSHPublicKey", `"data`, []byte(`{"data":"SendSSHPublicKey"}`))
	f.Add("\xa4data", "e", bytes.Repeat([]byte("\xa4"), 70))
	f.Fuzz(func(t *testing.T, one, other string, b []byte) {
		if one == "" || other == "" {
			return
		}
		want := bytes.Contains(b, []byte(one)) || bytes.Contains(b, []byte(other))
		if got := New([]string{one, other}).Holds(b); got != want {
			t.Errorf("%q or %q in %q: %v", one, other, b, got)
		}
	})
}
