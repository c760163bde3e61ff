package lint

import (
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// demands lists the facts without which an expression does not hold, but for those that it is there to take.
func (l *linter) demands(expr *ast.Expr, in reading) []fact {
	switch terms := expr.Terms.(type) {
	case *ast.Term:
		return l.reads(terms, in)
	case []*ast.Term:
		var found []fact
		if operator := terms[0].String(); operator == ast.Equality.Name || operator == ast.Assign.Name {
			// One that only names a look-up is a line of its own; whatever else it reads must be there.
			for _, term := range terms[1:] {
				found = append(found, l.reads(term, in)...)
			}
			return found
		}
		return append(l.reads(ast.NewTerm(ast.Call(terms)), in), found...)
	case *ast.SomeDecl:
		if call, ok := terms.Symbols[0].Value.(ast.Call); ok {
			return l.reads(call[len(call)-1], in)
		}
	case *ast.Every:
		return l.reads(terms.Domain, in)
	}
	return nil
}

// wantPresent reports facts that may be absent where the rule needs them in order to deny, unless the body makes sure of them, or another rule of
// the same name denies without them.
func (l *linter) wantPresent(reads []fact, at *ast.Location, in reading) {
	for _, read := range reads {
		if read.absent == "" || in.has(read) || l.sibling(read, in) {
			continue
		}
		name := shown(read.path)
		message := fmt.Sprintf("%s reads %s, which may be absent: nothing is denied then", in.rule.path, name)
		if in.via != in.rule.path {
			message = fmt.Sprintf("%s reads %s, which may be absent: it does not hold then, and %s passes that over", in.rule.path, name, in.via)
		}
		if absent := shown(read.absent); absent != name {
			message += fmt.Sprintf(" (%s is optional)", absent)
		}
		l.report(in.rule.rule, Finding{
			Code: CodeOptionalFact, Location: at, Message: message,
			Help: []string{
				"deny what is not known to be good, under import future.keywords.not: not " + name + " == ...",
				"or, where a request without it is to pass, say so by taking it on a line of its own: value := " + name,
			},
		})
	}
}

// sibling tells whether a rule of the same name holds wherever this one would, were the fact not absent: it has "not" over the fact, and no
// condition that this one has not.
func (l *linter) sibling(read fact, in reading) bool {
	own := map[string]bool{}
	for _, expr := range in.rule.rule.Body {
		own[expr.String()] = true
	}
	return slices.ContainsFunc(l.rules[in.rule.path], func(other *source) bool {
		if other == in.rule || other.rule.Else != nil {
			return false
		}
		bound := l.bind(other.rule.Body, reading{rule: other, schema: other.schema, scope: scope{}})
		answers := false
		for _, expr := range other.rule.Body {
			inner := negation(expr)
			switch {
			case len(inner) == 1 && len(l.moved(expr, bound)) == 0 && l.restsOn(inner[0], read, bound):
				answers = true
			case !own[expr.String()]:
				return false
			}
		}
		return answers
	})
}

func (l *linter) restsOn(expr *ast.Expr, read fact, in reading) bool {
	return slices.ContainsFunc(l.demands(expr, in), func(other fact) bool {
		return fact{path: shown(other.path)}.covers(fact{absent: shown(read.absent)})
	})
}
