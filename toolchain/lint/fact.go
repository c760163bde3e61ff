package lint

import (
	"regexp"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A fact is a place in the input that an expression reads.
type fact struct {
	// path is its name, with the variable of the loop for each member of a list: "input.identity.principals[p].owner".
	path string
	// absent is the longest part of the path that may be absent, and "" where none may.
	absent string
	schema schema
	// computed: a rule's value is worked out from the fact, and is not the fact. That it is there says nothing about a bare reference to it.
	computed bool
}

// says tells whether a reference by itself asks only for the fact to be there. Of a boolean, and of what may be one, it asks for it to be true.
func (f fact) says() bool { return !f.computed && !f.schema.isBoolean() }

// covers tells whether a request that has f also has all that other may lack.
func (f fact) covers(other fact) bool {
	return f.path == other.absent || strings.HasPrefix(f.path, other.absent) && strings.ContainsAny(f.path[len(other.absent):][:1], ".[")
}

// scope is what the variables of a body stand for, as far as they stand for facts.
type scope map[ast.Var]fact

func (s scope) names() map[ast.Var]string {
	names := map[ast.Var]string{}
	for name, read := range s {
		names[name] = read.path
	}
	return names
}

// resolve finds out which fact a reference reads: one of the input, one that a variable stands for, or one that a rule gives on.
func (l *linter) resolve(ref ast.Ref, in reading) (fact, bool) {
	head, ok := ref[0].Value.(ast.Var)
	if !ok {
		return fact{}, false
	}
	var at fact
	rest := ref[1:]
	switch {
	case ref[0].Equal(ast.InputRootDocument):
		at = fact{path: "input", schema: in.schema}
	case ref[0].Equal(ast.DefaultRootDocument):
		given, length, ok := l.given(ref, in)
		if !ok {
			return fact{}, false
		}
		at, rest = given, ref[length:]
	default:
		if at, ok = in.scope[head]; !ok {
			return fact{}, false
		}
	}
	for _, key := range rest {
		below, optional := at.schema.member(key)
		at = fact{path: at.path + step(key), absent: at.absent, schema: below}
		if optional {
			at.absent = at.path
		}
	}
	return at, true
}

func step(key *ast.Term) string {
	switch value := key.Value.(type) {
	case ast.String:
		if ast.IsVarCompatibleString(string(value)) {
			return "." + string(value)
		}
	}
	return "[" + key.String() + "]"
}

var variable = regexp.MustCompile(`\[[a-zA-Z_$][^\]"]*\]`)

// shown is how people read a path, and how two rules can be compared, whose variables differ.
func shown(path string) string { return variable.ReplaceAllString(path, "[_]") }

// given finds the rule of a value that a reference names, and which fact its value is. A rule of several values, with a default, or with a value
// that is not read from an optional fact, is never undefined for want of one alone, as far as this can tell.
func (l *linter) given(ref ast.Ref, in reading) (fact, int, bool) {
	for length := len(ref); length > 1; length-- {
		rules, ok := l.rules[ref[:length].String()]
		if !ok {
			continue
		}
		if len(rules) != 1 || in.depth > 8 {
			return fact{}, 0, false
		}
		rule := rules[0].rule
		if rule.Default || rule.Else != nil || len(rule.Head.Args) > 0 || rule.Head.Value == nil || !rule.Head.Ref().IsGround() {
			return fact{}, 0, false
		}
		own := l.bind(rule.Body, reading{rule: rules[0], schema: rules[0].schema, scope: scope{}, depth: in.depth + 1})
		if read, ok := l.pure(rule.Head.Value, own); ok {
			return read, length, read.absent != ""
		}
		for _, read := range l.reads(rule.Head.Value, own) {
			if read.absent != "" {
				read.computed = true
				return read, length, true
			}
		}
		return fact{}, 0, false
	}
	return fact{}, 0, false
}

// pure gives the fact that a term is, where it is nothing but a reference or a variable.
func (l *linter) pure(term *ast.Term, in reading) (fact, bool) {
	switch value := term.Value.(type) {
	case ast.Ref:
		return l.resolve(value, in)
	case ast.Var:
		found, ok := in.scope[value]
		return found, ok
	}
	return fact{}, false
}

// reads lists the facts without which a term is undefined. Comprehensions and template strings are defined whatever they read.
func (l *linter) reads(term *ast.Term, in reading) []fact {
	var found []fact
	ast.NewGenericVisitor(func(node any) bool {
		switch node := node.(type) {
		case *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.TemplateString, *ast.Not:
			return true
		case ast.Call:
			found = append(found, l.readsOfCall(node, in)...)
			for _, argument := range node[1:] {
				found = append(found, l.reads(argument, in)...)
			}
			return true
		case ast.Ref:
			if read, ok := l.resolve(node, in); ok {
				found = append(found, read)
			}
			for _, key := range node[1:] {
				found = append(found, l.reads(key, in)...)
			}
			return true
		}
		return false
	}).Walk(term)
	return found
}

// readsOfCall lists the facts that the value of a function of the policies' own is read from.
func (l *linter) readsOfCall(call []*ast.Term, in reading) []fact {
	name, ok := call[0].Value.(ast.Ref)
	if !ok || in.depth > 8 {
		return nil
	}
	rules := l.rules[name.String()]
	if len(rules) != 1 || rules[0].rule.Else != nil || rules[0].rule.Head.Value == nil {
		return nil
	}
	rule := rules[0]
	return l.reads(rule.rule.Head.Value, l.bind(rule.rule.Body, l.enter(rule, call[1:], in)))
}
