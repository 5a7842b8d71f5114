package literal

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// ways are all ways to look for the texts that there are on this processor.
func ways(s *Sieve) map[string]func([]byte) bool {
	ways := map[string]func([]byte) bool{"sieve": s.Holds, "text": s.inText.within, "records": s.inRecords.within}
	if s.prints == nil {
		return ways
	}
	ways["prints"] = s.prints.within
	return ways
}

// A text is found at every place, also where two blocks meet, and also when there
// are more texts than buckets.
func TestSieveFindsTextsAnywhere(t *testing.T) {
	texts := []string{"kms.amazonaws.com", "PublicKey", "Kay", `\u`}
	for i := range 30 {
		texts = append(texts, strings.Repeat(string(rune('A'+i%26)), 3+i/26)+"Trail")
	}
	s := New(texts)
	b := bytes.Repeat([]byte("aPyzK-"), block/2)
	var places []int
	for near := range 40 {
		places = append(places, near, block-near, 2*block-near, len(b)-near)
	}
	for name, holds := range ways(s) {
		if holds(b) || holds(nil) || holds(b[:1]) {
			t.Errorf("%s: found where none is", name)
		}
		if New(nil).Holds(b) {
			t.Error("no text was found")
		}
		for _, text := range texts {
			for _, at := range places {
				at = min(at, len(b)-len(text))
				place := b[at : at+len(text)]
				was := string(place)
				copy(place, text)
				if !holds(b) {
					t.Errorf("%s: %q at %d of %d was not found", name, text, at, len(b))
				}
				copy(place, was)
			}
		}
	}
}

// Few texts with rare bytes cost little, many cost more than reading would.
func TestCost(t *testing.T) {
	few, several := New([]string{"ec2-instance-connect.amazonaws.com"}), New(strings.Fields("GetObject CreateUser AssumeRole DeleteTrail StopLogging PutBucketPolicy Invoke Connect"))
	if few.inRecords.cost(&inRecords) > 60 || several.inRecords.cost(&inRecords) < 150 {
		t.Errorf("without a scan, costs: %d, %d", few.inRecords.cost(&inRecords), several.inRecords.cost(&inRecords))
	}
	var many []string
	for i := range 150 {
		many = append(many, fmt.Sprintf("%c%c%cs", "GPDCS"[i%5], "aeiou"[i/5%5], "rtnst"[i/25%5]))
	}
	if !hasScan {
		return
	}
	if few.Cost() > 100 || several.Cost() > 100 || New(many).Cost() < 200 {
		t.Errorf("costs: %d, %d, %d", few.Cost(), several.Cost(), New(many).Cost())
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
		texts := []string{one, other}
		if want == (len(b)%2 == 0) { // and some more than there are buckets
			texts = append(texts, strings.Fields("~0 ~1~ ~2~ ~3~ ~4~ ~5~ ~6~ ~7~ ~8~")...)
			want = want || slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(b, []byte(text)) })
		}
		for name, holds := range ways(New(texts)) {
			if got := holds(b); got != want {
				t.Errorf("%s: %q or %q in %q: %v", name, one, other, b, got)
			}
		}
	})
}
