package terminal

import "fmt"

// Bytes formats a number of bytes: "512 B", "1.3 MB", "24 GB".
func Bytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	f := float64(n)
	i := 0
	for f >= 999.5 && i < len(units)-1 {
		f /= 1000
		i++
	}
	if i > 0 && f < 9.95 {
		return fmt.Sprintf("%.1f %s", f, units[i])
	}
	return fmt.Sprintf("%.0f %s", f, units[i])
}

// Count formats a number: "1,234,567".
func Count(n uint64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Plural formats a number of things: "1 file", "2 files".
func Plural[N int | uint64](n N, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return Count(uint64(n)) + " " + word + "s"
}
