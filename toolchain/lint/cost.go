package lint

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// CodeCost is not an error: what is found under it takes time in each decision.
const CodeCost = "cost"

// manyDefinitions of one rule are worth a word: in WebAssembly OPA has no index over rules.
const manyDefinitions = 20

// Costs lists what takes time in the module that will run, of the rules that an entry point reaches.
func Costs(policies Policies, data map[string]any) []Finding {
	l := newLinter(policies)
	reached := l.reach()
	told := map[string]bool{}
	for _, one := range l.all() {
		if !reached[l.compiled[placeOf(one.rule.Location)]] {
			continue
		}
		if count := len(l.rules[one.path]); count >= manyDefinitions && !told[one.path] {
			told[one.path] = true
			l.cost(one.rule, one.rule.Location, fmt.Sprintf("%s has %d definitions, and each is evaluated every time", one.path, count),
				"keep what differs as data, and look it up by key")
		}
		for rule := one.rule; rule != nil; rule = rule.Else {
			l.costOf(rule, rule.Body, data, false)
			for _, term := range []*ast.Term{rule.Head.Key, rule.Head.Value} {
				if term != nil {
					l.costIn(rule, term, data, false)
				}
			}
		}
	}
	sortFindings(l.findings)
	return l.findings
}

func (l *linter) cost(rule *ast.Rule, at *ast.Location, message, help string) {
	l.report(rule, Finding{Code: CodeCost, Location: at, Message: message, Help: []string{help}})
}

// costOf looks at one body; loop says that it is evaluated several times already.
func (l *linter) costOf(rule *ast.Rule, body ast.Body, data map[string]any, loop bool) {
	for _, expr := range body {
		domain := iterated(expr)
		if domain == nil {
			continue
		}
		loop = true
		if count, name := members(domain, data); count >= manyDefinitions {
			l.cost(rule, expr.Location, fmt.Sprintf("steps through all %d members of %s", count, name), "look up by key what can be looked up by key")
		}
	}
	for _, expr := range body {
		l.costIn(rule, expr, data, loop)
	}
}

func (l *linter) costIn(rule *ast.Rule, node any, data map[string]any, loop bool) {
	enter := func(body ast.Body, repeats bool) bool {
		l.costOf(rule, body, data, loop || repeats)
		return true
	}
	ast.NewGenericVisitor(func(node any) bool {
		switch node := node.(type) {
		case *ast.ArrayComprehension:
			return enter(node.Body, false)
		case *ast.SetComprehension:
			return enter(node.Body, false)
		case *ast.ObjectComprehension:
			return enter(node.Body, false)
		case *ast.Every:
			return enter(node.Body, true)
		case *ast.Not:
			return enter(node.Body, false)
		case *ast.Expr:
			if terms, ok := node.Terms.([]*ast.Term); ok {
				l.costOfCall(rule, terms[0], node.Location, loop)
			}
		case ast.Call:
			l.costOfCall(rule, node[0], node[0].Location, loop)
		}
		return false
	}).Walk(node)
}

func (l *linter) costOfCall(rule *ast.Rule, operator *ast.Term, at *ast.Location, loop bool) {
	name := operator.String()
	again := "at each evaluation"
	if loop {
		again = "at each turn of a loop"
	}
	switch {
	case strings.HasPrefix(name, "regex.") || name == "glob.match":
		l.cost(rule, at, name+" reads its pattern anew "+again, "use startswith, endswith, contains or split, or a look-up by key, where they can say it")
	case name == "walk":
		l.cost(rule, at, "walk visits every part of a document "+again, "name the parts that matter")
	}
}

// iterated gives what an expression steps through; nil where it does not.
func iterated(expr *ast.Expr) *ast.Term {
	switch terms := expr.Terms.(type) {
	case *ast.SomeDecl:
		if call, ok := terms.Symbols[0].Value.(ast.Call); ok {
			return call[len(call)-1]
		}
	case *ast.Every:
		return terms.Domain
	}
	return nil
}

// members counts what is in a document of the bundle's data.
func members(domain *ast.Term, data map[string]any) (int, string) {
	ref, ok := domain.Value.(ast.Ref)
	if !ok || !ref[0].Equal(ast.DefaultRootDocument) || !ref.IsGround() {
		return 0, ""
	}
	var at any = data
	for _, part := range ref[1:] {
		object, ok := at.(map[string]any)
		name, isName := part.Value.(ast.String)
		if !ok || !isName {
			return 0, ""
		}
		at = object[string(name)]
	}
	switch at := at.(type) {
	case map[string]any:
		return len(at), ref.String()
	case []any:
		return len(at), ref.String()
	}
	return 0, ""
}
