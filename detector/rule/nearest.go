package rule

import "fmt"

// Suggest is what to say after an unknown key of any configuration: the known key
// that was most likely meant, as "; did you mean …?", or nothing.
func Suggest(word string, known []string) string { return suggest(word, known) }

// suggest is what to say after an unknown word: the known word that was most
// likely meant, or nothing.
func suggest(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// nearest is the known word with the fewest edits from word, empty when even
// that one is another word rather than a slip.
func nearest(word string, known []string) string {
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

// edits counts the letters to insert, drop, replace or swap with their
// neighbour to get from a to b.
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
