package lint

import (
	"fmt"
	"regexp"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A position says what it means for the answer that a rule holds.
type position string

const (
	// grants: where it holds, something may be let through. Undefined is safe.
	grants position = "grants"
	// denies: where it holds, something is refused. Undefined is an open door.
	denies position = "denies"
)

func (p position) negated() position {
	if p == grants {
		return denies
	}
	return grants
}

// Rules have a position by their name. What they refer to has the same, and under "not" the other one.
var (
	grantingName = regexp.MustCompile(`^(allow|allowed|grant|granted|permit|permitted)$`)
	denyingName  = regexp.MustCompile(`^(would_)?(deny|denied|denial|denials|violation|violations)(_.*)?$`)
)

// checkPositions follows the rules that grant and those that deny down to the facts that they read.
func (l *linter) checkPositions() {
	for _, one := range l.all() {
		name, ok := lastName(one.rule)
		switch {
		case !ok:
		case grantingName.MatchString(name):
			l.visit(one, grants, nil, reading{via: one.path})
		case denyingName.MatchString(name):
			l.visit(one, denies, nil, reading{via: one.path})
		}
	}
}

func lastName(rule *ast.Rule) (string, bool) {
	ref := rule.Head.Ref().GroundPrefix()
	switch last := ref[len(ref)-1].Value.(type) {
	case ast.String:
		return string(last), true
	case ast.Var:
		return string(last), true
	}
	return "", false
}

// visit looks at a rule in a position, once for each set of arguments.
func (l *linter) visit(one *source, at position, arguments []*ast.Term, from reading) {
	own := l.enter(one, arguments, from)
	own.value = own.value || isValue(one.rule)
	key := fmt.Sprint(at, own.value, one.rule.Location, own.scope.names())
	if l.visited[key] || own.depth > 64 {
		return
	}
	l.visited[key] = true
	for rule := one.rule; rule != nil; rule = rule.Else {
		in := l.bind(rule.Body, own)
		l.visitBody(rule.Body, at, in)
		l.visitHead(rule, at, in)
	}
}

// isValue tells whether others look at a rule's value, and not only at whether it holds, or what is in it.
func isValue(rule *ast.Rule) bool {
	return rule.Head.Value != nil && rule.Head.Ref().IsGround() && !rule.Head.Value.Equal(ast.InternedTerm(true))
}

// visitHead: a member of a set or an object is not there where its key or value is undefined, and a denial does not deny. The value of any other
// rule is looked at where it is used, see given.
func (l *linter) visitHead(rule *ast.Rule, at position, in reading) {
	for _, term := range []*ast.Term{rule.Head.Key, rule.Head.Value} {
		if term == nil {
			continue
		}
		if at == denies && (rule.Head.Key != nil || !rule.Head.Ref().IsGround() || in.via == in.rule.path) {
			l.wantPresent(l.reads(term, in), term.Location, in)
		}
		l.visitTerm(term, at, in)
	}
}

// visitBody takes a body whose variables are bound.
func (l *linter) visitBody(body ast.Body, at position, in reading) {
	for _, expr := range body {
		l.visitExpr(expr, at, in)
	}
}

func (l *linter) visitExpr(expr *ast.Expr, at position, in reading) {
	switch inner := negation(expr); {
	case inner != nil:
		if in.value {
			return
		}
		if at == grants {
			l.wantKnown(expr, inner, in)
		}
		bound := l.bind(inner, in)
		for _, each := range inner {
			if negation(each) != nil {
				l.visitExpr(each, at.negated(), bound)
			} else {
				l.follow(each, at.negated(), bound)
			}
		}
	default:
		if at == denies {
			l.wantPresent(l.demands(expr, in), expr.Location, in)
		}
		if turns(expr) && !in.value {
			at = at.negated()
		}
		l.follow(expr, at, in)
	}
}

// negation gives what stands under "not"; nil where there is none.
func negation(expr *ast.Expr) ast.Body {
	if not, ok := expr.Terms.(*ast.Not); ok {
		return not.Body
	}
	if !expr.Negated {
		return nil
	}
	plain := expr.Copy()
	plain.Negated = false
	return ast.Body{plain}
}

// turns recognises two ways of saying "not": count(x) == 0, and x == false.
func turns(expr *ast.Expr) bool {
	terms, ok := expr.Terms.([]*ast.Term)
	if !ok || len(terms) != 3 || terms[0].String() != ast.Equal.Name {
		return false
	}
	for _, pair := range [][2]*ast.Term{{terms[1], terms[2]}, {terms[2], terms[1]}} {
		call, isCall := pair[0].Value.(ast.Call)
		if isCall && call[0].String() == ast.Count.Name && pair[1].Equal(ast.InternedTerm(0)) {
			return true
		}
		ref, isRef := pair[0].Value.(ast.Ref)
		if isRef && ref[0].Equal(ast.DefaultRootDocument) && pair[1].Equal(ast.InternedTerm(false)) {
			return true
		}
	}
	return false
}

// follow goes on to the rules that an expression refers to, and into its comprehensions.
func (l *linter) follow(expr *ast.Expr, at position, in reading) {
	switch terms := expr.Terms.(type) {
	case *ast.Term:
		l.visitTerm(terms, at, in)
	case []*ast.Term:
		l.visitCall(terms, at, in)
	case *ast.SomeDecl:
		for _, symbol := range terms.Symbols {
			l.visitTerm(symbol, at, in)
		}
	case *ast.Every:
		l.visitTerm(terms.Domain, at, in)
		l.visitBody(terms.Body, at, l.bindEvery(terms, in))
	case *ast.Not:
		l.visitExpr(expr, at, in)
	case *ast.LogicalAnd:
		l.visitBody(terms.Lhs, at, l.bind(terms.Lhs, in))
		l.visitBody(terms.Rhs, at, l.bind(terms.Rhs, in))
	case *ast.LogicalOr:
		l.visitBody(terms.Lhs, at, l.bind(terms.Lhs, in))
		l.visitBody(terms.Rhs, at, l.bind(terms.Rhs, in))
	}
}

func (l *linter) visitTerm(term *ast.Term, at position, in reading) {
	ast.NewGenericVisitor(func(node any) bool {
		switch node := node.(type) {
		case *ast.ArrayComprehension:
			l.visitComprehension(node.Body, at, in, node.Term)
			return true
		case *ast.SetComprehension:
			l.visitComprehension(node.Body, at, in, node.Term)
			return true
		case *ast.ObjectComprehension:
			l.visitComprehension(node.Body, at, in, node.Key, node.Value)
			return true
		case ast.Call:
			l.visitCall(node, at, in)
			return true
		case ast.Ref:
			l.visitRef(node, at, in)
		}
		return false
	}).Walk(term)
}

func (l *linter) visitComprehension(body ast.Body, at position, in reading, heads ...*ast.Term) {
	inner := l.bind(body, in)
	l.visitBody(body, at, inner)
	for _, head := range heads {
		if at == denies {
			l.wantPresent(l.reads(head, inner), head.Location, inner)
		}
		l.visitTerm(head, at, inner)
	}
}

func (l *linter) visitCall(call []*ast.Term, at position, in reading) {
	for _, callee := range l.rules[call[0].String()] {
		l.visit(callee, at, call[1:], in)
	}
	for _, argument := range call[1:] {
		l.visitTerm(argument, at, in)
	}
}

// visitRef visits every rule that the reference may read: at its path, above it, or below; a variable in it stands for any name.
func (l *linter) visitRef(ref ast.Ref, at position, in reading) {
	if !ref[0].Equal(ast.DefaultRootDocument) {
		return
	}
	for _, one := range l.all() {
		if len(one.rule.Head.Args) == 0 && mayRead(ref, one.ref) {
			l.visit(one, at, nil, reading{via: in.via, value: in.value, depth: in.depth})
		}
	}
}

func mayRead(ref, rule ast.Ref) bool {
	for i := 1; i < min(len(ref), len(rule)); i++ {
		if ast.IsConstant(ref[i].Value) && ast.IsConstant(rule[i].Value) && !ref[i].Equal(rule[i]) {
			return false
		}
	}
	return true
}
