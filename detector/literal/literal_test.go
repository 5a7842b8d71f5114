package literal

import (
	"bytes"
	"testing"
)

func TestLiteral(t *testing.T) {
	for _, c := range []struct {
		text, in string
		want     bool
	}{
		{"kms", "kms", true},
		{"kms", "xkms", true},
		{"kms", "kmsx", true},
		{"kms", "km", false},
		{"kms", "", false},
		{"kms", "ms", false}, // its rarest byte is at the beginning of what there is
		{"kms", "k", false},  // and at the end
		{"aXa", "XXaXXaXa", true},
		{"aXa", "XXaXXaXXa", false},
		{"aaXa", "aXaaXa", true},
		{"e", "xyze", true},
		{"\x00", "a\x00", true},
	} {
		l := NewLiteral(c.text)
		if got := l.In([]byte(c.in)); got != c.want {
			t.Errorf("%q in %q: %v, want %v", c.text, c.in, got, c.want)
		}
	}
}

func FuzzLiteral(f *testing.F) {
	f.Add("SendSSHPublicKey", []byte("…SendSendSSHPublicKeyKey"))
	f.Add("aaXa", []byte("aXaaXa"))
	f.Fuzz(func(t *testing.T, text string, b []byte) {
		if text == "" {
			return
		}
		l := NewLiteral(text)
		if got, want := l.In(b), bytes.Contains(b, []byte(text)); got != want {
			t.Errorf("%q in %q: %v", text, b, got)
		}
	})
}
