package lint

import (
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// checkNegations reports "not" over what is undefined, rather than false, where a fact is absent. Without import future.keywords.not the compiler
// evaluates the operands of a negated call before the negation: where one is undefined so is the whole line, and the rule does not hold.
func (l *linter) checkNegations() {
	for _, one := range l.all() {
		for rule := one.rule; rule != nil; rule = rule.Else {
			in := l.bind(rule.Body, reading{rule: one, schema: one.schema, scope: scope{}})
			l.negationsOf(rule.Body, in)
			for _, term := range []*ast.Term{rule.Head.Key, rule.Head.Value} {
				if term != nil {
					l.negationsIn(term, in)
				}
			}
		}
	}
}

func (l *linter) negationsOf(body ast.Body, in reading) {
	for _, expr := range body {
		for _, read := range l.moved(expr, in) {
			if read.absent == "" || in.has(read) {
				continue
			}
			l.report(in.rule.rule, Finding{
				Code: CodeUndefinedNot, Location: expr.Location,
				Message: fmt.Sprintf("%q is undefined, not true, where %s is absent", expr.Location.Text, shown(read.path)),
				Help:    []string{"put import future.keywords.not at the top of the file: then it is true"},
			})
		}
		l.negationsIn(expr, in)
	}
}

// negationsIn looks into bodies within bodies.
func (l *linter) negationsIn(node any, in reading) {
	enter := func(body ast.Body) bool {
		l.negationsOf(body, l.bind(body, in))
		return true
	}
	ast.NewGenericVisitor(func(node any) bool {
		switch node := node.(type) {
		case *ast.ArrayComprehension:
			return enter(node.Body)
		case *ast.SetComprehension:
			return enter(node.Body)
		case *ast.ObjectComprehension:
			return enter(node.Body)
		case *ast.Not:
			return enter(node.Body)
		case *ast.Every:
			l.negationsOf(node.Body, l.bindEvery(node, in))
			return true
		}
		return false
	}).Walk(node)
}

// moved lists the facts that the compiler reads before a negation and outside of it. A reference that stands by itself, or beside a comparison by
// == or =, stays where it is; what stands in its brackets does not.
func (l *linter) moved(expr *ast.Expr, in reading) []fact {
	if !expr.Negated {
		return nil
	}
	var found []fact
	switch terms := expr.Terms.(type) {
	case *ast.Term:
		found = l.movedFrom(terms, in)
	case []*ast.Term:
		stays := terms[0].String() == ast.Equal.Name || terms[0].String() == ast.Equality.Name
		for _, term := range terms[1:] {
			if stays {
				found = append(found, l.movedFrom(term, in)...)
			} else {
				found = append(found, l.reads(term, in)...)
			}
		}
	}
	return found
}

func (l *linter) movedFrom(term *ast.Term, in reading) []fact {
	ref, ok := term.Value.(ast.Ref)
	if !ok {
		return l.reads(term, in)
	}
	var found []fact
	for _, key := range ref[1:] {
		found = append(found, l.reads(key, in)...)
	}
	return found
}

// wantKnown reports "not" that holds because a fact is absent, in a rule that grants. A reference by itself to what cannot be false asks for
// absence, and is what the author means.
func (l *linter) wantKnown(expr *ast.Expr, inner ast.Body, in reading) {
	if slices.ContainsFunc(l.moved(expr, in), func(read fact) bool { return read.absent != "" && !in.has(read) }) {
		// It does not hold at all: checkNegations says so.
		return
	}
	if term, ok := inner[0].Terms.(*ast.Term); ok && len(inner) == 1 {
		if read, ok := l.pure(term, in); ok && read.says() {
			return
		}
	}
	bound := l.bind(inner, in)
	for _, each := range inner {
		if negation(each) != nil {
			continue
		}
		for _, read := range l.demands(each, bound) {
			if read.absent == "" || in.has(read) || l.sibling(read, in) {
				continue
			}
			name := shown(read.path)
			l.report(in.rule.rule, Finding{
				Code: CodeUndefinedNot, Location: expr.Location,
				Message: fmt.Sprintf("%q holds where %s is absent, and %s depends on it: it grants without knowing", expr.Location.Text, name, in.via),
				Help: []string{
					"grant on what is known to be good, without not",
					"or make sure of it first, on a line of its own: value := " + name,
					"or, where its absence is good, grant that in a rule of its own: not " + shown(read.absent),
				},
			})
		}
	}
}
