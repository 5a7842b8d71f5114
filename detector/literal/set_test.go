package literal

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// algorithms returns all searches for the texts that this processor can do.
func algorithms(s *Set) map[string]func([]byte) bool {
	all := map[string]func([]byte) bool{"set": s.AnyIn, "text": s.inText.anyIn, "records": s.inRecords.anyIn}
	if s.teddy != nil {
		all["teddy"] = s.teddy.anyIn
	}
	return all
}

// A text is found at every position, also across blocks, and also when there are
// more texts than buckets.
func TestSetFindsTextsAnywhere(t *testing.T) {
	texts := []string{"kms.amazonaws.com", "PublicKey", "Kay", `\u`}
	for i := range 30 {
		texts = append(texts, strings.Repeat(string(rune('A'+i%26)), 3+i/26)+"Trail")
	}
	s := NewSet(Exact(texts...))
	b := bytes.Repeat([]byte("aPyzK-"), block/2)
	var places []int
	for near := range 40 {
		places = append(places, near, block-near, 2*block-near, len(b)-near)
	}
	for name, anyIn := range algorithms(s) {
		if anyIn(b) || anyIn(nil) || anyIn(b[:1]) {
			t.Errorf("%s: found a text in bytes without one", name)
		}
		if NewSet(nil).AnyIn(b) {
			t.Error("the empty set found a text")
		}
		for _, text := range texts {
			for _, at := range places {
				at = min(at, len(b)-len(text))
				place := b[at : at+len(text)]
				was := string(place)
				copy(place, text)
				if !anyIn(b) {
					t.Errorf("%s: %q at %d of %d was not found", name, text, at, len(b))
				}
				copy(place, was)
			}
		}
	}
}

// A text is found in bytes of any length, at either end, and not if it lacks a byte.
func TestSetFindsTextsInShortBytes(t *testing.T) {
	texts := []string{"kms.amazonaws.com", "PublicKey", "Kay", `\u`, "\x00\x00\x00z", "z\x00\x00\x00"}
	s := NewSet(Exact(texts...))
	for name, anyIn := range algorithms(s) {
		for n := range 110 {
			for _, text := range texts {
				b := slices.Repeat([]byte("-"), n)
				copy(b, text)
				if anyIn(b) != (n >= len(text)) {
					t.Errorf("%s: %q at the beginning of %d bytes: %v", name, text, n, anyIn(b))
				}
				b = slices.Repeat([]byte("-"), n)
				copy(b[n-min(n, len(text)):], text[len(text)-min(n, len(text)):])
				if anyIn(b) != (n >= len(text)) {
					t.Errorf("%s: %q at the end of %d bytes: %v", name, text, n, anyIn(b))
				}
			}
		}
	}
}

// Few texts with rare bytes cost little, many cost more than parsing would.
func TestCost(t *testing.T) {
	few, several := NewSet(Exact("ec2-instance-connect.amazonaws.com")), NewSet(Exact(strings.Fields("GetObject CreateUser AssumeRole DeleteTrail StopLogging PutBucketPolicy Invoke Connect")...))
	if few.inRecords.cost(&inRecords) > 60 || several.inRecords.cost(&inRecords) < 150 {
		t.Errorf("without AVX2, costs: %d, %d", few.inRecords.cost(&inRecords), several.inRecords.cost(&inRecords))
	}
	var many []string
	for i := range 150 {
		many = append(many, fmt.Sprintf("%c%c%cs", "GPDCS"[i%5], "aeiou"[i/5%5], "rtnst"[i/25%5]))
	}
	if !hasAVX2 {
		return
	}
	if few.Cost() > 100 || several.Cost() > 100 || NewSet(Exact(many...)).Cost() < 200 {
		t.Errorf("costs: %d, %d, %d", few.Cost(), several.Cost(), NewSet(Exact(many...)).Cost())
	}
}

// A text whose case does not count is found in any, at every position, and no other is.
func FuzzFoldedSet(f *testing.F) {
	f.Add("createuser", "key", []byte("aCreateUSERb"))
	f.Add("[x@", "~{", bytes.Repeat([]byte("{X`"), 40))
	f.Fuzz(func(t *testing.T, folded, exact string, b []byte) {
		folded = lower(folded)
		if folded == "" || exact == "" {
			return
		}
		want := strings.Contains(lower(string(b)), folded) || bytes.Contains(b, []byte(exact))
		texts := append(Exact(exact), Text{Text: folded, Fold: true})
		for name, anyIn := range algorithms(NewSet(texts)) {
			if got := anyIn(b); got != want {
				t.Errorf("%s: %q or %q in %q: %v", name, folded, exact, b, got)
			}
		}
		if finder := NewFinder(texts[1]); finder.In(b) != strings.Contains(lower(string(b)), folded) {
			t.Errorf("%q in %q: %v", folded, b, finder.In(b))
		}
	})
}

// lower returns a text with its ASCII letters in lower case.
func lower(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// JSON text and msgpack are searched by different bytes, and a text is found whatever
// the bytes around it are.
func FuzzSet(f *testing.F) {
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
		for name, anyIn := range algorithms(NewSet(Exact(texts...))) {
			if got := anyIn(b); got != want {
				t.Errorf("%s: %q or %q in %q: %v", name, one, other, b, got)
			}
		}
	})
}
