package report

import (
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensions "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/fluent-detect/fluent-detect/plugin/page"
)

const (
	// maxGuide is the maximum length of an investigation guide, in bytes.
	maxGuide = 64 << 10
	// maxGuideDepth is how deep elements may be in each other.
	maxGuideDepth = 24
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.Table)).Parser()

// guide returns Markdown as a list of nodes: texts, and arrays with the name of an element
// and the nodes in it. HTML is text in it, links are their text and their address, and
// images are their text.
func guide(source string) []any {
	source = strings.TrimSpace(source)
	if source == "" {
		return nil
	}
	if len(source) > maxGuide {
		source = strings.ToValidUTF8(source[:maxGuide], "") + "\n\n… (cut)"
	}
	g := guideReader{[]byte(source)}
	return g.children(markdown.Parse(text.NewReader(g.source)), 0)
}

type guideReader struct{ source []byte }

func (g *guideReader) children(n ast.Node, depth int) []any {
	list := []any{}
	if depth == maxGuideDepth {
		return append(list, "…")
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		list = append(list, g.node(c, depth+1)...)
	}
	return list
}

// headings are the elements of headings by their level: those of the page are above.
var headings = [...]string{"h4", "h4", "h5", "h5", "h6", "h6", "h6"}

func (g *guideReader) node(n ast.Node, depth int) []any {
	element := func(name string) []any { return []any{append([]any{name}, g.children(n, depth)...)} }
	switch n := n.(type) {
	case *ast.Text:
		s := page.Visible(string(n.Value(g.source)))
		if n.SoftLineBreak() {
			s += " "
		}
		if n.HardLineBreak() {
			return []any{s, []any{"br"}}
		}
		return []any{s}
	case *ast.String:
		return []any{page.Visible(string(n.Value))}
	case *ast.Heading:
		return element(headings[n.Level])
	case *ast.Paragraph:
		return element("p")
	case *ast.TextBlock:
		return append(g.children(n, depth), " ")
	case *ast.List:
		if n.IsOrdered() {
			return element("ol")
		}
		return element("ul")
	case *ast.ListItem:
		return element("li")
	case *ast.Blockquote:
		return element("blockquote")
	case *ast.ThematicBreak:
		return []any{[]any{"hr"}}
	case *ast.Emphasis:
		if n.Level > 1 {
			return element("strong")
		}
		return element("em")
	case *ast.CodeSpan:
		return element("code")
	case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock:
		return []any{[]any{"pre", page.Visible(g.lines(n))}}
	case *ast.RawHTML:
		return []any{page.Visible(string(n.Segments.Value(g.source)))}
	case *ast.Link:
		return g.link(n, string(n.Destination), depth)
	case *ast.AutoLink:
		return []any{page.Visible(string(n.URL(g.source)))}
	case *extensions.Table:
		return element("table")
	case *extensions.TableHeader, *extensions.TableRow:
		return element("tr")
	case *extensions.TableCell:
		return element("td")
	}
	return g.children(n, depth)
}

// link returns the text of a link with its address behind it.
func (g *guideReader) link(n ast.Node, address string, depth int) []any {
	list := g.children(n, depth)
	if len(list) == 1 && list[0] == address {
		return list
	}
	return append(list, " ("+page.Visible(address)+")")
}

// lines returns the lines of a block.
func (g *guideReader) lines(n ast.Node) string {
	lines := n.Lines()
	s := string(lines.Value(g.source))
	if h, ok := n.(*ast.HTMLBlock); ok && h.HasClosure() {
		s += string(h.ClosureLine.Value(g.source))
	}
	return strings.TrimRight(s, "\n")
}
