package expr

import (
	"fmt"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// Program is a compiled expression.
type Program struct{ root node }

// node is a constant, a column or a call.
type node struct {
	is       nodeKind
	fn       query.Func
	fold     query.Fold
	column   int
	constant Value
	args     []node
	globs    []*pattern.Glob
	regexps  []*pattern.Regexp
	blocks   []event.Block

	unit        int64 // of FnDateDiff, as in dateUnits
	replacement []byte
	dissect     *pattern.Dissect
	grok        *pattern.Grok
	part        string
	partKind    pattern.PartKind
}

type nodeKind uint8

const (
	isConstant nodeKind = iota
	isColumn
	isCall
)

// Compile compiles an expression that [Check] has no objection to. The function
// column returns the place of a field among the columns of Eval.
func Compile(e query.Expr, column func(query.Field) int) (*Program, error) {
	n, err := compile(e, column)
	return &Program{n}, err
}

func compile(e query.Expr, column func(query.Field) int) (n node, err error) {
	switch e := e.(type) {
	case *query.Constant:
		return node{constant: valueOf(e.Value)}, nil
	case *query.Column:
		return node{is: isColumn, column: column(e.Field)}, nil
	}
	call := e.(*query.Call)
	n = node{is: isCall, fn: call.Func, fold: call.Fold}
	args := call.Args
	if call.Func == query.FnCIDRMatch {
		for _, arg := range args[1:] {
			text, _ := arg.(*query.Constant).Value.(string)
			if block, ok := event.ParseBlock(text); ok {
				n.blocks = append(n.blocks, block)
			}
		}
		args = args[:1]
	}
	for _, arg := range args {
		compiled, err := compile(arg, column)
		if err != nil {
			return n, err
		}
		n.args = append(n.args, compiled)
	}
	if err := n.compileTable(call); err != nil {
		return n, err
	}
	if n.part != "" {
		return n, nil
	}
	for _, p := range call.Patterns {
		if p.Kind == query.Glob {
			n.globs = append(n.globs, pattern.NewGlob(p.Pattern, p.Fold))
			continue
		}
		re, err := pattern.NewRegexp(p.Text)
		if err != nil {
			return n, fmt.Errorf("expr: %w", err)
		}
		n.regexps = append(n.regexps, re)
	}
	return n, nil
}

// compileTable adds what the functions of ES|QL need.
func (n *node) compileTable(call *query.Call) error {
	switch call.Func {
	case query.FnDateDiff:
		unit, _ := call.Args[0].(*query.Constant).Value.(string)
		n.unit = dateUnits[strings.ToLower(unit)]
	case query.FnReplace:
		text, _ := call.Args[2].(*query.Constant).Value.(string)
		n.replacement = []byte(text)
	case query.FnDissect, query.FnGrok:
		x, err := extractor(call)
		if err != nil {
			return err
		}
		n.dissect, _ = x.(*pattern.Dissect)
		n.grok, _ = x.(*pattern.Grok)
		n.part, n.partKind = call.Part, x.Kind(call.Part)
		n.args = n.args[:1]
	}
	return nil
}

// Fold returns an expression that [Check] has no objection to, with constants in the
// place of what does not depend on a field.
func Fold(e query.Expr) (query.Expr, error) {
	call, ok := e.(*query.Call)
	if !ok {
		return e, nil
	}
	folded := *call
	folded.Args = make([]query.Expr, len(call.Args))
	constant := true
	for i, arg := range call.Args {
		var err error
		if folded.Args[i], err = Fold(arg); err != nil {
			return nil, err
		}
		_, ok := folded.Args[i].(*query.Constant)
		constant = constant && ok
	}
	if !constant || call.Func == query.FnKQL || call.Func.IsAggregate() {
		return &folded, nil
	}
	p, err := Compile(&folded, nil)
	if err != nil {
		return nil, err
	}
	var m Memory
	v := p.Eval(nil, &m)
	if v.kind > IP {
		return &folded, nil // no constant is a list
	}
	return &query.Constant{Value: v.constant(), At: call.At}, nil
}
