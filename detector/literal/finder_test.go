package literal

import (
	"bytes"
	"testing"
)

func TestFinder(t *testing.T) {
	for _, c := range []struct {
		text, in string
		want     bool
	}{
		{"kms", "kms", true},
		{"kms", "xkms", true},
		{"kms", "kmsx", true},
		{"kms", "km", false},
		{"kms", "", false},
		{"kms", "ms", false}, // its rarest byte is at the beginning
		{"kms", "k", false},  // or at the end
		{"aXa", "XXaXXaXa", true},
		{"aXa", "XXaXXaXXa", false},
		{"aaXa", "aXaaXa", true},
		{"e", "xyze", true},
		{"\x00", "a\x00", true},
	} {
		f := NewFinder(Text{Text: c.text})
		if got := f.In([]byte(c.in)); got != c.want {
			t.Errorf("%q in %q: %v, want %v", c.text, c.in, got, c.want)
		}
	}
}

func FuzzFinder(fuzz *testing.F) {
	fuzz.Add("SendSSHPublicKey", []byte("…SendSendSSHPublicKeyKey"))
	fuzz.Add("aaXa", []byte("aXaaXa"))
	fuzz.Fuzz(func(t *testing.T, text string, b []byte) {
		if text == "" {
			return
		}
		f := NewFinder(Text{Text: text})
		if got, want := f.In(b), bytes.Contains(b, []byte(text)); got != want {
			t.Errorf("%q in %q: %v", text, b, got)
		}
	})
}
