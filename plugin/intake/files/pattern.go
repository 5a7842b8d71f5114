package files

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Pattern stands for files: it is the path of a file, the path of a directory, which
// stands for all files below it that have a known ending, or a glob in which ** stands
// for any number of directories.
type Pattern struct {
	root  string   // up to the first part that is a glob
	parts []string // from there
}

// ParsePatterns parses patterns that are separated by commas.
func ParsePatterns(list string) ([]Pattern, error) {
	var all []Pattern
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := parsePattern(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, errors.New("it names no path")
	}
	return all, nil
}

func parsePattern(text string) (p Pattern, err error) {
	parts := strings.Split(filepath.ToSlash(filepath.Clean(text)), "/")
	first := slices.IndexFunc(parts, isGlob)
	if first < 0 {
		first = len(parts)
	}
	p = Pattern{root: strings.Join(parts[:first], "/"), parts: parts[first:]}
	switch {
	case p.root == "" && strings.HasPrefix(text, "/"):
		p.root = "/"
	case p.root == "":
		p.root = "."
	}
	for _, part := range p.parts {
		if strings.Contains(part, "**") && part != "**" {
			return p, errors.New("** stands for directories and must be between slashes, as in logs/**/*.json.gz")
		}
		if _, err := filepath.Match(part, "x"); err != nil {
			return p, errors.New("a bracket in it is not closed")
		}
	}
	return p, nil
}

func isGlob(part string) bool { return strings.ContainsAny(part, `*?[\`) }
