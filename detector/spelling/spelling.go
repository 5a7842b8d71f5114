// Package spelling finds out what a misspelt word was probably meant to be.
package spelling

import "fmt"

// Suggest returns "; did you mean "WORD"?" with the known word that was most
// likely meant, or nothing.
func Suggest(word string, known []string) string {
	if best := closest(word, known); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// closest returns the known word with the fewest edits from word, empty if even
// that is probably another word.
func closest(word string, known []string) string {
	if len(word) < 3 || len(word) > 64 {
		return ""
	}
	best, fewest := "", min(3, len(word)/3)+1
	for _, k := range known {
		if d := edits(word, k); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// edits returns how many letters must be inserted, deleted, replaced or swapped
// with their neighbour to get from a to b.
func edits(a, b string) int {
	before := make([]int, len(b)+1) // the row before last
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
