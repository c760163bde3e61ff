package lint

import (
	"maps"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A reading is how a body is looked at: whose it is, and what is known there.
type reading struct {
	rule   *source
	schema schema
	scope  scope
	// present are the facts that the body, or one around it, takes on a line of their own: without them nothing of it holds.
	present []fact
	// via is the rule with a position of its own that this one is reached from.
	via string
	// value: the rule is reached through the value of another, and not through whether it holds. What "not" means to the answer is unknown there.
	value bool
	depth int
}

// enter gives the reading of a function's body: its arguments stand for what it is called with.
func (l *linter) enter(callee *source, arguments []*ast.Term, from reading) reading {
	own := reading{rule: callee, schema: callee.schema, scope: scope{}, via: from.via, value: from.value, depth: from.depth + 1}
	for i, parameter := range callee.rule.Head.Args {
		name, ok := parameter.Value.(ast.Var)
		if !ok || i >= len(arguments) {
			continue
		}
		if read, ok := l.pure(arguments[i], from); ok {
			// The call is undefined without its arguments: inside they are present.
			own.scope[name] = read
			own.present = append(own.present, read)
		}
	}
	return own
}

// bind finds what the variables of a body stand for, and which facts it takes on a line of their own:
//
//	input.a.b                   but for a boolean, of which this says that it is true
//	x := input.a.b
//	some x in input.a.b         of a list that is absent there is no member, as of an empty one
//	every x in input.a.b { }
//	is_string(input.a.b)        and the other tests of types
func (l *linter) bind(body ast.Body, in reading) reading {
	in.scope = maps.Clone(in.scope)
	in.present = in.present[:len(in.present):len(in.present)]
	// A line may come before the one that it depends on.
	for range 3 {
		for _, expr := range body {
			if !expr.Negated && !expr.IsNot() {
				l.bindExpr(expr, &in)
			}
		}
	}
	return in
}

func (l *linter) bindExpr(expr *ast.Expr, in *reading) {
	switch terms := expr.Terms.(type) {
	case *ast.Term:
		if read, ok := l.pure(terms, *in); ok && read.says() {
			in.present = append(in.present, read)
		}
		l.takeKeys(terms, in)
	case *ast.SomeDecl:
		if call, ok := terms.Symbols[0].Value.(ast.Call); ok {
			l.iterate(call[1:len(call)-1], call[len(call)-1], in)
		}
	case *ast.Every:
		l.take(terms.Domain, in)
	case []*ast.Term:
		operator := terms[0].String()
		switch {
		case operator == ast.Assign.Name || operator == ast.Equality.Name:
			l.assign(terms[1], terms[2], in)
			if operator == ast.Equality.Name {
				l.assign(terms[2], terms[1], in)
			}
		case strings.HasPrefix(operator, "is_") && len(terms) > 1:
			l.take(terms[1], in)
		}
	}
}

func (l *linter) assign(to, from *ast.Term, in *reading) {
	name, ok := to.Value.(ast.Var)
	if !ok {
		return
	}
	if read, ok := l.pure(from, *in); ok {
		in.scope[name] = read
	}
	l.take(from, in)
}

func (l *linter) take(term *ast.Term, in *reading) {
	if read, ok := l.pure(term, *in); ok {
		in.present = append(in.present, read)
	}
	l.takeKeys(term, in)
}

// takeKeys: a look-up by a fact, data.models[input.model.resolved], takes the fact with it.
func (l *linter) takeKeys(term *ast.Term, in *reading) {
	if ref, ok := term.Value.(ast.Ref); ok {
		for _, key := range ref[1:] {
			l.take(key, in)
		}
	}
}

func (l *linter) iterate(variables []*ast.Term, domain *ast.Term, in *reading) {
	l.take(domain, in)
	member, isVar := variables[len(variables)-1].Value.(ast.Var)
	over, ok := l.pure(domain, *in)
	if !ok || !isVar {
		return
	}
	below, _ := over.schema.member(ast.VarTerm("_"))
	in.scope[member] = fact{path: over.path + "[" + string(member) + "]", absent: over.absent, schema: below}
	// Of the member that it has come to, the loop is sure.
	in.present = append(in.present, in.scope[member])
}

// bindEvery gives the reading of the body of an every.
func (l *linter) bindEvery(every *ast.Every, in reading) reading {
	inner := l.bind(nil, in)
	l.iterate([]*ast.Term{every.Value}, every.Domain, &inner)
	return l.bind(every.Body, inner)
}

// has tells whether the body has made sure of all that the fact may lack.
func (in reading) has(read fact) bool {
	for _, present := range in.present {
		if present.covers(read) {
			return true
		}
	}
	return false
}
