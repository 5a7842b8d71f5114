package hostconf

import (
	"bytes"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// vectorVariable matches what Vector replaces in the text of a file: $NAME, ${NAME},
// ${NAME:-default}, ${NAME-default}, ${NAME:?error}, ${NAME?error}, and $$ for $.
var vectorVariable = regexp.MustCompile(`\$\$|\$([\w.]+)|\$\{([\w.]+)(?:(:?-|:?\?)([^}]*))?\}`)

// bracedVariable matches those that are hardly anything else, in a value.
var bracedVariable = regexp.MustCompile(`\$\{[\w.]+(?:(:?-|:?\?)[^}]*)?\}|(?:^|[^$\w])\$[A-Z_][A-Z0-9_]+\b`)

// unknownVariable stands for a variable that is not set here. It is a number, so that it
// is a value also where texts need quotes.
const unknownVariable = "918273645918273"

// expandVector replaces the variables as Vector does with
// --dangerously-allow-env-var-interpolation, before it parses a file.
func expandVector(data []byte) []byte {
	return vectorVariable.ReplaceAllFunc(data, func(text []byte) []byte {
		m := vectorVariable.FindSubmatch(text)
		name := string(m[1]) + string(m[2])
		if name == "" {
			return []byte("$")
		}
		value, set := os.LookupEnv(name)
		flag := string(m[3])
		switch {
		case set && (value != "" || !strings.HasPrefix(flag, ":")) && !strings.ContainsAny(value, "\r\n"):
			return []byte(value)
		case strings.HasSuffix(flag, "-"):
			return m[4]
		}
		return []byte(unknownVariable)
	})
}

// vectorRoot returns the root of a file of Vector with its variables replaced: root if
// there are none. Without a root, which means that the file cannot be parsed as it is,
// it returns nil if it cannot be parsed with them either, or is for another host.
func (c *config) vectorRoot(path string, root *yaml.Node) *yaml.Node {
	data, err := os.ReadFile(path)
	if err != nil || !bracedVariable.Match(data) {
		return root
	}
	at := Position{}
	if root != nil {
		n := variableIn(root, 100)
		if n == nil {
			return root // in comments only
		}
		at = c.in(path, n.Line, n.Column)
	} else {
		at = c.in(path, lineOf(data, bracedVariable.FindIndex(data)[0]), 0)
	}
	expanded := (&config{origins: c.origins}).parse(path, expandVector(data))
	if expanded == nil || hostOf(expanded) != Vector {
		return root
	}
	c.warn(at, "a variable: since version 0.57, Vector replaces them only with --dangerously-allow-env-var-interpolation")
	return expanded
}

// variableIn returns the first value with a variable.
func variableIn(n *yaml.Node, depth int) *yaml.Node {
	if n.Kind == yaml.ScalarNode && bracedVariable.MatchString(n.Value) && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		return n
	}
	if depth == 0 {
		return nil
	}
	for _, part := range n.Content {
		if found := variableIn(part, depth-1); found != nil {
			return found
		}
	}
	return nil
}

func lineOf(data []byte, offset int) int { return bytes.Count(data[:offset], []byte("\n")) + 1 }
